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
    /// What a doctor's visits earned.
    DoctorEarnings,
    /// What a patient had in the wallet.
    WalletWithdrawal,
}

impl PayoutPurpose {
    /// Every purpose, in the order of the contract.
    pub const ALL: [Self; 2] = [Self::DoctorEarnings, Self::WalletWithdrawal];

    /// The word of the contract.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DoctorEarnings => "doctor_earnings",
            Self::WalletWithdrawal => "wallet_withdrawal",
        }
    }

    /// The purpose named by `word`.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == word)
    }
}

/// What happened to a payout.
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
        /// Which attempt it is, from 1.
        attempt: u16,
        /// The key it is sent under.
        key: Uuid,
        /// A digest of what is sent.
        body_digest: String,
        at: Timestamp,
    },
    /// The gateway definitely refused a request; nothing came of it.
    #[serde(rename = "PayoutCallRefused")]
    CallRefused {
        /// Which attempt it was.
        attempt: u16,
        code: String,
        at: Timestamp,
    },
    /// What became of the last request is not known; it is resolved by asking.
    #[serde(rename = "PayoutOutcomeUnknown")]
    OutcomeUnknown { at: Timestamp },
    /// The gateway has the payout.
    #[serde(rename = "PayoutPending")]
    Pending {
        /// The gateway's own id of it.
        provider_id: String,
        at: Timestamp,
    },
    /// The money has arrived.
    #[serde(rename = "PayoutPaid")]
    Paid {
        /// Whose money it was.
        owner_id: AccountId,
        /// Why it was paid out.
        purpose: PayoutPurpose,
        amount: Money,
        at: Timestamp,
    },
    /// It came to nothing; the money is back in the wallet.
    #[serde(rename = "PayoutCancelled")]
    Cancelled {
        /// Whose money it is.
        owner_id: AccountId,
        /// Why it was to be paid out.
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
        /// How the platform came to see it.
        source: Source,
        at: Timestamp,
    },
    /// An operator settled an anomaly.
    #[serde(rename = "PayoutAnomalyResolved")]
    AnomalyResolved {
        /// The number of the anomaly.
        number: u32,
        resolution: Resolution,
        by: Actor,
        at: Timestamp,
    },
    /// A process asked for something that was refused.
    #[serde(rename = "PayoutReactionRefused")]
    ReactionRefused {
        intent_id: IntentId,
        /// The refusal's stable code.
        code: String,
        at: Timestamp,
    },
    /// An operator gave an intent up.
    #[serde(rename = "PayoutReactionGivenUp")]
    ReactionGivenUp {
        intent_id: IntentId,
        reason: GiveUpReason,
        /// Who gave it up.
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
    /// The stable name of the fact's type, as stored.
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
