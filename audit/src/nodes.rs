//! The nodes of the tree: every eighth level is stored, what lies between is hashed from the level below.

use std::collections::BTreeMap;

use notary::tree::MissingNode;
use notary::{Frontier, Hash, NodeId, ProofPlan};
use sqlx::PgConnection;

use crate::error::AuditError;
use crate::leaves;

/// Every so many levels are stored.
pub const STORED_EVERY: u8 = 8;

/// Whether this node is stored. Leaves are, elsewhere.
pub const fn is_stored(id: NodeId) -> bool {
    id.level > 0 && id.level.is_multiple_of(STORED_EVERY)
}

/// What was read of a tree. Many proofs share nodes, so they share one of these.
#[derive(Debug, Default)]
pub struct Nodes(BTreeMap<NodeId, Hash>);

impl Nodes {
    /// What a plan says, once its nodes are read.
    ///
    /// # Errors
    /// What Postgres answers, or that a leaf or node is not stored.
    pub async fn build(
        &mut self,
        connection: &mut PgConnection,
        plan: &ProofPlan,
    ) -> Result<Vec<Hash>, AuditError> {
        for id in plan.nodes() {
            self.load(connection, id).await?;
        }
        plan.build(&self.0)
            .map_err(|MissingNode(NodeId { level, index })| AuditError::NodeMissing { level, index })
    }

    /// The frontier of the tree of this size.
    ///
    /// # Errors
    /// What Postgres answers, or that a leaf or node is not stored.
    pub async fn frontier(
        &mut self,
        connection: &mut PgConnection,
        size: u64,
    ) -> Result<Frontier, AuditError> {
        let mut peaks = Vec::new();
        for id in Frontier::peaks_at(size) {
            peaks.push(self.load(connection, id).await?);
        }
        Ok(Frontier::from_peaks(size, peaks)?)
    }

    async fn load(&mut self, connection: &mut PgConnection, id: NodeId) -> Result<Hash, AuditError> {
        if let Some(known) = self.0.get(&id) {
            return Ok(*known);
        }
        let hash = read(connection, id).await?;
        self.0.insert(id, hash);
        Ok(hash)
    }
}

async fn read(connection: &mut PgConnection, id: NodeId) -> Result<Hash, AuditError> {
    let above = id.level % STORED_EVERY;
    let (base, count) = (id.level - above, 1_u64 << above);
    let first = id.index << above;
    let below = if base == 0 {
        let from = position(first);
        leaves::hashes(
            connection,
            from..from.saturating_add(i64::try_from(count).unwrap_or(i64::MAX)),
        )
        .await?
    } else {
        stored(connection, base, first, count).await?
    };
    if below.len() as u64 != count {
        let NodeId { level, index } = id;
        return Err(AuditError::NodeMissing { level, index });
    }
    // A complete subtree is a tree of its own.
    Ok(notary::tree::root(below))
}

async fn stored(
    connection: &mut PgConnection,
    level: u8,
    first: u64,
    count: u64,
) -> Result<Vec<Hash>, AuditError> {
    let first = i64::try_from(first).unwrap_or(i64::MAX);
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let rows: Vec<Vec<u8>> = sqlx::query_scalar(
        "select hash from notary_nodes where level = $1 and index >= $2 and index < $2 + $3 order by index",
    )
    .bind(i16::from(level))
    .bind(first)
    .bind(count)
    .fetch_all(connection)
    .await?;
    Ok(rows.iter().filter_map(|bytes| leaves::as_hash(bytes)).collect())
}

/// The position of a leaf: positions count from 1.
fn position(index: u64) -> i64 {
    i64::try_from(index).map_or(i64::MAX, |index| index.saturating_add(1))
}

/// Keeps what a batch completed.
///
/// # Errors
/// What Postgres answers; a node that is there already is one that somebody else wrote.
pub async fn insert(connection: &mut PgConnection, completed: &[(NodeId, Hash)]) -> sqlx::Result<()> {
    if completed.is_empty() {
        return Ok(());
    }
    let levels: Vec<i16> = completed.iter().map(|(id, _)| i16::from(id.level)).collect();
    let indexes: Vec<i64> = completed
        .iter()
        .map(|(id, _)| i64::try_from(id.index).unwrap_or(i64::MAX))
        .collect();
    let hashes: Vec<Vec<u8>> = completed
        .iter()
        .map(|(_, hash)| hash.as_bytes().to_vec())
        .collect();
    sqlx::query(
        "insert into notary_nodes (level, index, hash) select * from unnest($1::smallint[], $2::bigint[], $3::bytea[])",
    )
    .bind(levels)
    .bind(indexes)
    .bind(hashes)
    .execute(connection)
    .await
    .map(drop)
}
