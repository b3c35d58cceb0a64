//! Where a payment stands, in the words of the contract.
#![expect(missing_docs, reason = "pure data: most names say it all")]

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// There is no such payment; never shown.
    Absent,
    Pending,
    Authorised,
    Completed,
    Failed,
    Cancelled,
    PartiallyRefunded,
    Refunded,
}

impl PaymentStatus {
    /// Every status that is shown, in the order of the contract.
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::Authorised,
        Self::Completed,
        Self::Failed,
        Self::Cancelled,
        Self::PartiallyRefunded,
        Self::Refunded,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Pending => "pending",
            Self::Authorised => "authorised",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::PartiallyRefunded => "partially_refunded",
            Self::Refunded => "refunded",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }
}
