//! The life of a payment, as a picture shows it: its states without what they remember, and every way from one to another.

use crate::lifecycle::{Transition, begins, by};
use crate::payment::Payment;
use crate::payment::status::PaymentStatus;

/// A state of [`Payment`], once there is one.
#[expect(missing_docs, reason = "pure data: `Payment` says what they are")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PaymentState {
    Pending,
    Authorised,
    Captured,
    PartiallyRefunded,
    Refunded,
    Failed,
    Cancelled,
}

use PaymentState::{Authorised, Cancelled, Captured, Failed, PartiallyRefunded, Pending, Refunded};

impl PaymentState {
    /// Every state, the way of the money first.
    pub const ALL: [Self; 7] = [
        Pending,
        Authorised,
        Captured,
        PartiallyRefunded,
        Refunded,
        Failed,
        Cancelled,
    ];

    /// Where the payment stands; nothing before it was started.
    pub const fn of(payment: &Payment) -> Option<Self> {
        Some(match payment {
            Payment::Absent => return None,
            Payment::Pending(_) => Pending,
            Payment::Authorised(_) => Authorised,
            Payment::Captured(_) => Captured,
            Payment::PartiallyRefunded(_) => PartiallyRefunded,
            Payment::Refunded(_) => Refunded,
            Payment::Failed(_) => Failed,
            Payment::Cancelled(_) => Cancelled,
        })
    }

    /// The same in the words of the contract.
    pub const fn status(self) -> PaymentStatus {
        match self {
            Pending => PaymentStatus::Pending,
            Authorised => PaymentStatus::Authorised,
            Captured => PaymentStatus::Completed,
            PartiallyRefunded => PaymentStatus::PartiallyRefunded,
            Refunded => PaymentStatus::Refunded,
            Failed => PaymentStatus::Failed,
            Cancelled => PaymentStatus::Cancelled,
        }
    }
}

/// Every way from one state to another.
pub const TRANSITIONS: [Transition<PaymentState>; 16] = [
    begins("PaymentStarted", Pending),
    begins("PaymentDepositStarted", Pending),
    by(Pending, "PaymentAuthorised", Authorised),
    by(Authorised, "PaymentCaptured", Captured),
    by(Captured, "PaymentRefunded", PartiallyRefunded),
    by(PartiallyRefunded, "PaymentRefunded", Refunded),
    by(Pending, "PaymentCaptured", Captured),
    by(Captured, "PaymentRefunded", Refunded),
    by(Pending, "PaymentFailed", Failed),
    by(Pending, "PaymentCancelled", Cancelled),
    by(Authorised, "PaymentCancelled", Cancelled),
    by(Pending, "PaymentGivenUp", Cancelled),
    by(Failed, "PaymentAuthorised", Authorised),
    by(Cancelled, "PaymentAuthorised", Authorised),
    by(Failed, "PaymentCaptured", Captured),
    by(Cancelled, "PaymentCaptured", Captured),
];
