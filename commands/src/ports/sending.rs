//! When a request is made and under which key, so that a repeat is known as one.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The namespace of keys drawn from (subject, operation, number). Fixed for ever: a restart must find the same key.
const KEYS: Uuid = Uuid::from_u128(0x3c1d_0f6e_2b7a_5d44_8a5e_61c9_0e4b_0001);

/// What a key is for; a subject's operations never share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Begin a payment.
    Create,
    /// Take held money.
    Capture,
    /// Give up held money.
    Cancel,
    /// Give money back.
    Refund,
    /// Register a receipt.
    Receipt,
    /// Pay out.
    Payout,
}

impl Operation {
    const fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Capture => "capture",
            Self::Cancel => "cancel",
            Self::Refund => "refund",
            Self::Receipt => "receipt",
            Self::Payout => "payout",
        }
    }
}

/// The name a provider knows one request by: the same key and body is the same request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IdempotencyKey(pub Uuid);

impl IdempotencyKey {
    /// The key of the `number`th try at `operation` on `subject`. A new number is a new request; only a refusal
    /// allows one.
    pub fn of(subject: Uuid, operation: Operation, number: u32) -> Self {
        let name = format!("{subject}/{}/{number}", operation.word());
        Self(Uuid::new_v5(&KEYS, name.as_bytes()))
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One sending of a request that may move money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sending {
    /// The key, decided and recorded before the first sending.
    pub key: IdempotencyKey,
    /// Now.
    pub at: Timestamp,
    /// When the request was sent for the first time, if this is a repeat. A provider that forgets keys is not asked
    /// again too late, and one without keys is asked what it did before it is asked to do it again.
    pub first_sent_at: Option<Timestamp>,
}

impl Sending {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_try_finds_the_same_key_and_another_try_another() {
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let key = IdempotencyKey::of(one, Operation::Refund, 1);
        assert_eq!(key, IdempotencyKey::of(one, Operation::Refund, 1));
        assert_ne!(key, IdempotencyKey::of(one, Operation::Refund, 2));
        assert_ne!(key, IdempotencyKey::of(one, Operation::Capture, 1));
        assert_ne!(key, IdempotencyKey::of(other, Operation::Refund, 1));
        // Written down once: a changed derivation would make every pending request a second one.
        assert_eq!(key.to_string(), "b3bf817a-f397-5ae2-8bb2-1e0253a5122c");
    }
}
