//! Every business "no" a payout can give, each with a stable code.
#![expect(missing_docs, reason = "each message says it")]

use jiff::Timestamp;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayoutRefusal {
    #[error("there is no such payout")]
    NoSuchPayout,
    #[error("a payout that is {status} cannot do this")]
    NotNow {
        /// The payout's status, in the words of the contract.
        status: &'static str,
    },
    /// No payout gateway is set up.
    #[error("payouts are not available here")]
    Unavailable,
    /// Nobody said which bank account the money goes to, or the one that was named cannot be paid into.
    #[error("there is no bank account this money could go to")]
    NoDestination,
    /// The bank account was named not long ago: its owner has time to notice it.
    #[error("money goes to a bank account from 24 hours after it was first named on: from {until} on")]
    DestinationResting { until: Timestamp },
    #[error("the faster payments system has no such bank")]
    UnknownBank,
    #[error("that week is still ahead")]
    TooEarly,
    /// Less than the least or more than the most that one payout moves.
    #[error("one payout moves 1.00 to 500000.00 RUB")]
    AmountOutOfRange,
}

impl PayoutRefusal {
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoSuchPayout => "not_found",
            Self::NotNow { .. } => "not_now",
            Self::Unavailable => "payout_unavailable",
            Self::NoDestination => "no_payout_destination",
            Self::DestinationResting { .. } => "destination_resting",
            Self::UnknownBank => "unknown_bank",
            Self::TooEarly => "too_early",
            Self::AmountOutOfRange => "amount_out_of_range",
        }
    }
}
