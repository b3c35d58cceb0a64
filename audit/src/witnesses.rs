//! Heads on their way out of the database: each witness is asked what it saw last and shown how the new head follows from it.

use event_store::BoxFuture;
use notary::witness::Acceptance;
use notary::{Hash, ProofPlan, SignedTreeHead, WitnessRefusal};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::AuditError;
use crate::nodes::Nodes;

/// Somebody outside the database who keeps heads.
pub trait WitnessPort: Send + Sync {
    /// Who, for logs and operators.
    fn name(&self) -> String;

    /// The last head it saw of a log.
    fn last_seen(&self, log_id: Uuid) -> BoxFuture<'_, Result<Option<SignedTreeHead>, WitnessError>>;

    /// Shows it a head and how it follows from the last one it saw.
    fn observe<'a>(
        &'a self,
        head: &'a SignedTreeHead,
        consistency: &'a [Hash],
    ) -> BoxFuture<'a, Result<Acceptance, WitnessError>>;
}

/// Why a witness does not have a head.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// It has seen another past of this log, or trusts another key.
    #[error("the witness refuses the head: {0}")]
    Refused(String),
    /// It cannot be reached, or cannot write; the next head is shown to it again.
    #[error("the witness does not take heads at present")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Our own side failed.
    #[error(transparent)]
    Audit(Box<AuditError>),
}

impl WitnessError {
    /// A witness that is away for this reason.
    pub fn unavailable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unavailable(error.into())
    }
}

impl From<WitnessRefusal> for WitnessError {
    fn from(refusal: WitnessRefusal) -> Self {
        let mut words = refusal.to_string();
        if let Some(source) = std::error::Error::source(&refusal) {
            words.push_str(&format!(" ({source})"));
        }
        Self::Refused(words)
    }
}

/// Brings a head to a witness.
///
/// # Errors
/// Why the witness does not have it.
pub async fn bring(
    connection: &mut PgConnection,
    witness: &dyn WitnessPort,
    head: &SignedTreeHead,
) -> Result<Acceptance, WitnessError> {
    let (log_id, size) = (head.unverified().log_id, head.unverified().tree_size);
    let seen = witness.last_seen(log_id).await?;
    let seen = seen.map_or(0, |seen| seen.unverified().tree_size);
    // One that saw more refuses without a proof.
    let path = match ProofPlan::consistency(seen.min(size), size) {
        Ok(plan) => Nodes::default().build(connection, &plan).await,
        Err(error) => Err(error.into()),
    };
    let path = path.map_err(|error| WitnessError::Audit(Box::new(error)))?;
    witness.observe(head, &path).await
}

/// An acceptance in one word.
pub const fn word(acceptance: Acceptance) -> &'static str {
    match acceptance {
        Acceptance::First => "first",
        Acceptance::Same => "same",
        Acceptance::Grown => "grown",
    }
}
