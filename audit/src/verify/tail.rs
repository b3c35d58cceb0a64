//! The facts behind the hashed ones: no leaf speaks of them yet, but each must be the next of the log and of its stream.

use sqlx::PgConnection;

use super::finding::{Finding, Kind, StreamPlace};
use super::range::{SUSPECTS_MAX, Suspects, keep};
use crate::leaves;
use crate::row::{Rows, StoredRow};

/// Looks at the facts behind position `size` up to `head`, and answers how many there are.
///
/// # Errors
/// What Postgres answers.
pub async fn verify_tail(
    connection: &mut PgConnection,
    size: i64,
    head: i64,
    suspects: &mut Suspects,
    findings: &mut Vec<Finding>,
) -> sqlx::Result<u64> {
    let end = head.saturating_add(1);
    let hashed = leaves::at(connection, &[size]).await?;
    let mut last_us = hashed.get(&size).map_or(i64::MIN, |leaf| leaf.recorded_us);
    let mut rows = Rows::with_previous(connection, size.saturating_add(1)..end, u32::MAX).await?;
    let (mut expected, mut count, mut holes) = (size + 1, 0, false);
    while let Some(row) = rows.next().await? {
        count += 1;
        if findings.len() >= SUSPECTS_MAX {
            suspects.more += 1;
            continue;
        }
        let position = row.position().unwrap_or(expected);
        if position > expected {
            let detail = "no fact stands here, and facts stand behind it";
            findings.push(Finding::at(Kind::Hole, expected, detail).with_other(position - 1));
            holes = true;
        }
        if position < expected {
            keep(&mut suspects.extra, row.clone(), &mut suspects.more);
        } else if holes {
            keep(&mut suspects.behind_hole, row.clone(), &mut suspects.more);
        }
        expected = expected.max(position.saturating_add(1));
        findings.extend(judge(&row, position, last_us));
        last_us = row
            .columns()
            .map_or(last_us, |columns| columns.recorded_at_us.max(last_us));
    }
    Ok(count)
}

fn judge(row: &StoredRow, position: i64, last_us: i64) -> Vec<Finding> {
    let columns = match row.columns() {
        Ok(columns) => columns,
        Err(error) => return vec![Finding::at(Kind::Changed, position, error.to_string())],
    };
    let stream = || Some(place(&columns));
    let mut findings = Vec::new();
    if columns.recorded_at_us < last_us {
        let detail = "recorded before the fact before it";
        findings.push(Finding::at(Kind::OutOfOrder, position, detail).of(stream()));
    }
    let follows = row.previous().is_some_and(|previous| previous < position);
    if columns.sequence != 1 && !follows {
        let detail = "no fact before it is the one before it in its stream";
        findings.push(Finding::at(Kind::NoPredecessor, position, detail).of(stream()));
    }
    findings
}

/// The place of a row in its stream, as the row says.
pub fn place(columns: &notary::EventRow<'_>) -> StreamPlace {
    StreamPlace {
        aggregate_type: columns.aggregate_type.to_owned(),
        aggregate_id: columns.aggregate_id.to_owned(),
        sequence: columns.sequence,
    }
}
