//! Where a payout stands, in the words of the contract.
#![expect(missing_docs, reason = "pure data: most names say it all")]

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayoutStatus {
    /// There is no such payout; never shown.
    Absent,
    Pending,
    Paid,
    Cancelled,
}

impl PayoutStatus {
    /// Every status that is shown, in the order of the contract.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Paid, Self::Cancelled];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Pending => "pending",
            Self::Paid => "paid",
            Self::Cancelled => "cancelled",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }
}
