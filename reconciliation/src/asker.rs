//! Asking a provider with patience: one that wants to be asked later is, one that does not answer is not believed empty.

use std::fmt;

use commands::ports::{Answer, Asking, Refused, UnknownBecause};
use tokio_util::sync::CancellationToken;

use crate::window::Limits;

/// What came of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard<T> {
    /// An answer.
    Told(T),
    /// A definite no.
    Refused(Refused),
}

/// No answer: nothing may be concluded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Silence {
    /// The provider did not answer.
    Unanswered(String),
    /// It answered, but what it shows does not tell.
    CannotTell(String),
    /// We are to stop.
    Stopped,
}

impl fmt::Display for Silence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unanswered(why) | Self::CannotTell(why) => f.write_str(why),
            Self::Stopped => f.write_str("the comparison was stopped"),
        }
    }
}

/// Asks until there is an answer, a refusal, or no hope for now.
pub async fn asked<'a, T>(
    limits: &Limits,
    stop: &CancellationToken,
    mut question: impl FnMut() -> Asking<'a, T>,
) -> Result<Heard<T>, Silence> {
    for _ in 0..=limits.waits_max {
        if stop.is_cancelled() {
            return Err(Silence::Stopped);
        }
        let wait = match question().await {
            Answer::Accepted(told) => return Ok(Heard::Told(told)),
            Answer::Refused(refused) => return Ok(Heard::Refused(refused)),
            Answer::Unknown(UnknownBecause::CannotTell(why)) => return Err(Silence::CannotTell(why)),
            Answer::Unknown(because) => return Err(Silence::Unanswered(because.to_string())),
            Answer::Throttled { retry_after } => retry_after.min(limits.wait_max),
        };
        tokio::select! {
            () = stop.cancelled() => return Err(Silence::Stopped),
            () = tokio::time::sleep(wait) => {}
        }
    }
    Err(Silence::Unanswered("the provider is asked too often".to_owned()))
}
