//! When a card hold is not enough: holds die before far visits, and they are never renewed in silence.

use jiff::{SignedDuration, Timestamp};

use crate::payment::Payment;
use crate::payment::events::PaymentMethod;

/// A card hold is counted on for this many days after booking.
pub const HOLD_DAYS: i64 = 6;

/// Whether the price is charged at booking instead of held: always where nothing can be held, and by card when the
/// visit ends more than [`HOLD_DAYS`] ahead.
pub fn charged_at_booking(method: PaymentMethod, visit_ends_at: Option<Timestamp>, at: Timestamp) -> bool {
    match method {
        PaymentMethod::Sbp => true,
        PaymentMethod::Wallet => false,
        PaymentMethod::Yookassa => visit_ends_at
            .is_some_and(|ends_at| ends_at.duration_since(at) > SignedDuration::from_hours(24 * HOLD_DAYS)),
    }
}

/// Whether moving the visit to end at `visit_ends_at` needs the money now, for the hold would end before.
pub fn captured_before_move(payment: &Payment, visit_ends_at: Timestamp) -> bool {
    match payment {
        Payment::Authorised(attempt) => attempt
            .hold_expires_at
            .is_some_and(|expires_at| expires_at < visit_ends_at),
        Payment::Absent
        | Payment::Pending(_)
        | Payment::Captured(_)
        | Payment::PartiallyRefunded(_)
        | Payment::Refunded(_)
        | Payment::Failed(_)
        | Payment::Cancelled(_) => false,
    }
}
