//! Every business "no" a wallet can give, each with a stable code.

use crate::money::Money;

/// Why a wallet refuses a command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WalletRefusal {
    /// Less is available than asked for.
    #[error("only {available} is available")]
    InsufficientFunds {
        /// What is available: the balance less the holds.
        available: Money,
    },
    /// The statement period is closed.
    #[error("this statement period is closed")]
    PeriodClosed,
    /// The wallet holds nothing for this payment.
    #[error("the wallet holds nothing for this payment")]
    NoSuchHold,
    /// Sums do not fit, or an amount is not positive.
    #[error("the amounts cannot be computed")]
    AmountOutOfRange,
}

impl WalletRefusal {
    /// The stable code of the contract.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::InsufficientFunds { .. } => "insufficient_funds",
            Self::PeriodClosed => "period_closed",
            Self::NoSuchHold => "no_such_hold",
            Self::AmountOutOfRange => "amount_out_of_range",
        }
    }
}
