//! The facts of a payout. Who is paid and where stands in the vault; facts hold ids, sums and codes.
//! `at` is the moment of the decision, by database time.
#![expect(missing_docs, reason = "pure data: most names say it all")]

use cqrs_es::DomainEvent;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::{AccountId, IntentId, PayoutId};
use crate::money::Money;
use crate::payment::anomaly::{Anomaly, Resolution, Source};
use crate::people::{Actor, PrivateRef};
use crate::reactions::GiveUpReason;

/// Why money is paid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayoutPurpose {
    DoctorEarnings,
    WalletWithdrawal,
}

impl PayoutPurpose {
    /// Every purpose, in the order of the contract.
    pub const ALL: [Self; 2] = [Self::DoctorEarnings, Self::WalletWithdrawal];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DoctorEarnings => "doctor_earnings",
            Self::WalletWithdrawal => "wallet_withdrawal",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == word)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PayoutEvent {
    /// Money left the wallet and is to be sent; nothing has been asked of anyone yet.
    #[serde(rename = "PayoutRequested")]
    Requested {
        payout_id: PayoutId,
        /// Whose money it is.
        owner_id: AccountId,
        purpose: PayoutPurpose,
        amount: Money,
        /// The bank account as it was named then, in the vault.
        destination: PrivateRef,
        by: Actor,
        at: Timestamp,
    },
    /// A request is about to be sent to the gateway; whatever becomes of it, it has this key.
    #[serde(rename = "PayoutCallIntended")]
    CallIntended {
        attempt: u16,
        key: Uuid,
        body_digest: String,
        at: Timestamp,
    },
    /// The gateway definitely refused a request; nothing came of it.
    #[serde(rename = "PayoutCallRefused")]
    CallRefused {
        attempt: u16,
        code: String,
        at: Timestamp,
    },
    /// What became of the last request is not known; it is resolved by asking.
    #[serde(rename = "PayoutOutcomeUnknown")]
    OutcomeUnknown { at: Timestamp },
    #[serde(rename = "PayoutPending")]
    Pending {
        /// The gateway's own id of it.
        provider_id: String,
        at: Timestamp,
    },
    #[serde(rename = "PayoutPaid")]
    Paid {
        /// Whose money it was.
        owner_id: AccountId,
        purpose: PayoutPurpose,
        amount: Money,
        at: Timestamp,
    },
    /// It came to nothing; the money is back in the wallet.
    #[serde(rename = "PayoutCancelled")]
    Cancelled {
        owner_id: AccountId,
        purpose: PayoutPurpose,
        amount: Money,
        /// Why it came to nothing, by the gateway's code or ours.
        code: String,
        at: Timestamp,
    },
    /// The gateway showed what cannot be true by our rules; nothing of it was believed, and an operator must look.
    #[serde(rename = "PayoutAnomalyRecorded")]
    AnomalyRecorded {
        /// The number of the anomaly within the payout, from 1.
        number: u32,
        anomaly: Anomaly,
        source: Source,
        at: Timestamp,
    },
    #[serde(rename = "PayoutAnomalyResolved")]
    AnomalyResolved {
        number: u32,
        resolution: Resolution,
        by: Actor,
        at: Timestamp,
    },
    #[serde(rename = "PayoutReactionRefused")]
    ReactionRefused {
        intent_id: IntentId,
        code: String,
        at: Timestamp,
    },
    #[serde(rename = "PayoutReactionGivenUp")]
    ReactionGivenUp {
        intent_id: IntentId,
        reason: GiveUpReason,
        by: Actor,
        at: Timestamp,
    },
}

/// Every type of event: its stable name and its highest version.
pub const TYPES: &[(&str, &str)] = &[
    ("PayoutRequested", "1"),
    ("PayoutCallIntended", "1"),
    ("PayoutCallRefused", "1"),
    ("PayoutOutcomeUnknown", "1"),
    ("PayoutPending", "1"),
    ("PayoutPaid", "1"),
    ("PayoutCancelled", "1"),
    ("PayoutAnomalyRecorded", "1"),
    ("PayoutAnomalyResolved", "1"),
    ("PayoutReactionRefused", "1"),
    ("PayoutReactionGivenUp", "1"),
];

impl PayoutEvent {
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Requested { .. } => "PayoutRequested",
            Self::CallIntended { .. } => "PayoutCallIntended",
            Self::CallRefused { .. } => "PayoutCallRefused",
            Self::OutcomeUnknown { .. } => "PayoutOutcomeUnknown",
            Self::Pending { .. } => "PayoutPending",
            Self::Paid { .. } => "PayoutPaid",
            Self::Cancelled { .. } => "PayoutCancelled",
            Self::AnomalyRecorded { .. } => "PayoutAnomalyRecorded",
            Self::AnomalyResolved { .. } => "PayoutAnomalyResolved",
            Self::ReactionRefused { .. } => "PayoutReactionRefused",
            Self::ReactionGivenUp { .. } => "PayoutReactionGivenUp",
        }
    }
}

impl DomainEvent for PayoutEvent {
    fn event_type(&self) -> String {
        self.type_name().to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}
