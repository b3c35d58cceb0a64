//! Asking a provider with patience: one that wants to be asked later is, one that does not answer is not believed empty.

use std::fmt;

use commands::ports::{ProviderFuture, ProviderReply, Refused, UnknownReason};
use tokio_util::sync::CancellationToken;

use crate::window::SweepLimits;

/// What came of a question.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueryReply<T> {
    Answered(T),
    Refused(Refused),
}

/// No answer: nothing may be concluded.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueryFailure {
    Unanswered(String),
    /// It answered, but what it shows does not tell.
    CannotTell(String),
    /// We are to stop.
    Stopped,
}

impl fmt::Display for QueryFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unanswered(why) | Self::CannotTell(why) => f.write_str(why),
            Self::Stopped => f.write_str("the comparison was stopped"),
        }
    }
}

/// Asks until there is an answer, a refusal, or no hope for now.
pub async fn query_with_backoff<'a, T>(
    limits: &SweepLimits,
    stop: &CancellationToken,
    mut question: impl FnMut() -> ProviderFuture<'a, T>,
) -> Result<QueryReply<T>, QueryFailure> {
    for _ in 0..=limits.waits_max {
        if stop.is_cancelled() {
            return Err(QueryFailure::Stopped);
        }
        let wait = match question().await {
            ProviderReply::Accepted(reply) => return Ok(QueryReply::Answered(reply)),
            ProviderReply::Refused(refused) => return Ok(QueryReply::Refused(refused)),
            ProviderReply::Unknown(UnknownReason::CannotTell(why)) => {
                return Err(QueryFailure::CannotTell(why));
            }
            ProviderReply::Unknown(because) => return Err(QueryFailure::Unanswered(because.to_string())),
            ProviderReply::Throttled { retry_after } => retry_after.min(limits.wait_max),
        };
        tokio::select! {
            () = stop.cancelled() => return Err(QueryFailure::Stopped),
            () = tokio::time::sleep(wait) => {}
        }
    }
    Err(QueryFailure::Unanswered(
        "the provider is asked too often".to_owned(),
    ))
}
