//! That one signed head follows from another, in a form that anybody can check.

use notary::tree::{ConsistencyRefusal, verify_consistency};
use notary::{Hash, HeadRefusal, ProofPlan, PublicKey, SignedTreeHead};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::AuditError;
use crate::heads;
use crate::nodes::Nodes;

/// Two heads and the path between them: `PROOF(first size, second size)` of RFC 9162.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consistency {
    /// The smaller one.
    pub first: SignedTreeHead,
    /// The larger one.
    pub second: SignedTreeHead,
    /// What shows that the second tree begins with the first.
    pub path: Vec<Hash>,
}

/// Why two heads do not follow from each other.
#[expect(missing_docs, reason = "each message says it")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InconsistentHeads {
    #[error("a head is not to be believed")]
    Head(#[from] HeadRefusal),
    #[error("the heads are of two logs, {0} and {1}")]
    TwoLogs(Uuid, Uuid),
    #[error("the second head does not follow from the first")]
    Path(#[from] ConsistencyRefusal),
}

impl Consistency {
    /// Checks it with nothing but the trusted keys: the notary may have had a new one between both heads.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self, keys: &[PublicKey]) -> Result<(), InconsistentHeads> {
        let first = self.first.verify_with_one_of(keys)?;
        let second = self.second.verify_with_one_of(keys)?;
        if first.log_id != second.log_id {
            return Err(InconsistentHeads::TwoLogs(first.log_id, second.log_id));
        }
        let sizes = (first.tree_size, second.tree_size);
        verify_consistency(sizes.0, sizes.1, &self.path, &first.root_hash, &second.root_hash)?;
        Ok(())
    }
}

/// The path between two heads of this log that were signed at these sizes.
///
/// # Errors
/// What Postgres answers, or that no such head was signed.
pub async fn consistency(
    connection: &mut PgConnection,
    log_id: Uuid,
    (first, second): (u64, u64),
) -> Result<Consistency, AuditError> {
    let plan = ProofPlan::consistency(first, second)?;
    Ok(Consistency {
        first: heads::of_size(connection, log_id, first).await?.head,
        second: heads::of_size(connection, log_id, second).await?.head,
        path: Nodes::default().build(connection, &plan).await?,
    })
}
