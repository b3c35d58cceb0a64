//! Every business "no" a booking can give, each with a stable code.

use crate::money::Money;

/// Why a booking refuses a command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BookingRefusal {
    /// There is no such booking.
    #[error("there is no such booking")]
    NoSuchBooking,
    /// The booking's state does not allow this now.
    #[error("a booking that is {status} cannot do this")]
    NotNow {
        /// The booking's status, in the words of the contract.
        status: &'static str,
    },
    /// The visit, or what is said of it, would be in the past.
    #[error("this time has passed")]
    InThePast,
    /// The amount differs from the price list in force, or another list was meant.
    #[error("the price is now {price} (price list {version})")]
    PriceChanged {
        /// The right price.
        price: Money,
        /// The version of the list it stands in.
        version: u32,
    },
    /// The expected fee differs from the true one.
    #[error("the cancellation fee is now {fee}")]
    FeeChanged {
        /// The right fee.
        fee: Money,
    },
    /// It is too late for this.
    #[error("it is too late for this")]
    TooLate,
    /// It is too early for this.
    #[error("it is too early for this")]
    TooEarly,
    /// Another payment for this booking is under way or done.
    #[error("another payment for this booking is under way or done")]
    PaymentUnderWay,
    /// An urgent call comes without doctor and time; every other call needs both.
    #[error("an urgent call has no chosen doctor and time, every other call has both")]
    WrongAppointment,
    /// Sums do not fit.
    #[error("the amounts cannot be computed")]
    AmountOutOfRange,
}

impl BookingRefusal {
    /// The stable code of the contract.
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
            Self::AmountOutOfRange => "amount_out_of_range",
        }
    }
}
