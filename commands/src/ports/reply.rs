//! What became of a request: accepted, refused, to be repeated later, or unknown.

use std::fmt;
use std::time::Duration;

/// What became of a request. Only [`ProviderReply::Refused`] allows a new attempt under a new key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum ProviderReply<T> {
    /// The provider did it, or knew it already, and says what it has now.
    Accepted(T),
    /// The provider will not do it; nothing happened.
    Refused(Refused),
    /// The provider did not take the request now: the same request, key and body, later.
    Throttled {
        /// How long to wait at least, as the provider says or its adapter reckons.
        retry_after: Duration,
    },
    /// It may or may not have happened: the same request later, or asking what there is.
    Unknown(UnknownReason),
}

impl<T> ProviderReply<T> {
    /// The same answer about something else.
    pub fn map<U>(self, with: impl FnOnce(T) -> U) -> ProviderReply<U> {
        match self {
            Self::Accepted(thing) => ProviderReply::Accepted(with(thing)),
            Self::Refused(refused) => ProviderReply::Refused(refused),
            Self::Throttled { retry_after } => ProviderReply::Throttled { retry_after },
            Self::Unknown(because) => ProviderReply::Unknown(because),
        }
    }

    /// Follows an accepted answer with a reading of it that may fail: what cannot be read is not known.
    pub fn read<U>(self, with: impl FnOnce(T) -> Result<U, UnknownReason>) -> ProviderReply<U> {
        match self {
            Self::Accepted(thing) => with(thing).map_or_else(ProviderReply::Unknown, ProviderReply::Accepted),
            Self::Refused(refused) => ProviderReply::Refused(refused),
            Self::Throttled { retry_after } => ProviderReply::Throttled { retry_after },
            Self::Unknown(because) => ProviderReply::Unknown(because),
        }
    }

    /// What was accepted, or the answer that it was not, about anything.
    ///
    /// # Errors
    /// The answer itself, when nothing was accepted.
    pub fn accepted<U>(self) -> Result<T, ProviderReply<U>> {
        match self {
            Self::Accepted(thing) => Ok(thing),
            Self::Refused(refused) => Err(ProviderReply::Refused(refused)),
            Self::Throttled { retry_after } => Err(ProviderReply::Throttled { retry_after }),
            Self::Unknown(because) => Err(ProviderReply::Unknown(because)),
        }
    }

    /// A short word for logs and metrics.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Accepted(_) => "accepted",
            Self::Refused(_) => "refused",
            Self::Throttled { .. } => "throttled",
            Self::Unknown(_) => "unknown",
        }
    }
}

/// A definite "no".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Whose matter it is.
    pub kind: RefusalKind,
    /// The provider's own code, as it came.
    pub code: String,
    /// The provider's words for a developer, shortened and free of addresses and numbers that could be somebody's.
    pub description: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.description)
    }
}

/// Whose matter a refusal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RefusalKind {
    /// The provider looked at the request and said no: wrong state, limits, missing receipt.
    Rejected,
    /// The provider is busy with something else of the same payment: the same may be asked again a while later.
    NotNow,
    /// The provider knows no such object.
    NotFound,
    /// Our keys, rights or contract with the provider are wrong: an operator must look, and nothing will pass until
    /// one did.
    Misconfigured,
    /// The request itself is a bug of ours, such as one key for two requests: never repeated, always looked at.
    OurBug,
    /// The provider has no such operation; it was not asked.
    NotOffered,
}

/// Why an outcome is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnknownReason {
    /// No connection came about: this sending did not reach the provider.
    NotConnected,
    /// The limit of the adapter passed: it may have been done.
    Timeout,
    /// The connection broke before the answer was whole.
    ConnectionLost,
    /// The provider answered with an HTTP status that settles nothing, such as 500.
    Status(u16),
    /// The provider says that it failed, with this code of its own.
    ProviderError(String),
    /// The provider still works on it and suggests when to ask again (HTTP 202).
    Processing {
        /// Its suggestion, if it made one.
        retry_after: Option<Duration>,
    },
    /// The answer cannot be read; the text says what about it, never what it held.
    Unreadable(String),
    /// The provider would have forgotten the key by now, and a repeat would be a second payment: only asking what
    /// there is can tell.
    TooLateToRepeat,
    /// What the provider shows does not tell whether an earlier sending took effect; a person must look.
    CannotTell(String),
}

impl fmt::Display for UnknownReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotConnected => f.write_str("no connection to the provider"),
            Self::Timeout => f.write_str("no answer in time"),
            Self::ConnectionLost => f.write_str("the connection broke before the answer"),
            Self::Status(status) => write!(f, "the provider answered HTTP {status}"),
            Self::ProviderError(code) => write!(f, "the provider failed with its code {code}"),
            Self::Processing { .. } => f.write_str("the provider is still working on it"),
            Self::Unreadable(what) => write!(f, "the answer cannot be read: {what}"),
            Self::TooLateToRepeat => f.write_str("too late to repeat under the same key"),
            Self::CannotTell(why) => write!(f, "what was done before cannot be told: {why}"),
        }
    }
}
