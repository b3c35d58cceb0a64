//! When a request is made and under which key, so that a repeat is known as one.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The name a provider knows one request by: the same key and body is the same request. The aggregates draw it, from
/// what is asked and how often it was refused, and record it before the first sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IdempotencyKey(pub Uuid);

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One sending of a request that may move money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestAttempt {
    /// The key, decided and recorded before the first sending.
    pub key: IdempotencyKey,
    /// When it is sent, by database time.
    pub at: Timestamp,
    /// When the request was sent for the first time, if this is a repeat. A provider that forgets keys is not asked
    /// again too late, and one without keys is asked what it did before it is asked to do it again.
    pub first_sent_at: Option<Timestamp>,
}

impl RequestAttempt {
    /// The first sending of a request.
    pub const fn first(key: IdempotencyKey, at: Timestamp) -> Self {
        Self {
            key,
            at,
            first_sent_at: None,
        }
    }

    /// A request that may have reached the provider before.
    pub const fn repeat(key: IdempotencyKey, at: Timestamp, first_sent_at: Timestamp) -> Self {
        Self {
            key,
            at,
            first_sent_at: Some(first_sent_at),
        }
    }
}
