//! Every business "no" a payment can give, each with a stable code.

use crate::money::Money;

/// Why a payment refuses a command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PaymentRefusal {
    /// There is no such payment.
    #[error("there is no such payment")]
    NoSuchPayment,
    /// The payment's state does not allow this now.
    #[error("a payment that is {status} cannot do this")]
    NotNow {
        /// The payment's status, in the words of the contract.
        status: &'static str,
    },
    /// The method has no adapter yet.
    #[error("this payment method is not available")]
    MethodUnavailable,
    /// More than what is left of the captured money.
    #[error("this is more than what is left of the captured money")]
    ExceedsCaptured,
    /// The same was asked for a moment ago.
    #[error("a refund of the same amount was asked for a moment ago")]
    RefundUnderWay,
    /// A deposit is less or more than its way of paying carries.
    #[error("by this method one deposit is from {least} to {most}")]
    DepositLimit {
        /// The least it may be.
        least: Money,
        /// The most it may be.
        most: Money,
    },
    /// Sums do not fit, or an amount is not positive.
    #[error("the amounts cannot be computed")]
    AmountOutOfRange,
}

impl PaymentRefusal {
    /// The stable code of the contract.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoSuchPayment => "not_found",
            Self::NotNow { .. } => "not_now",
            Self::MethodUnavailable => "payment_method_unavailable",
            Self::ExceedsCaptured => "exceeds_captured",
            Self::RefundUnderWay => "refund_under_way",
            Self::DepositLimit { .. } => "deposit_limit",
            Self::AmountOutOfRange => "amount_out_of_range",
        }
    }
}
