//! Every "no" and every error a use case can end in.

use std::error::Error;

use domain::account::refusal::AccountRefusal;
use domain::booking::refusal::BookingRefusal;
use domain::payment::refusal::PaymentRefusal;
use domain::payout::refusal::PayoutRefusal;
use domain::price_list::refusal::PriceListRefusal;
use domain::schedule::refusal::ScheduleRefusal;
use domain::wallet::refusal::WalletRefusal;
use event_store::ExecuteError;
use identity::IdentityRefusal;

/// A business "no" of any use case, with the stable code of its problem page.
#[expect(missing_docs, reason = "each message says it")]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error(transparent)]
    Booking(#[from] BookingRefusal),
    #[error(transparent)]
    Schedule(#[from] ScheduleRefusal),
    #[error(transparent)]
    Payment(#[from] PaymentRefusal),
    #[error(transparent)]
    Wallet(#[from] WalletRefusal),
    #[error(transparent)]
    Payout(#[from] PayoutRefusal),
    #[error(transparent)]
    PriceList(#[from] PriceListRefusal),
    #[error(transparent)]
    Account(#[from] AccountRefusal),
    /// An address or a number is somebody else's, or the like.
    #[error(transparent)]
    Identity(#[from] IdentityRefusal),
    /// There is no such thing, or it is somebody else's: the two are never told apart.
    #[error("there is no such thing")]
    NotFound,
    /// The caller's role may not do this.
    #[error("this role may not do this")]
    NotYours,
    /// The command lacks something its kind needs.
    #[error("{field} is needed for this")]
    Incomplete {
        /// The field, as the contract names it.
        field: &'static str,
    },
    /// The command names something its kind does not take.
    #[error("{field} is not taken for this")]
    NotAllowed {
        /// The field, as the contract names it.
        field: &'static str,
    },
}

impl Refusal {
    /// The stable code of the contract.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Booking(refusal) => refusal.code(),
            Self::Schedule(refusal) => refusal.code(),
            Self::Payment(refusal) => refusal.code(),
            Self::Wallet(refusal) => refusal.code(),
            Self::Payout(refusal) => refusal.code(),
            Self::PriceList(refusal) => refusal.code(),
            Self::Account(refusal) => refusal.code(),
            Self::Identity(refusal) => refusal.code(),
            Self::NotFound => "not_found",
            Self::NotYours => "forbidden",
            Self::Incomplete { .. } | Self::NotAllowed { .. } => "invalid",
        }
    }
}

/// How a use case can end other than done.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The rules said no.
    #[error("refused: {}", .0.code())]
    Refused(#[source] Refusal),
    /// The idempotency key was used for something else.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// The aggregate has moved on from the version the caller saw.
    #[error("the version has changed")]
    VersionMismatch,
    /// Others were faster too many times in a row; asking again may help.
    #[error("too many others want the same")]
    Busy,
    /// A stream holds facts that only a newer release can read.
    #[error("this needs a newer release")]
    NeedsNewerCode,
    /// No price list is in force: nothing can be priced, and nothing was done.
    #[error("no price list is in force")]
    NoPriceList,
    /// The database cannot be reached; nothing is known to have happened.
    #[error("the log is out of reach")]
    Unavailable,
    /// Anything else: a fault of ours.
    #[error("internal fault")]
    Internal(#[source] Box<dyn Error + Send + Sync>),
}

impl CommandError {
    /// The refusal, if it is one.
    pub const fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            Self::KeyReused
            | Self::VersionMismatch
            | Self::Busy
            | Self::NeedsNewerCode
            | Self::NoPriceList
            | Self::Unavailable
            | Self::Internal(_) => None,
        }
    }
}

impl From<Refusal> for CommandError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<PayoutRefusal> for CommandError {
    fn from(refusal: PayoutRefusal) -> Self {
        Self::Refused(Refusal::Payout(refusal))
    }
}

impl From<ExecuteError<Refusal>> for CommandError {
    fn from(error: ExecuteError<Refusal>) -> Self {
        match error {
            ExecuteError::Refused(refusal) => Self::Refused(refusal),
            ExecuteError::KeyReused => Self::KeyReused,
            ExecuteError::VersionMismatch => Self::VersionMismatch,
            ExecuteError::Busy => Self::Busy,
            ExecuteError::NeedsNewerCode => Self::NeedsNewerCode,
            ExecuteError::TooManyStreams => Self::Internal("a decision named too many streams".into()),
            ExecuteError::Log(error) => Self::from(error),
        }
    }
}

impl From<event_store::LogError> for CommandError {
    fn from(error: event_store::LogError) -> Self {
        // A process whose log has changed ends; another one answers.
        if error.is_unavailable() || matches!(error, event_store::LogError::AnotherLog) {
            Self::Unavailable
        } else if error.is_held() {
            Self::Busy
        } else {
            Self::Internal(Box::new(error))
        }
    }
}

impl From<identity::IdentityError> for CommandError {
    fn from(error: identity::IdentityError) -> Self {
        match error {
            identity::IdentityError::Busy => Self::Busy,
            identity::IdentityError::Database(_) => Self::Unavailable,
            identity::IdentityError::Refused(refusal) => Self::Refused(Refusal::Identity(refusal)),
            error @ (identity::IdentityError::Hash(_)
            | identity::IdentityError::HashStopped(_)
            | identity::IdentityError::Sign(_)
            | identity::IdentityError::Keys(_)
            | identity::IdentityError::Sealing(_)) => Self::Internal(Box::new(error)),
        }
    }
}

/// The queue did not answer; nothing is lost, since the same intents are claimed again.
pub(crate) fn queue_error(error: impl Error) -> CommandError {
    tracing::warn!(error = %error, "The queue of intents does not answer");
    CommandError::Unavailable
}
