//! What can be asked of a payment. `Record…` wishes tell what a provider, or the wallet, answered.

use jiff::Timestamp;

use crate::booking::events::GiveUpReason;
use crate::ids::{BookingId, IntentId, PatientId, PaymentId};
use crate::money::Money;
use crate::payment::PaymentCommand;
use crate::payment::events::{PaymentMethod, RefundReason};
use crate::people::Actor;

/// A patient chooses to pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// The new payment.
    pub payment_id: PaymentId,
    /// What it pays for.
    pub booking_id: BookingId,
    /// Who pays.
    pub patient_id: PatientId,
    /// How.
    pub method: PaymentMethod,
    /// How much.
    pub amount: Money,
    /// Now.
    pub at: Timestamp,
}

/// The provider knows the payment and waits for the patient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordPending {
    /// The provider's own id of the payment.
    pub provider_id: String,
    /// Now.
    pub at: Timestamp,
}

/// A request got no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordUnknown {
    /// Now.
    pub at: Timestamp,
}

/// The money is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordAuthorised {
    /// How much.
    pub amount: Money,
    /// When the hold ends by itself; never, for a wallet.
    pub expires_at: Option<Timestamp>,
    /// Now.
    pub at: Timestamp,
}

/// The money is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordCaptured {
    /// How much.
    pub amount: Money,
    /// Now.
    pub at: Timestamp,
}

/// The payment was declined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordFailed {
    /// The stable code of the refusal.
    pub code: String,
    /// Now.
    pub at: Timestamp,
}

/// The payment, or its hold, was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordCancelled {
    /// Now.
    pub at: Timestamp,
}

/// The booking says what is due in the end; the rest is free or goes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settle {
    /// The price, a fee, or nothing.
    pub due: Money,
    /// Why the rest goes back.
    pub reason: RefundReason,
    /// Who settles.
    pub by: Actor,
    /// Now.
    pub at: Timestamp,
}

/// An admin gives taken money back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// How much.
    pub amount: Money,
    /// Why.
    pub reason: RefundReason,
    /// Who decides.
    pub by: Actor,
    /// Now.
    pub at: Timestamp,
}

/// A process asked for something that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordReactionRefused {
    /// The intent.
    pub intent_id: IntentId,
    /// The refusal's stable code.
    pub code: String,
    /// Now.
    pub at: Timestamp,
}

/// An operator gives an intent up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordReactionGivenUp {
    /// The intent.
    pub intent_id: IntentId,
    /// Why.
    pub reason: GiveUpReason,
    /// Who gives it up.
    pub by: Actor,
    /// Now.
    pub at: Timestamp,
}

impl From<Start> for PaymentCommand {
    fn from(wish: Start) -> Self {
        Self::Start(wish)
    }
}

impl From<RecordPending> for PaymentCommand {
    fn from(wish: RecordPending) -> Self {
        Self::RecordPending(wish)
    }
}

impl From<RecordUnknown> for PaymentCommand {
    fn from(wish: RecordUnknown) -> Self {
        Self::RecordUnknown(wish)
    }
}

impl From<RecordAuthorised> for PaymentCommand {
    fn from(wish: RecordAuthorised) -> Self {
        Self::RecordAuthorised(wish)
    }
}

impl From<RecordCaptured> for PaymentCommand {
    fn from(wish: RecordCaptured) -> Self {
        Self::RecordCaptured(wish)
    }
}

impl From<RecordFailed> for PaymentCommand {
    fn from(wish: RecordFailed) -> Self {
        Self::RecordFailed(wish)
    }
}

impl From<RecordCancelled> for PaymentCommand {
    fn from(wish: RecordCancelled) -> Self {
        Self::RecordCancelled(wish)
    }
}

impl From<Settle> for PaymentCommand {
    fn from(wish: Settle) -> Self {
        Self::Settle(wish)
    }
}

impl From<Refund> for PaymentCommand {
    fn from(wish: Refund) -> Self {
        Self::Refund(wish)
    }
}

impl From<RecordReactionRefused> for PaymentCommand {
    fn from(wish: RecordReactionRefused) -> Self {
        Self::RecordReactionRefused(wish)
    }
}

impl From<RecordReactionGivenUp> for PaymentCommand {
    fn from(wish: RecordReactionGivenUp) -> Self {
        Self::RecordReactionGivenUp(wish)
    }
}
