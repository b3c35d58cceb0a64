//! The proof file of one booking, made of what is stored and checked before anybody gets it.

use event_store::shard_of;
use notary::proof::{FactProof, Form};
use notary::{Hash, ProofFile, ProofPlan, check};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::AuditError;
use crate::heads;
use crate::leaves;
use crate::nodes::Nodes;
use crate::row::Rows;

/// Proves every fact of a booking and its payments under the last head of the log: all streams of the booking's partition key.
///
/// # Errors
/// What Postgres answers; that there is no such booking or no head covers it; that what is stored proves nothing of it, so that
/// something was changed.
pub async fn prove(
    connection: &mut PgConnection,
    log_id: Uuid,
    booking: Uuid,
) -> Result<ProofFile, AuditError> {
    let partition = booking.to_string();
    let rows = Rows::of_partition(connection, shard_of(&partition), booking).await?;
    let rows = rows.collect().await?;
    let last = rows.iter().filter_map(super::row::StoredRow::position).max();
    let Some(last) = last else {
        return Err(AuditError::NoSuchBooking(partition));
    };
    let stored = heads::last(connection, log_id).await?;
    let signed = stored.map_or(0, |stored| stored.head.unverified().tree_size);
    let (Some(stored), true) = (stored, last.unsigned_abs() <= signed) else {
        return Err(AuditError::NotCovered {
            position: last,
            signed,
        });
    };
    let public_key = stored.public_key.ok_or(AuditError::NoSuchHead(signed))?;
    let previous: Vec<i64> = rows.iter().filter_map(super::row::StoredRow::previous).collect();
    let previous = leaves::hashes_at(connection, &previous).await?;
    let (mut facts, nodes) = (Vec::new(), &mut Nodes::default());
    for row in &rows {
        let columns = row.columns().map_err(|source| AuditError::Row {
            position: row.position().unwrap_or(0),
            source,
        })?;
        let index = columns.position.unsigned_abs().saturating_sub(1);
        let path = nodes
            .build(connection, &ProofPlan::inclusion(index, signed)?)
            .await?;
        let before = row.previous().and_then(|position| previous.get(&position));
        facts.push(FactProof::new(
            &columns,
            before.copied().unwrap_or(Hash::ZERO),
            path,
        ));
    }
    let file = ProofFile {
        form: Form::V1,
        head: stored.head,
        public_key,
        facts,
    };
    let text = file.to_json().map_err(AuditError::ProofText)?;
    check(text.as_bytes(), &public_key).map_err(AuditError::ProvesNothing)?;
    Ok(file)
}
