//! What a payment is asked of its provider: who that is, which request under which key, and until when it may be repeated.
#![expect(missing_docs, reason = "pure data: most names say it all")]

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::PaymentId;

/// Providers forget idempotency keys after 24 h, and a repeat would then be a second payment: no request is sent again
/// this many hours after its first sending was recorded.
pub const RESEND_HOURS_MAX: i64 = 23;
/// How many attempts at one request there are, each after a definite refusal.
pub const CALL_ATTEMPTS_MAX: u16 = 20;

/// The namespace of keys drawn from (payment or payout, request, number). Fixed for ever: a restart must find the same key.
pub(crate) const KEYS: Uuid = Uuid::from_u128(0x3c1d_0f6e_2b7a_5d44_8a5e_61c9_0e4b_0001);

/// Who carries the money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// YooKassa: cards and the faster payments system.
    Yookassa,
    /// T-Bank's internet acquiring: the faster payments system directly.
    Tbank,
}

impl Provider {
    /// Whether an advance can be closed on paper only while nothing of it has gone back: T-Bank takes a closing receipt of
    /// a payment that is `CONFIRMED` and of no other (EACQ, `SendClosingReceipt`).
    pub const fn closes_before_refunding(self) -> bool {
        match self {
            Self::Yookassa => false,
            Self::Tbank => true,
        }
    }

    /// Whether a receipt that is sent alone is printed again when it is sent again, and nobody but the cash register's own notice
    /// tells of it: T-Bank's `SendClosingReceipt` takes no key, and its cash register cannot be asked.
    pub const fn prints_what_it_is_sent(self) -> bool {
        match self {
            Self::Yookassa => false,
            Self::Tbank => true,
        }
    }

    pub const ALL: [Self; 2] = [Self::Yookassa, Self::Tbank];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Yookassa => "yookassa",
            Self::Tbank => "tbank",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|provider| provider.as_str() == word)
    }
}

/// When the money is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaptureMode {
    /// It is held first and captured on settlement.
    Held,
    /// At once; what is not due goes back as a refund.
    AtOnce,
}

/// The way a payment takes; pinned when it is started and never changed, whatever becomes of the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    pub provider: Provider,
    pub taking: CaptureMode,
    pub receipts: bool,
}

/// A request to a provider that may move money or print paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    Create,
    Capture,
    Cancel,
    Refund { number: u32 },
    Receipt { number: u32 },
}

impl Call {
    /// The stable word, without the number.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Capture => "capture",
            Self::Cancel => "cancel",
            Self::Refund { .. } => "refund",
            Self::Receipt { .. } => "receipt",
        }
    }

    /// The idempotency key of the `attempt`th try. A refund or receipt that was refused for good is followed by one with a
    /// new number, so its own number tells its tries apart; one that was refused "not now" is tried under another key.
    pub fn key(self, payment_id: PaymentId, attempt: u16) -> Uuid {
        let number = match self {
            Self::Create | Self::Capture | Self::Cancel => u32::from(attempt),
            Self::Refund { number } | Self::Receipt { number } => number,
        };
        let name = match self {
            Self::Refund { .. } if attempt > 1 => format!("{payment_id}/{}/{number}/{attempt}", self.word()),
            Self::Create | Self::Capture | Self::Cancel | Self::Refund { .. } | Self::Receipt { .. } => {
                format!("{payment_id}/{}/{number}", self.word())
            }
        };
        Uuid::new_v5(&KEYS, name.as_bytes())
    }
}

/// One attempt at a request, as recorded before it was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallMade {
    pub call: Call,
    pub attempt: u16,
    pub key: Uuid,
    /// A digest of what was sent: a repeat must say the same.
    pub body_digest: String,
    /// When it was recorded, just before the first sending.
    pub intended_at: Timestamp,
    pub refused: bool,
}

impl CallMade {
    /// Whether the same request may still be sent again under its key.
    pub fn may_be_sent(&self, at: Timestamp) -> bool {
        !self.refused && at.duration_since(self.intended_at) < SignedDuration::from_hours(RESEND_HOURS_MAX)
    }
}
