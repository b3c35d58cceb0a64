//! The columns of `booking_details`: a booking's line and what its page shows beyond it.

use domain::booking::events::CancelReason;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};

use crate::booking_details::BookingDetails;
use crate::booking_details::steps::{self, Steps};
use crate::booking_summary::BookingSummary;
use crate::booking_summary::rows as line_rows;
use crate::bulk_copy::CopyRows;
use crate::bulk_write::BulkWrite;
use crate::sql_types;

/// How many columns there are beyond a line's.
const MORE_COLUMN_COUNT: i16 = 4 + steps::COLUMN_COUNT;

/// The columns beyond a line's, in the order in which they are written.
pub(super) fn more_columns() -> String {
    let columns: Vec<_> = ["tariff_version", "details_id"]
        .into_iter()
        .chain(more_changes())
        .collect();
    columns.join(", ")
}

/// Those of them that can change.
fn more_changes() -> impl Iterator<Item = &'static str> {
    ["note_id", "cancel_reason"]
        .into_iter()
        .chain(steps::COLUMNS.map(|(name, _)| name))
}

/// The statement that loads rows by their bookings.
pub(crate) fn load() -> String {
    format!(
        "select {}, {} from booking_details where generation = $1 and booking_id = any($2)",
        line_rows::COLUMNS,
        more_columns()
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
        for step in steps::COLUMNS {
            copy.time(details.steps.get(step));
        }
    }
    copy.send(
        tx,
        &format!("booking_details ({}, {})", line_rows::COLUMNS, more_columns()),
    )
    .await?;
    update(tx, generation, changed).await
}

async fn update(
    tx: &mut PgConnection,
    generation: i32,
    changed: &[BookingDetails],
) -> Result<(), sqlx::Error> {
    let sets: String = more_changes()
        .map(|name| format!(", {name} = r.{name}"))
        .collect();
    let names: String = more_changes().map(|name| format!(", {name}")).collect();
    let times: String = (19..)
        .zip(steps::COLUMNS)
        .map(|(number, _)| format!(", ${number}::timestamptz[]"))
        .collect();
    let update = format!(
        "update booking_details as t set {}{sets} from unnest({}, $17::uuid[], $18::text[]{times}) \
         as r ({}{names}) where t.generation = $1 and t.booking_id = any ($2) and t.booking_id = r.booking_id",
        line_rows::CHANGE_SETS,
        line_rows::CHANGE_TYPES,
        line_rows::CHANGE_NAMES,
    );
    let write = BulkWrite::new(&update, generation, changed);
    let mut write = line_rows::add_changes(write, changed, |details| &details.line)?
        .column(|details| details.note.map(|id| id.uuid()))
        .column(|details| details.cancel_reason.map(CancelReason::as_str));
    for step in steps::COLUMNS {
        write = write.maybe_time(|details| details.steps.get(step));
    }
    write.execute(tx).await
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
            steps: Steps::of_row(row)?,
        })
    }
}
