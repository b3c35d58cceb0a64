//! What can go wrong with webhooks, as opposed to what is refused.

use event_store::LogError;

/// An error of the webhooks.
#[expect(missing_docs, reason = "each message says it")]
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    #[error("the database cannot be used")]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Log(#[from] LogError),
    #[error("the database has become another log since this process started")]
    AnotherLog,
    #[error("the fact at position {0} cannot be read; is it of newer code?")]
    Fact(i64),
    #[error("an event cannot be written")]
    Event(#[from] serde_json::Error),
    /// Sealed under a key that this process does not have: the deployment's key was changed and the one before is not given.
    #[error("the secret of an endpoint cannot be opened: is TOT_WEBHOOK_KEY_PREVIOUS missing?")]
    Secret,
    #[error("a stored value of an endpoint cannot be read: {0}")]
    Stored(&'static str),
}
