//! Endpoints: who wants to be told of what, where, and how it goes.

mod change;
mod deliveries;
mod read;
mod replay;

use jiff::Timestamp;
use uuid::Uuid;

pub use change::{Change, Made, NewEndpoint, create, disable, edit, remove, rotate_secret};
pub use deliveries::{DeliveriesFilter, Delivery, DeliveryState, deliveries};
pub use read::{EndpointsFilter, list, show};
pub use replay::{replay, retry, send_test};

use crate::error::WebhookError;

/// The most endpoints of one account.
pub const ENDPOINTS_MAX: i64 = 50;
/// How long the secret before is still signed with, in hours.
pub const ROTATION_HOURS: i32 = 24;

/// One endpoint.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub id: Uuid,
    /// The account that made it.
    pub owner_id: Uuid,
    /// Told of this clinic's bookings alone; none: of all.
    pub clinic_id: Option<Uuid>,
    pub created_at: Timestamp,
    pub url: String,
    pub event_types: Vec<String>,
    pub state: EndpointState,
    pub disabled_reason: Option<DisabledReason>,
    pub disabled_at: Option<Timestamp>,
    /// Everything up to here is in its queue.
    pub position: i64,
    /// Until when the secret before is signed with, too.
    pub previous_secret_until: Option<Timestamp>,
    /// Deliveries that wait, 1 000 at most.
    pub waiting: i64,
    /// Since when it has taken nothing.
    pub failing_since: Option<Timestamp>,
    pub last_delivered_at: Option<Timestamp>,
    /// Why the last attempt that failed did.
    pub last_failure: Option<String>,
}

/// Whether it is told of anything.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointState {
    Active,
    Disabled,
    /// Shown once, as the answer to whoever deleted it.
    Deleted,
}

impl EndpointState {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Active, Self::Disabled, Self::Deleted];

    /// The stable word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
            Self::Deleted => "deleted",
        }
    }

    fn stored(word: &str) -> Result<Self, WebhookError> {
        let found = Self::ALL.into_iter().find(|state| state.as_str() == word);
        found.ok_or(WebhookError::Stored("state"))
    }
}

/// Why it is told of nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisabledReason {
    /// Its owner, or an admin, switched it off.
    ByOwner,
    /// It answered 410.
    Gone,
    /// It took nothing for days.
    Failing,
    /// Its owner's account was deactivated.
    OwnerDeactivated,
}

impl DisabledReason {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::ByOwner, Self::Gone, Self::Failing, Self::OwnerDeactivated];

    /// The stable word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ByOwner => "by_owner",
            Self::Gone => "gone",
            Self::Failing => "failing",
            Self::OwnerDeactivated => "owner_deactivated",
        }
    }

    fn stored(word: &str) -> Result<Self, WebhookError> {
        let found = Self::ALL.into_iter().find(|reason| reason.as_str() == word);
        found.ok_or(WebhookError::Stored("disabled_reason"))
    }
}

/// Whose endpoints somebody may see and change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointScope {
    /// Those of this account.
    Of(Uuid),
    /// All.
    Everybodys,
}

impl EndpointScope {
    /// The account, to be bound; nothing for all.
    pub(crate) const fn owner(self) -> Option<Uuid> {
        match self {
            Self::Of(owner) => Some(owner),
            Self::Everybodys => None,
        }
    }
}

/// Why something is not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointRefusal {
    /// Not there, or somebody else's.
    #[error("there is no such endpoint")]
    NotFound,
    /// [`ENDPOINTS_MAX`].
    #[error("an account has at most {ENDPOINTS_MAX} endpoints")]
    TooMany,
    /// The idempotency key was used for something else.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// Nothing is sent to it.
    #[error("the endpoint is disabled")]
    Disabled,
}

/// What a change comes to.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// A business "no".
    #[error(transparent)]
    Refused(#[from] EndpointRefusal),
    /// A fault.
    #[error(transparent)]
    Webhook(#[from] WebhookError),
}

impl From<sqlx::Error> for EndpointError {
    fn from(error: sqlx::Error) -> Self {
        Self::Webhook(error.into())
    }
}
