//! Every fact there is, decoded from what the log stores.

use crate::booking::events::BookingEvent;
use crate::payment::events::PaymentEvent;
use crate::schedule::events::DoctorDayEvent;
use crate::wallet::events::WalletEvent;

/// A fact of any aggregate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnyEvent {
    /// Of a booking.
    Booking(BookingEvent),
    /// Of a doctor's day.
    DoctorDay(DoctorDayEvent),
    /// Of a payment.
    Payment(PaymentEvent),
    /// Of a wallet.
    Wallet(WalletEvent),
}
