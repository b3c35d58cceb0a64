//! A doctor's open days: what each offers and what of it is free.

use domain::ids::DoctorId;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff_sqlx::ToSqlx as _;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgPool, Row};
use uuid::Uuid;

use crate::page::{Cursor, Limit, List, Page};
use crate::{Model, QueryError, sql_types};

/// A day that takes bookings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenDay {
    /// The doctor's local date.
    pub date: Date,
    /// When its first slot begins.
    pub starts_at: Timestamp,
    /// When its last slot ends.
    pub ends_at: Timestamp,
    pub slots: i64,
    /// How many of them nothing takes.
    pub slots_free: i64,
}

/// No zone is further than a day from UTC, so the days' slots lie within two days of the dates.
const DAYS: &str = "
    select s.day, min(s.starts_at) as starts_at, max(s.ends_at) as ends_at, count(*) as slots,
           count(*) filter (where not exists (
               select 1 from open_slots__taken t
               where t.generation = s.generation and t.doctor_id = s.doctor_id and t.day between s.day - 2 and s.day + 2
                 and t.occupied_from < s.occupied_until and s.occupied_from < t.occupied_until)) as slots_free
    from open_slots s
    where s.generation = (select live_generation from read_models where model = $1 and schema_version = $2)
      and s.doctor_id = $3 and s.day >= $4 and s.day <= $5 and s.day > $6
      and s.starts_at >= ($4::date - 2)::timestamp at time zone 'utc'
      and s.starts_at < ($5::date + 2)::timestamp at time zone 'utc'
    group by s.day
    order by s.day
    limit $7";

/// A page of the doctor's open days between two dates, both included, the earliest first.
///
/// # Errors
/// A cursor of another list; faults of the database.
pub async fn open_days(
    pool: &PgPool,
    doctor: DoctorId,
    (from, to): (Date, Date),
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<Page<OpenDay>, QueryError> {
    let after = match cursor {
        Some(cursor) => cursor.instant(List::Days)?.0.to_zoned(TimeZone::UTC).date(),
        None => from.yesterday().unwrap_or(Date::MIN),
    };
    let query = sql_types::live_as(Model::OpenSlots, DAYS)
        .bind(doctor.uuid())
        .bind(from.to_sqlx())
        .bind(to.to_sqlx())
        .bind(after.to_sqlx());
    let place = |day: &OpenDay| {
        let midnight = day
            .date
            .to_zoned(TimeZone::UTC)
            .map(|midnight| midnight.timestamp());
        Cursor::at(List::Days, midnight.unwrap_or(day.starts_at), Uuid::nil())
    };
    Page::fetch(pool, query, limit, place).await
}

impl FromRow<'_, PgRow> for OpenDay {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            date: row.try_get::<jiff_sqlx::Date, _>("day")?.to_jiff(),
            starts_at: sql_types::get_time(row, "starts_at")?,
            ends_at: sql_types::get_time(row, "ends_at")?,
            slots: row.try_get("slots")?,
            slots_free: row.try_get("slots_free")?,
        })
    }
}
