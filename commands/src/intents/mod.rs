//! Intents: what processes want done, recorded in the log's database and carried out exactly once in effect.

mod carry_out;
mod give_up;
mod refuse;
mod retry;
mod worker;

use domain::ids::{BookingId, PaymentId};
use domain::money::Money;
use serde::{Deserialize, Serialize};

pub use give_up::{GiveUpIntent, give_up};
pub use retry::retry;
pub use worker::{IntentStep, IntentWorker, IntentWorkerOptions};

use crate::refusal::CommandFault;

/// What a process wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "wish", rename_all = "snake_case")]
pub enum Intent {
    /// The booking's deadline has come: let it expire, unless it was paid.
    ExpireBooking {
        /// The booking.
        booking_id: BookingId,
    },
    /// Money is authorised or captured: let it secure the booking.
    SecureBooking {
        /// The booking.
        booking_id: BookingId,
        /// The money.
        payment_id: PaymentId,
    },
    /// The booking refused the money: send all of it back.
    ReturnMoney {
        /// The booking.
        booking_id: BookingId,
        /// The money.
        payment_id: PaymentId,
    },
    /// The visit is over, called off or missed: capture what is due, free the rest.
    SettleBooking {
        /// The booking.
        booking_id: BookingId,
        /// What is due.
        due: Money,
    },
}

/// An intent as it is stored: with the fact that led to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredIntent {
    /// What is wanted.
    #[serde(flatten)]
    pub intent: Intent,
    /// The stream of the fact that led here; a refusal is recorded on it.
    pub cause: Cause,
    /// Shared by everything that follows from one wish.
    pub correlation_id: String,
    /// The trace of the fact.
    pub trace_id: String,
}

/// The aggregate whose fact led to an intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// A booking.
    Booking(BookingId),
    /// A payment of a booking.
    Payment {
        /// The payment.
        payment_id: PaymentId,
        /// Its booking.
        booking_id: BookingId,
    },
}

/// The queue did not answer; nothing is lost, since the same intents are claimed again.
pub(crate) fn queue_fault(fault: impl std::error::Error) -> CommandFault {
    tracing::warn!(error = %fault, "The queue of intents does not answer");
    CommandFault::Unavailable
}
