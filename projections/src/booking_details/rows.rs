//! The columns of `booking_details`: a booking's line and what its page shows beyond it.

use domain::booking::events::CancelReason;
use jiff::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};

use crate::booking_details::{BookingDetails, Steps};
use crate::booking_summary::BookingSummary;
use crate::booking_summary::rows as line_rows;
use crate::bulk_copy::CopyRows;
use crate::sql_types::{self, column};

/// The columns beyond a line's, in the order in which they are written.
pub(super) const MORE_COLUMNS: &str = "tariff_version, details_id, note_id, cancel_reason, secured_at, expired_at, assigned_at, \
     departed_at, arrived_at, started_at, completed_at, no_show_at, missed_at, rescheduled_at, cancelled_at";
const MORE_COLUMN_COUNT: i16 = 15;

const UPDATE_MORE: &str = "note_id = r.note_id, cancel_reason = r.cancel_reason, secured_at = r.secured_at, \
     expired_at = r.expired_at, assigned_at = r.assigned_at, departed_at = r.departed_at, arrived_at = r.arrived_at, \
     started_at = r.started_at, \
     completed_at = r.completed_at, no_show_at = r.no_show_at, missed_at = r.missed_at, \
     rescheduled_at = r.rescheduled_at, \
     cancelled_at = r.cancelled_at";
const UPDATE_MORE_TYPES: &str = "$17::uuid[], $18::text[], $19::timestamptz[], $20::timestamptz[], \
     $21::timestamptz[], $22::timestamptz[], $23::timestamptz[], $24::timestamptz[], $25::timestamptz[], \
     $26::timestamptz[], $27::timestamptz[], $28::timestamptz[], $29::timestamptz[]";
const UPDATE_MORE_NAMES: &str = "note_id, cancel_reason, secured_at, expired_at, assigned_at, departed_at, \
     arrived_at, started_at, completed_at, no_show_at, missed_at, rescheduled_at, cancelled_at";

/// Every step, in the order of [`UPDATE_MORE_NAMES`].
const STEPS: [fn(&Steps) -> Option<Timestamp>; 11] = [
    |steps| steps.secured_at,
    |steps| steps.expired_at,
    |steps| steps.assigned_at,
    |steps| steps.departed_at,
    |steps| steps.arrived_at,
    |steps| steps.started_at,
    |steps| steps.completed_at,
    |steps| steps.no_show_at,
    |steps| steps.missed_at,
    |steps| steps.rescheduled_at,
    |steps| steps.cancelled_at,
];

/// The statement that loads rows by their bookings.
pub(crate) fn load() -> String {
    format!(
        "select {}, {MORE_COLUMNS} from booking_details where generation = $1 and booking_id = any($2)",
        line_rows::COLUMNS
    )
}

/// Adds the new rows and rewrites the changed ones.
pub(crate) async fn write(
    tx: &mut PgConnection,
    generation: i32,
    new: &[BookingDetails],
    changed: &[BookingDetails],
) -> Result<(), sqlx::Error> {
    let mut copy = CopyRows::new(line_rows::COLUMN_COUNT + MORE_COLUMN_COUNT);
    for details in new {
        line_rows::copy(copy.row(), generation, &details.line)?;
        copy.int(i32::try_from(details.tariff_version).unwrap_or(i32::MAX))
            .uuid(details.details.map(|id| id.uuid()))
            .uuid(details.note.map(|id| id.uuid()))
            .text(details.cancel_reason.map(CancelReason::as_str));
        for step in STEPS {
            copy.time(step(&details.steps));
        }
    }
    copy.send(
        tx,
        &format!("booking_details ({}, {MORE_COLUMNS})", line_rows::COLUMNS),
    )
    .await?;
    if changed.is_empty() {
        Ok(())
    } else {
        update(tx, generation, changed).await
    }
}

async fn update(
    tx: &mut PgConnection,
    generation: i32,
    changed: &[BookingDetails],
) -> Result<(), sqlx::Error> {
    let update = format!(
        "update booking_details as t set {}, {UPDATE_MORE} from unnest({}, {UPDATE_MORE_TYPES}) \
         as r ({}, {UPDATE_MORE_NAMES}) where t.generation = $1 and t.booking_id = r.booking_id",
        line_rows::CHANGE_SETS,
        line_rows::CHANGE_TYPES,
        line_rows::CHANGE_NAMES,
    );
    let lines = column(changed, |details| &details.line);
    let mut query = line_rows::bind_changes(sqlx::query(&update), generation, &lines)?
        .bind(column(changed, |details| details.note.map(|id| id.uuid())))
        .bind(column(changed, |details| {
            details.cancel_reason.map(CancelReason::as_str)
        }));
    for step in STEPS {
        query = query.bind(column(changed, |details| {
            sql_types::maybe_time(step(&details.steps))
        }));
    }
    query.execute(tx).await?;
    Ok(())
}

impl FromRow<'_, PgRow> for BookingDetails {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let tariff_version: i32 = row.try_get("tariff_version")?;
        Ok(Self {
            line: BookingSummary::from_row(row)?,
            tariff_version: u32::try_from(tariff_version)
                .map_err(|_| sql_types::unreadable("tariff_version"))?,
            details: sql_types::get_maybe_id(row, "details_id")?,
            note: sql_types::get_maybe_id(row, "note_id")?,
            cancel_reason: sql_types::get_maybe_word(row, "cancel_reason", CancelReason::parse)?,
            steps: Steps {
                secured_at: sql_types::get_maybe_time(row, "secured_at")?,
                expired_at: sql_types::get_maybe_time(row, "expired_at")?,
                assigned_at: sql_types::get_maybe_time(row, "assigned_at")?,
                departed_at: sql_types::get_maybe_time(row, "departed_at")?,
                arrived_at: sql_types::get_maybe_time(row, "arrived_at")?,
                started_at: sql_types::get_maybe_time(row, "started_at")?,
                completed_at: sql_types::get_maybe_time(row, "completed_at")?,
                no_show_at: sql_types::get_maybe_time(row, "no_show_at")?,
                missed_at: sql_types::get_maybe_time(row, "missed_at")?,
                rescheduled_at: sql_types::get_maybe_time(row, "rescheduled_at")?,
                cancelled_at: sql_types::get_maybe_time(row, "cancelled_at")?,
            },
        })
    }
}
