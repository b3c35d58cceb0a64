//! The visits that a calendar shows of one person, with the time of the last fact about each.

use domain::booking::events::CallType;
use domain::booking::status::BookingStatus;
use domain::ids::{BookingId, DoctorId, PatientId};
use domain::time::TimeRange;
use jiff::{SignedDuration, Timestamp};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgPool, Row};
use uuid::Uuid;

use crate::sql_types::{self, LIVE};
use crate::{Model, QueryError};

/// How long a visit stays after its time, and after it was called off, in days.
pub const PAST_DAYS: i64 = 30;
/// How far ahead visits are shown, in days.
pub const AHEAD_DAYS: i64 = 366;
/// Visits in one feed at most; of more, those nearest to now.
pub const VISITS_MAX: i64 = 2_000;

/// A visit in a calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedVisit {
    /// The booking, by which a calendar knows the visit again.
    pub booking_id: BookingId,
    /// How the doctor was called.
    pub call_type: CallType,
    /// Where the booking stands.
    pub status: BookingStatus,
    /// When the visit is; while it has no time, when the patient agreed that it is.
    pub visit: TimeRange,
    /// Whether the patient has yet to accept another doctor or time.
    pub has_change_to_accept: bool,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// The version of the booking's stream: grows with whatever happens to it.
    pub version: i64,
    /// When the fact of that version was recorded.
    pub changed_at: Timestamp,
}

/// Whose visits are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedReader {
    /// Every visit of this patient that was ever paid for: an unpaid hold is over before most calendars look again.
    Patient(PatientId),
    /// The visits that this doctor has, or had when they ended.
    Doctor(DoctorId),
}

/// The visits from [`PAST_DAYS`] before `now` to [`AHEAD_DAYS`] after it, earliest first; those that were called off only so long.
pub async fn visits(pool: &PgPool, reader: FeedReader, now: Timestamp) -> Result<Vec<FeedVisit>, QueryError> {
    let (whose, time, end, id) = match reader {
        FeedReader::Patient(id) => (
            "patient_id = $3 and secured_at is not null",
            "coalesce(starts_at, agreed_starts_at)",
            "coalesce(ends_at, agreed_ends_at)",
            id.uuid(),
        ),
        FeedReader::Doctor(id) => ("doctor_id = $3 and assigned", "starts_at", "ends_at", id.uuid()),
    };
    // Each fact about a booking has a version of its own, and the log knows when it was recorded.
    let sql = format!(
        "select booking_id, call_type, status, {time} as visit_starts_at, {end} as visit_ends_at,
                starts_at is not null and agreed_starts_at is not null as has_change, requested_at, version,
                (select e.recorded_at from events e
                 where e.aggregate_type = 'booking' and e.aggregate_id = bookings.booking_id::text
                   and e.sequence = bookings.version) as changed_at
         from bookings
         where {LIVE} and {whose} and {time} >= $4 and {time} < $5
           and (status not in ('cancelled', 'expired', 'missed')
                or coalesce(cancelled_at, missed_at, expired_at) >= $4)
         order by abs(extract(epoch from {time} - $6)), booking_id
         limit $7"
    );
    let mut visits: Vec<FeedVisit> = ask(pool, &sql, id, now).await?;
    visits.sort_unstable_by_key(|visit| (visit.visit.start(), visit.booking_id));
    Ok(visits)
}

async fn ask(pool: &PgPool, sql: &str, id: Uuid, now: Timestamp) -> Result<Vec<FeedVisit>, sqlx::Error> {
    let days = |days| SignedDuration::from_hours(24 * days);
    sql_types::live_as(Model::Bookings, sql)
        .bind(id)
        .bind(sql_types::time(
            now.saturating_sub(days(PAST_DAYS)).unwrap_or(now),
        ))
        .bind(sql_types::time(
            now.saturating_add(days(AHEAD_DAYS)).unwrap_or(now),
        ))
        .bind(sql_types::time(now))
        .bind(VISITS_MAX)
        .fetch_all(pool)
        .await
}

impl FromRow<'_, PgRow> for FeedVisit {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let visit = sql_types::get_range(row, "visit_starts_at", "visit_ends_at")?;
        Ok(Self {
            booking_id: sql_types::get_id(row, "booking_id")?,
            call_type: sql_types::get_word(row, "call_type", CallType::parse)?,
            status: sql_types::get_word(row, "status", BookingStatus::parse)?,
            visit: visit.ok_or_else(|| sql_types::unreadable("visit_starts_at"))?,
            has_change_to_accept: row.try_get("has_change")?,
            requested_at: sql_types::get_time(row, "requested_at")?,
            version: row.try_get("version")?,
            changed_at: sql_types::get_time(row, "changed_at")?,
        })
    }
}
