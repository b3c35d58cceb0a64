//! Extends the tree by the facts that are new: their leaf hashes, and the nodes they complete, in one transaction.

use std::collections::HashMap;

use notary::{Frontier, Hash, leaf_hash};
use sqlx::{Connection, PgConnection};

use crate::error::AuditError;
use crate::leaves;
use crate::nodes::{self, Nodes};
use crate::row::{Rows, StoredRow};

/// Held by whoever extends the tree, until the commit.
const EXTEND_LOCK: i64 = 7_245_350;

/// Hashes the next facts, at most `batch_max`, and answers how many there were. `frontier` is what this process knows of the tree; it
/// is read anew when another process has extended it since.
///
/// # Errors
/// What Postgres answers, or that the log has a hole or twice the same number of a stream: nothing is hashed behind either.
pub async fn extend(
    connection: &mut PgConnection,
    frontier: &mut Frontier,
    batch_max: u32,
) -> Result<usize, AuditError> {
    let mut transaction = connection.begin().await?;
    sqlx::query("select pg_advisory_xact_lock($1)")
        .bind(EXTEND_LOCK)
        .execute(&mut *transaction)
        .await?;
    let size = leaves::size(&mut transaction).await?;
    if i64::try_from(frontier.size()) != Ok(size) {
        *frontier = Nodes::default()
            .frontier(&mut transaction, size.unsigned_abs())
            .await?;
    }
    let rows = Rows::with_previous(&mut transaction, size + 1..i64::MAX, batch_max).await?;
    let rows = rows.collect().await?;
    if rows.is_empty() {
        transaction.rollback().await?;
        return Ok(0);
    }
    let batch = Batch::of(&mut transaction, size, &rows).await?;
    let (mut grown, mut completed) = (frontier.clone(), Vec::new());
    for hash in &batch.hashes {
        grown.append(*hash, |id, hash| {
            if nodes::is_stored(id) {
                completed.push((id, hash));
            }
        });
    }
    batch.insert(&mut transaction, size + 1).await?;
    nodes::insert(&mut transaction, &completed).await?;
    transaction.commit().await?;
    *frontier = grown;
    Ok(rows.len())
}

/// The leaves of some facts that follow each other.
struct Batch {
    hashes: Vec<Hash>,
    previous: Vec<i64>,
    recorded_us: Vec<i64>,
}

impl Batch {
    /// Those of `rows`, which must follow the first `size` facts of the log.
    async fn of(connection: &mut PgConnection, size: i64, rows: &[StoredRow]) -> Result<Self, AuditError> {
        let before: Vec<i64> = rows
            .iter()
            .filter_map(StoredRow::previous)
            .filter(|position| *position <= size)
            .collect();
        let before = leaves::hashes_at(connection, &before).await?;
        let mut batch = Self {
            hashes: Vec::with_capacity(rows.len()),
            previous: Vec::with_capacity(rows.len()),
            recorded_us: Vec::with_capacity(rows.len()),
        };
        for (row, expected) in rows.iter().zip(size + 1..) {
            batch.push(row, expected, size, &before)?;
        }
        Ok(batch)
    }

    fn push(
        &mut self,
        row: &StoredRow,
        expected: i64,
        size: i64,
        before: &HashMap<i64, Hash>,
    ) -> Result<(), AuditError> {
        let columns = row.columns().map_err(|source| AuditError::Row {
            position: expected,
            source,
        })?;
        if columns.position != expected {
            let found = columns.position;
            return Err(AuditError::Hole { expected, found });
        }
        if let Some(other) = row.elsewhere() {
            return Err(AuditError::Twice {
                position: expected,
                sequence: columns.sequence,
                other,
            });
        }
        let previous = if columns.sequence == 1 {
            Some((0, Hash::ZERO))
        } else {
            row.previous().and_then(|position| {
                let known = if position > size {
                    let place = usize::try_from(position - size - 1).ok()?;
                    self.hashes.get(place) // Nothing for one that stands behind it.
                } else {
                    before.get(&position)
                };
                Some((position, *known?))
            })
        };
        let Some((previous, previous_hash)) = previous else {
            return Err(AuditError::NoPredecessor {
                position: expected,
                sequence: columns.sequence,
            });
        };
        self.hashes.push(leaf_hash(&columns, &previous_hash));
        self.previous.push(previous);
        self.recorded_us.push(columns.recorded_at_us);
        Ok(())
    }

    async fn insert(&self, connection: &mut PgConnection, first: i64) -> sqlx::Result<()> {
        let hashes: Vec<u8> = self
            .hashes
            .iter()
            .flat_map(|hash| hash.as_bytes().iter().copied())
            .collect();
        sqlx::query(
            "insert into notary_leaves (first_position, hashes, previous_positions, recorded_us) values ($1, $2, $3, $4)",
        )
        .bind(first)
        .bind(hashes)
        .bind(&self.previous)
        .bind(&self.recorded_us)
        .execute(connection)
        .await
        .map(drop)
    }
}
