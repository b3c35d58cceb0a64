//! The tree as it is stored, whether anybody signed it or not: what a backup says of its log.

use notary::Hash;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

use crate::error::AuditError;
use crate::leaves;
use crate::nodes::Nodes;

/// How large the stored tree is, and its root hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredTree {
    /// How many facts are hashed.
    pub size: u64,
    /// The root hash over them; of an empty tree that of nothing.
    pub root_hash: Hash,
}

/// The tree that the stored leaves and nodes make. That they are those of the facts, only [`verify`](crate::verify()) shows.
///
/// # Errors
/// What Postgres answers, or that a leaf or node is not stored.
pub async fn stored_tree(connection: &mut PgConnection) -> Result<StoredTree, AuditError> {
    let size = leaves::size(connection).await?.unsigned_abs();
    let frontier = Nodes::default().frontier(connection, size).await?;
    Ok(StoredTree {
        size,
        root_hash: frontier.root(),
    })
}
