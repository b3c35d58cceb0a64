//! The facts of one attempt to pay, for a visit or into one's wallet.

use cqrs_es::DomainEvent;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::booking::events::GiveUpReason;
use crate::ids::{BookingId, IntentId, PatientId, PaymentId};
use crate::money::Money;
use crate::payment::anomaly::{Anomaly, Resolution, Source};
use crate::payment::provider::{Call, Provider, Route};
use crate::payment::receipt::{FiscalProof, ReceiptPurpose};
use crate::people::{Actor, PrivateRef};

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
    /// The patient chose to pay for a visit; nothing has been asked of anyone yet.
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
    /// The patient chose to put money into the own wallet; nothing has been asked of anyone yet.
    #[serde(rename = "PaymentDepositStarted")]
    DepositStarted {
        /// The payment.
        payment_id: PaymentId,
        /// Who pays, and whose wallet it is.
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
    /// It was decided which provider carries the payment, and how.
    #[serde(rename = "PaymentRouted")]
    Routed {
        /// The way it takes.
        route: Route,
        /// When.
        at: Timestamp,
    },
    /// The provider said where the patient confirms the payment.
    #[serde(rename = "PaymentLinkOffered")]
    LinkOffered {
        /// The link, or what a QR code holds, in the vault.
        link: PrivateRef,
        /// When.
        at: Timestamp,
    },
    /// A request is about to be sent to the provider; whatever becomes of it, it has this key.
    #[serde(rename = "PaymentProviderCallIntended")]
    CallIntended {
        /// What is asked.
        call: Call,
        /// Which attempt it is, from 1.
        attempt: u16,
        /// The key it is sent under.
        key: Uuid,
        /// Who is asked.
        provider: Provider,
        /// A digest of what is sent.
        body_digest: String,
        /// When.
        at: Timestamp,
    },
    /// The provider definitely refused a request; nothing came of it.
    #[serde(rename = "PaymentProviderCallRefused")]
    CallRefused {
        /// What was asked.
        call: Call,
        /// Which attempt it was.
        attempt: u16,
        /// The provider's code.
        code: String,
        /// When.
        at: Timestamp,
    },
    /// The provider is to take held money.
    #[serde(rename = "PaymentCaptureRequested")]
    CaptureRequested {
        /// How much of it; the rest becomes free.
        amount: Money,
        /// When.
        at: Timestamp,
    },
    /// The provider is to give held money up.
    #[serde(rename = "PaymentCancelRequested")]
    CancelRequested {
        /// When.
        at: Timestamp,
    },
    /// The patient pays in another way; the provider was not asked and may still bring money.
    #[serde(rename = "PaymentGivenUp")]
    GivenUp {
        /// When.
        at: Timestamp,
    },
    /// The booking said what is to remain in the end.
    #[serde(rename = "PaymentSettlementSet")]
    SettlementSet {
        /// The price, a fee, or nothing.
        due: Money,
        /// Why the rest goes back.
        reason: RefundReason,
        /// Who settles.
        by: Actor,
        /// When.
        at: Timestamp,
    },
    /// Taken money is to go back; it is reserved from now on.
    #[serde(rename = "PaymentRefundRequested")]
    RefundRequested {
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
    /// The provider has the refund; the money is not back yet.
    #[serde(rename = "PaymentRefundPending")]
    RefundPending {
        /// The number of the refund.
        number: u32,
        /// The provider's own id of it; none where refunds have no id.
        provider_id: Option<String>,
        /// When.
        at: Timestamp,
    },
    /// The refund came to nothing; its money is reserved no longer.
    #[serde(rename = "PaymentRefundCancelled")]
    RefundCancelled {
        /// The number of the refund.
        number: u32,
        /// The provider's code.
        code: String,
        /// When.
        at: Timestamp,
    },
    /// What of the taken money reaches the house after the provider's fee.
    #[serde(rename = "PaymentIncomeKnown")]
    IncomeKnown {
        /// How much.
        income: Money,
        /// When.
        at: Timestamp,
    },
    /// There must be a fiscal receipt.
    #[serde(rename = "PaymentReceiptDue")]
    ReceiptDue {
        /// The number of the receipt within the payment, from 1.
        number: u32,
        /// What it is for.
        purpose: ReceiptPurpose,
        /// How much it is about.
        amount: Money,
        /// Whether it is registered by a request of its own instead of with the payment or refund.
        alone: bool,
        /// When.
        at: Timestamp,
    },
    /// The till has the receipt; it is not registered yet.
    #[serde(rename = "PaymentReceiptRequested")]
    ReceiptRequested {
        /// The number of the receipt.
        number: u32,
        /// The till's own id of it; none where receipts have no id.
        provider_id: Option<String>,
        /// When.
        at: Timestamp,
    },
    /// The receipt is a fiscal document.
    #[serde(rename = "PaymentReceiptRegistered")]
    ReceiptRegistered {
        /// The number of the receipt.
        number: u32,
        /// The proof; none where the till does not show it.
        proof: Option<FiscalProof>,
        /// When.
        at: Timestamp,
    },
    /// The till gave the receipt up; the money is untouched by that.
    #[serde(rename = "PaymentReceiptFailed")]
    ReceiptFailed {
        /// The number of the receipt.
        number: u32,
        /// The till's code.
        code: String,
        /// When.
        at: Timestamp,
    },
    /// The provider showed what cannot be true by our rules; nothing of it was believed, and an operator must look.
    #[serde(rename = "PaymentAnomalyRecorded")]
    AnomalyRecorded {
        /// The number of the anomaly within the payment, from 1.
        number: u32,
        /// What was seen.
        anomaly: Anomaly,
        /// How the house came to see it.
        source: Source,
        /// When.
        at: Timestamp,
    },
    /// An operator settled an anomaly.
    #[serde(rename = "PaymentAnomalyResolved")]
    AnomalyResolved {
        /// The number of the anomaly.
        number: u32,
        /// How.
        resolution: Resolution,
        /// Who.
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
            Self::DepositStarted { .. } => "PaymentDepositStarted",
            Self::Pending { .. } => "PaymentPending",
            Self::OutcomeUnknown { .. } => "PaymentOutcomeUnknown",
            Self::Authorised { .. } => "PaymentAuthorised",
            Self::Captured { .. } => "PaymentCaptured",
            Self::Cancelled { .. } => "PaymentCancelled",
            Self::Failed { .. } => "PaymentFailed",
            Self::Refunded { .. } => "PaymentRefunded",
            Self::ReactionRefused { .. } => "PaymentReactionRefused",
            Self::ReactionGivenUp { .. } => "PaymentReactionGivenUp",
            Self::Routed { .. } => "PaymentRouted",
            Self::LinkOffered { .. } => "PaymentLinkOffered",
            Self::CallIntended { .. } => "PaymentProviderCallIntended",
            Self::CallRefused { .. } => "PaymentProviderCallRefused",
            Self::CaptureRequested { .. } => "PaymentCaptureRequested",
            Self::CancelRequested { .. } => "PaymentCancelRequested",
            Self::GivenUp { .. } => "PaymentGivenUp",
            Self::SettlementSet { .. } => "PaymentSettlementSet",
            Self::RefundRequested { .. } => "PaymentRefundRequested",
            Self::RefundPending { .. } => "PaymentRefundPending",
            Self::RefundCancelled { .. } => "PaymentRefundCancelled",
            Self::IncomeKnown { .. } => "PaymentIncomeKnown",
            Self::ReceiptDue { .. } => "PaymentReceiptDue",
            Self::ReceiptRequested { .. } => "PaymentReceiptRequested",
            Self::ReceiptRegistered { .. } => "PaymentReceiptRegistered",
            Self::ReceiptFailed { .. } => "PaymentReceiptFailed",
            Self::AnomalyRecorded { .. } => "PaymentAnomalyRecorded",
            Self::AnomalyResolved { .. } => "PaymentAnomalyResolved",
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
