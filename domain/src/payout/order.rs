//! What a payout remembers: how much goes to whom, what was asked of the gateway and what it showed.
#![expect(missing_docs, reason = "pure data: most names say it all")]

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::{AccountId, PayoutId};
use crate::money::Money;
use crate::payment::anomaly::AnomalyEntry;
use crate::payment::provider::{KEYS, RESEND_HOURS_MAX};
use crate::payout::events::PayoutPurpose;
use crate::people::PrivateRef;
use crate::reactions::Reactions;

/// How much goes to whom, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayoutTerms {
    pub payout_id: PayoutId,
    pub owner_id: AccountId,
    pub purpose: PayoutPurpose,
    pub amount: Money,
    pub requested_at: Timestamp,
}

/// A payout's terms and how far it has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    pub terms: PayoutTerms,
    pub destination: PrivateRef,
    /// The gateway's own id of the payout, once known.
    pub provider_id: Option<String>,
    pub unknown: bool,
    /// Every request made of the gateway, oldest first.
    pub calls: Vec<CallMade>,
    pub code: Option<String>,
    /// What the gateway showed and the rules could not believe.
    pub anomalies: Vec<AnomalyEntry>,
    pub reactions: Reactions,
}

/// One attempt at asking the gateway, as recorded before it was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallMade {
    pub attempt: u16,
    pub key: Uuid,
    pub body_digest: String,
    pub intended_at: Timestamp,
    /// Whether the gateway definitely refused it.
    pub refused: bool,
}

impl CallMade {
    /// Whether the same request may still be sent again under its key.
    pub fn may_be_sent(&self, at: Timestamp) -> bool {
        !self.refused && at.duration_since(self.intended_at) < SignedDuration::from_hours(RESEND_HOURS_MAX)
    }
}

/// The idempotency key of the `attempt`th try at a payout. Fixed for ever: a restart must find the same key.
pub fn key(payout_id: PayoutId, attempt: u16) -> Uuid {
    Uuid::new_v5(&KEYS, format!("{payout_id}/payout/{attempt}").as_bytes())
}

impl Order {
    pub(crate) fn new(terms: PayoutTerms, destination: PrivateRef) -> Self {
        Self {
            terms,
            destination,
            provider_id: None,
            unknown: false,
            calls: Vec::new(),
            code: None,
            anomalies: Vec::new(),
            reactions: Reactions::default(),
        }
    }

    /// The latest request that was not refused.
    pub fn open_call(&self) -> Option<&CallMade> {
        self.calls.last().filter(|made| !made.refused)
    }
}
