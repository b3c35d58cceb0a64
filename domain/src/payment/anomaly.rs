//! What a provider showed that cannot be true by our rules: recorded, believed in nothing, and a task for an operator.
#![expect(missing_docs, reason = "pure data: most names say it all")]

use serde::{Deserialize, Serialize};

use crate::money::Money;
use crate::payment::provider::Call;

/// What is wrong with what was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnomalyKind {
    /// The sum is not the one that was asked for.
    AmountMismatch,
    /// A final state is contradicted by another.
    FinalContradicted,
    /// The provider has a second payment for this one.
    SecondPayment,
    /// More went back at the provider than was asked for here.
    ForeignRefund,
    /// The hold ended though nobody asked for that.
    HoldLost,
    RefundStuck,
    ReceiptStuck,
    /// A request was refused in a way that no repeating mends.
    CallStuck,
    /// What was done at the provider cannot be told by asking it.
    OutcomeStuck,
    /// The cash register printed a receipt that nobody here waits for, or one twice.
    ReceiptUnexpected,
}

impl AnomalyKind {
    pub const ALL: [Self; 10] = [
        Self::AmountMismatch,
        Self::FinalContradicted,
        Self::SecondPayment,
        Self::ForeignRefund,
        Self::HoldLost,
        Self::RefundStuck,
        Self::ReceiptStuck,
        Self::CallStuck,
        Self::OutcomeStuck,
        Self::ReceiptUnexpected,
    ];

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AmountMismatch => "amount_mismatch",
            Self::FinalContradicted => "final_contradicted",
            Self::SecondPayment => "second_payment",
            Self::ForeignRefund => "foreign_refund",
            Self::HoldLost => "hold_lost",
            Self::RefundStuck => "refund_stuck",
            Self::ReceiptStuck => "receipt_stuck",
            Self::CallStuck => "call_stuck",
            Self::OutcomeStuck => "outcome_stuck",
            Self::ReceiptUnexpected => "receipt_unexpected",
        }
    }
}

/// How the platform came to see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The answer to a request of ours.
    Reply,
    /// Read again after a notice.
    Notice,
    Poll,
    /// Found in the provider's lists.
    List,
    Reconciliation,
}

impl Source {
    pub const ALL: [Self; 5] = [
        Self::Reply,
        Self::Notice,
        Self::Poll,
        Self::List,
        Self::Reconciliation,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reply => "reply",
            Self::Notice => "notice",
            Self::Poll => "poll",
            Self::List => "list",
            Self::Reconciliation => "reconciliation",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.as_str() == word)
    }
}

/// What was seen, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anomaly {
    pub kind: AnomalyKind,
    /// The provider's id of what it was seen on.
    pub provider_id: Option<String>,
    /// The sum that was seen, where it is about one.
    pub seen: Option<Money>,
    /// The request it is about, if it is about one.
    pub call: Option<Call>,
}

impl Anomaly {
    /// A request that neither asking nor repeating leads on from, whether it was `refused` or never answered.
    pub(crate) const fn stuck(refused: bool, provider_id: Option<String>, call: Option<Call>) -> Self {
        let kind = if refused {
            AnomalyKind::CallStuck
        } else {
            AnomalyKind::OutcomeStuck
        };
        Self {
            kind,
            provider_id,
            seen: None,
            call,
        }
    }

    /// The number it is recorded under after these, unless the very same is among them, settled or not.
    pub(crate) fn next_number(&self, known: &[AnomalyEntry]) -> Option<u32> {
        if known.iter().any(|entry| entry.anomaly == *self) {
            return None;
        }
        u32::try_from(known.len()).ok()?.checked_add(1)
    }
}

/// An anomaly, and whether an operator has settled it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnomalyEntry {
    /// Its number within the payment, from 1.
    pub number: u32,
    pub anomaly: Anomaly,
    pub resolution: Option<Resolution>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    /// Money was moved by hand, in the provider's cabinet.
    SettledByHand,
    ProviderCorrected,
    /// It is as it should be.
    Accepted,
    WrittenOff,
}

impl Resolution {
    pub const ALL: [Self; 4] = [
        Self::SettledByHand,
        Self::ProviderCorrected,
        Self::Accepted,
        Self::WrittenOff,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SettledByHand => "settled_by_hand",
            Self::ProviderCorrected => "provider_corrected",
            Self::Accepted => "accepted",
            Self::WrittenOff => "written_off",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|resolution| resolution.as_str() == word)
    }
}
