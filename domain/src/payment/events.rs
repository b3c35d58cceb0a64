//! The facts of one attempt to pay for a booking.

use cqrs_es::DomainEvent;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::booking::events::GiveUpReason;
use crate::ids::{BookingId, IntentId, PatientId, PaymentId};
use crate::money::Money;
use crate::people::Actor;

/// How a patient pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentMethod {
    /// A card through YooKassa: held at booking, captured on settlement.
    Yookassa,
    /// The faster payments system: charged at once, refunded.
    Sbp,
    /// The patient's wallet: held at booking, posted on settlement.
    Wallet,
}

impl PaymentMethod {
    /// Every method, in the order of the contract.
    pub const ALL: [Self; 3] = [Self::Yookassa, Self::Sbp, Self::Wallet];

    /// The word of the contract.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Yookassa => "yookassa",
            Self::Sbp => "sbp",
            Self::Wallet => "wallet",
        }
    }

    /// The method named by `word`.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == word)
    }
}

/// Why money went back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundReason {
    /// The booking was cancelled, or the patient was not there: all but the fee.
    Settlement,
    /// The money came for a booking that no longer wanted it.
    LatePayment,
    /// An admin's goodwill.
    Goodwill,
    /// An admin settles a complaint.
    Complaint,
    /// An admin corrects a mistake.
    Mistake,
}

impl RefundReason {
    /// The reasons an admin may give.
    pub const BY_ADMIN: [Self; 3] = [Self::Goodwill, Self::Complaint, Self::Mistake];

    /// The word of the contract.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Settlement => "settlement",
            Self::LatePayment => "late_payment",
            Self::Goodwill => "goodwill",
            Self::Complaint => "complaint",
            Self::Mistake => "mistake",
        }
    }

    /// The admin's reason named by `word`.
    pub fn parse_admin(word: &str) -> Option<Self> {
        Self::BY_ADMIN.into_iter().find(|reason| reason.as_str() == word)
    }
}

/// What happened to a payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PaymentEvent {
    /// The patient chose to pay; nothing has been asked of anyone yet.
    #[serde(rename = "PaymentStarted")]
    Started {
        /// The payment.
        payment_id: PaymentId,
        /// What it pays for.
        booking_id: BookingId,
        /// Who pays.
        patient_id: PatientId,
        /// How.
        method: PaymentMethod,
        /// How much.
        amount: Money,
        /// When.
        at: Timestamp,
    },
    /// The provider knows the payment and waits for the patient.
    #[serde(rename = "PaymentPending")]
    Pending {
        /// The provider's own id of the payment.
        provider_id: String,
        /// When.
        at: Timestamp,
    },
    /// What became of the last request is not known; it is resolved by asking.
    #[serde(rename = "PaymentOutcomeUnknown")]
    OutcomeUnknown {
        /// When.
        at: Timestamp,
    },
    /// The money is held.
    #[serde(rename = "PaymentAuthorised")]
    Authorised {
        /// How much.
        amount: Money,
        /// When the hold ends by itself; never, for a wallet.
        expires_at: Option<Timestamp>,
        /// When.
        at: Timestamp,
    },
    /// The money is taken; what was held beyond it is free again.
    #[serde(rename = "PaymentCaptured")]
    Captured {
        /// How much.
        amount: Money,
        /// What was held and is given up with this capture.
        released: Money,
        /// When.
        at: Timestamp,
    },
    /// The hold was given up, or the payment ended before any money moved.
    #[serde(rename = "PaymentCancelled")]
    Cancelled {
        /// What was held and is free again; nothing if it never was.
        released: Money,
        /// When.
        at: Timestamp,
    },
    /// The payment was declined.
    #[serde(rename = "PaymentFailed")]
    Failed {
        /// The stable code of the refusal.
        code: String,
        /// When.
        at: Timestamp,
    },
    /// Taken money went back, in part or in full.
    #[serde(rename = "PaymentRefunded")]
    Refunded {
        /// The number of the refund within the payment, from 1.
        number: u32,
        /// How much.
        amount: Money,
        /// Why.
        reason: RefundReason,
        /// Who decided.
        by: Actor,
        /// When.
        at: Timestamp,
    },
    /// A process asked for something that was refused.
    #[serde(rename = "PaymentReactionRefused")]
    ReactionRefused {
        /// The intent.
        intent_id: IntentId,
        /// The refusal's stable code.
        code: String,
        /// When.
        at: Timestamp,
    },
    /// An operator gave an intent up.
    #[serde(rename = "PaymentReactionGivenUp")]
    ReactionGivenUp {
        /// The intent.
        intent_id: IntentId,
        /// Why.
        reason: GiveUpReason,
        /// Who gave it up.
        by: Actor,
        /// When.
        at: Timestamp,
    },
}

impl PaymentEvent {
    /// The stable name of the fact's type, as stored.
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Started { .. } => "PaymentStarted",
            Self::Pending { .. } => "PaymentPending",
            Self::OutcomeUnknown { .. } => "PaymentOutcomeUnknown",
            Self::Authorised { .. } => "PaymentAuthorised",
            Self::Captured { .. } => "PaymentCaptured",
            Self::Cancelled { .. } => "PaymentCancelled",
            Self::Failed { .. } => "PaymentFailed",
            Self::Refunded { .. } => "PaymentRefunded",
            Self::ReactionRefused { .. } => "PaymentReactionRefused",
            Self::ReactionGivenUp { .. } => "PaymentReactionGivenUp",
        }
    }
}

impl DomainEvent for PaymentEvent {
    fn event_type(&self) -> String {
        self.type_name().to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}
