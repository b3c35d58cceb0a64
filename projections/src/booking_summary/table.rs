//! A table whose rows are exactly booking lines.

use event_store::{ApplyFault, Fact};
use sqlx::PgConnection;

use crate::booking_facts::BookingFacts;
use crate::booking_summary::rows;
use crate::booking_summary::view::BookingSummary;
use crate::bulk_copy::CopyRows;

/// Applies a batch of facts to `table`.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    table: &str,
    generation: i32,
    facts: &[Fact],
) -> Result<(), ApplyFault> {
    let facts = BookingFacts::read(facts)?;
    let select = format!(
        "select {} from {table} where generation = $1 and booking_id = any($2)",
        rows::COLUMNS
    );
    let key = |line: &BookingSummary| line.booking_id;
    let loaded = rows::load(tx, &select, generation, &facts.known_before(), key)
        .await
        .map_err(ApplyFault::Database)?;
    let folded = facts.fold::<BookingSummary>(loaded)?;
    write(tx, table, generation, &folded.new, &folded.changed)
        .await
        .map_err(ApplyFault::Database)
}

async fn write(
    tx: &mut PgConnection,
    table: &str,
    generation: i32,
    new: &[BookingSummary],
    changed: &[BookingSummary],
) -> Result<(), sqlx::Error> {
    let mut copy = CopyRows::new(rows::COLUMN_COUNT);
    for line in new {
        rows::copy(copy.row(), generation, line)?;
    }
    copy.send(tx, &format!("{table} ({})", rows::COLUMNS)).await?;
    if changed.is_empty() {
        return Ok(());
    }
    let update = format!(
        "update {table} as t set {} from unnest({}) as r ({}) where t.generation = $1 and t.booking_id = r.booking_id",
        rows::CHANGE_SETS,
        rows::CHANGE_TYPES,
        rows::CHANGE_NAMES,
    );
    let lines: Vec<&BookingSummary> = changed.iter().collect();
    rows::bind_changes(sqlx::query(&update), generation, &lines)?
        .execute(tx)
        .await?;
    Ok(())
}
