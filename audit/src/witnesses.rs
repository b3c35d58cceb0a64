//! Heads on their way out of the database: each witness is asked what it saw last and shown how the new head follows from it.

use event_store::BoxFuture;
use notary::tree::verify_consistency;
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

/// How often a witness is asked again when somebody else has shown it a head meanwhile.
const TRIES_MAX: u32 = 3;

/// Brings a head to a witness.
///
/// # Errors
/// Why the witness does not have it.
pub async fn bring(
    connection: &mut PgConnection,
    witness: &dyn WitnessPort,
    head: &SignedTreeHead,
) -> Result<Acceptance, WitnessError> {
    let log_id = head.unverified().log_id;
    let mut seen = witness.last_seen(log_id).await?;
    let mut tries_left = TRIES_MAX;
    loop {
        tries_left -= 1;
        if let Some(seen) = &seen
            && is_ahead(connection, seen, head).await?
        {
            return Ok(Acceptance::Same);
        }
        let path = path(connection, seen.as_ref(), head).await?;
        let refusal = match witness.observe(head, &path).await {
            Err(WitnessError::Refused(refusal)) => refusal,
            other => return other,
        };
        let now = witness.last_seen(log_id).await?;
        if now == seen || tries_left == 0 {
            return Err(WitnessError::Refused(refusal));
        }
        seen = now;
    }
}

/// How a head follows from the one that was seen; nothing for one that cannot.
async fn path(
    connection: &mut PgConnection,
    seen: Option<&SignedTreeHead>,
    head: &SignedTreeHead,
) -> Result<Vec<Hash>, WitnessError> {
    let size = head.unverified().tree_size;
    let seen = seen.map_or(0, |seen| seen.unverified().tree_size);
    match ProofPlan::consistency(seen.min(size), size) {
        Ok(plan) => Nodes::default().build(connection, &plan).await,
        Err(error) => Err(error.into()),
    }
    .map_err(|error| WitnessError::Audit(Box::new(error)))
}

/// Whether the witness has a later head of the same tree already, which another process brought.
async fn is_ahead(
    connection: &mut PgConnection,
    seen: &SignedTreeHead,
    head: &SignedTreeHead,
) -> Result<bool, WitnessError> {
    let (seen, head) = (seen.unverified(), head.unverified());
    if seen.tree_size <= head.tree_size {
        return Ok(false);
    }
    let Ok(plan) = ProofPlan::consistency(head.tree_size, seen.tree_size) else {
        return Ok(false);
    };
    match Nodes::default().build(connection, &plan).await {
        Ok(path) => Ok(verify_consistency(
            head.tree_size,
            seen.tree_size,
            &path,
            &head.root_hash,
            &seen.root_hash,
        )
        .is_ok()),
        // We have not so many facts: the witness says what that means.
        Err(AuditError::LeavesMissing { .. } | AuditError::NodeMissing { .. }) => Ok(false),
        Err(error) => Err(WitnessError::Audit(Box::new(error))),
    }
}

/// An acceptance in one word.
pub const fn word(acceptance: Acceptance) -> &'static str {
    match acceptance {
        Acceptance::First => "first",
        Acceptance::Same => "same",
        Acceptance::Grown => "grown",
    }
}
