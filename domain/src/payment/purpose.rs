//! What a payment is for: a visit, or the payer's own wallet.

use serde::{Deserialize, Serialize};

use crate::ids::{BookingId, PaymentId, TransferId};
use crate::money::Money;
use crate::payment::events::PaymentMethod;
use crate::payment::provider::Provider;

/// What a payment is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A visit: the booking says what of the money is due.
    Booking(BookingId),
    /// The wallet of whoever pays: the money stays the payer's own.
    Deposit,
}

impl Purpose {
    /// The stable word, without the booking.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Booking(_) => "booking",
            Self::Deposit => "deposit",
        }
    }

    /// The booking it pays for, if it pays for one.
    pub const fn booking(self) -> Option<BookingId> {
        match self {
            Self::Booking(booking_id) => Some(booking_id),
            Self::Deposit => None,
        }
    }
}

/// The transfer into the wallet that a deposit's payment brings about: it has the payment's number.
pub const fn transfer_of(payment_id: PaymentId) -> TransferId {
    TransferId::from_uuid(payment_id.uuid())
}

/// The payment that brings this deposit; see [`transfer_of`].
pub const fn payment_of(transfer_id: TransferId) -> PaymentId {
    PaymentId::from_uuid(transfer_id.uuid())
}

/// The least and the most that one deposit may be. Sources: YooKassa takes 1 to 700 000 roubles by the faster payments
/// system, T-Bank no less than 10; everything else is bounded by what the contract accepts as an amount.
pub const fn deposit_limits(method: PaymentMethod, provider: Provider) -> (Money, Money) {
    let least = match (method, provider) {
        (PaymentMethod::Sbp, Provider::Tbank) => 1_000,
        (PaymentMethod::Sbp, Provider::Yookassa) | (PaymentMethod::Yookassa | PaymentMethod::Wallet, _) => {
            100
        }
    };
    let most = match method {
        PaymentMethod::Sbp => 70_000_000,
        PaymentMethod::Yookassa | PaymentMethod::Wallet => 1_000_000_000,
    };
    (Money::kopecks(least), Money::kopecks(most))
}
