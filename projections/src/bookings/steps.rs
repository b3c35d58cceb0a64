//! When each step of a visit was taken: the times of `domain::booking::steps` as columns of `bookings`.

use domain::booking::steps::Steps;
use jiff::Timestamp;
use sqlx::postgres::PgRow;

use crate::sql_types;

/// A column and its place in [`Steps`].
pub(super) type Column = (&'static str, fn(&mut Steps) -> &mut Option<Timestamp>);

/// How many columns there are.
pub(super) const COLUMN_COUNT: i16 = 12;

/// Every column, in the order in which they are written.
pub(super) const COLUMNS: [Column; COLUMN_COUNT as usize] = [
    ("secured_at", |steps| &mut steps.secured_at),
    ("expired_at", |steps| &mut steps.expired_at),
    ("assigned_at", |steps| &mut steps.assigned_at),
    ("departed_at", |steps| &mut steps.departed_at),
    ("estimated_arrival", |steps| &mut steps.estimated_arrival),
    ("arrived_at", |steps| &mut steps.arrived_at),
    ("started_at", |steps| &mut steps.started_at),
    ("completed_at", |steps| &mut steps.completed_at),
    ("no_show_at", |steps| &mut steps.no_show_at),
    ("missed_at", |steps| &mut steps.missed_at),
    ("rescheduled_at", |steps| &mut steps.rescheduled_at),
    ("cancelled_at", |steps| &mut steps.cancelled_at),
];

/// What stands in this column.
pub(super) fn get(mut steps: Steps, (_, time): Column) -> Option<Timestamp> {
    *time(&mut steps)
}

/// What a row's columns hold.
pub(super) fn of_row(row: &PgRow) -> Result<Steps, sqlx::Error> {
    let mut steps = Steps::default();
    for (name, time) in COLUMNS {
        *time(&mut steps) = sql_types::get_maybe_time(row, name)?;
    }
    Ok(steps)
}
