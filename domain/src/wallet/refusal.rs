//! Every business "no" a wallet can give, each with a stable code.
#![expect(missing_docs, reason = "each message says it")]

use crate::money::Money;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WalletRefusal {
    #[error("only {available} is available")]
    InsufficientFunds {
        /// What is available: the balance less the holds.
        available: Money,
    },
    #[error("this statement period is closed")]
    PeriodClosed,
    #[error("the wallet holds nothing for this payment")]
    NoSuchHold,
    #[error("the amounts cannot be computed")]
    AmountOutOfRange,
}

impl WalletRefusal {
    pub const fn code(&self) -> &'static str {
        match self {
            Self::InsufficientFunds { .. } => "insufficient_funds",
            Self::PeriodClosed => "period_closed",
            Self::NoSuchHold => "no_such_hold",
            Self::AmountOutOfRange => "amount_out_of_range",
        }
    }
}
