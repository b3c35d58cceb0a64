//! Every business "no" a payment can give, each with a stable code.
#![expect(missing_docs, reason = "each message says it")]

use crate::money::Money;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PaymentRefusal {
    #[error("there is no such payment")]
    NoSuchPayment,
    #[error("a payment that is {status} cannot do this")]
    NotNow {
        /// The payment's status, in the words of the contract.
        status: &'static str,
    },
    #[error("this payment method is not available")]
    MethodUnavailable,
    #[error("this is more than what is left of the captured money")]
    ExceedsCaptured,
    #[error("a refund of the same amount was asked for a moment ago")]
    RefundUnderWay,
    #[error("by this method one deposit is from {least} to {most}")]
    DepositLimit { least: Money, most: Money },
    #[error("the amounts cannot be computed")]
    AmountOutOfRange,
}

impl PaymentRefusal {
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
