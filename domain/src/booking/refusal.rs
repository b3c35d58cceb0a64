//! Every business "no" a booking can give, each with a stable code.
#![expect(missing_docs, reason = "each message says it")]

use crate::money::Money;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BookingRefusal {
    #[error("there is no such booking")]
    NoSuchBooking,
    #[error("a booking that is {status} cannot do this")]
    NotNow {
        /// The booking's status, in the words of the contract.
        status: &'static str,
    },
    #[error("this time has passed")]
    InThePast,
    /// The amount differs from the price list in force, or another list was meant.
    #[error("the price is now {price} (price list {version})")]
    PriceChanged {
        price: Money,
        /// The version of the list it stands in.
        version: u32,
    },
    #[error("the cancellation fee is now {fee}")]
    FeeChanged { fee: Money },
    #[error("it is too late for this")]
    TooLate,
    #[error("it is too early for this")]
    TooEarly,
    #[error("another payment for this booking is under way or done")]
    PaymentUnderWay,
    #[error("an urgent call has no chosen doctor and time, every other call has both")]
    WrongAppointment,
    #[error("a room is named for a consultation alone")]
    NotAConsultation,
    #[error("the amounts cannot be computed")]
    AmountOutOfRange,
}

impl BookingRefusal {
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoSuchBooking => "not_found",
            Self::NotNow { .. } => "not_now",
            Self::InThePast => "in_the_past",
            Self::PriceChanged { .. } => "price_changed",
            Self::FeeChanged { .. } => "fee_changed",
            Self::TooLate => "too_late",
            Self::TooEarly => "too_early",
            Self::PaymentUnderWay => "payment_under_way",
            Self::WrongAppointment => "wrong_appointment",
            Self::NotAConsultation => "not_a_consultation",
            Self::AmountOutOfRange => "amount_out_of_range",
        }
    }
}
