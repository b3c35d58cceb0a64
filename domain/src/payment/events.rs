//! The facts of one attempt to pay, for a visit or into one's wallet.
//! `at` is the moment of the decision, by database time.
#![expect(missing_docs, reason = "pure data: most names say it all")]

use cqrs_es::DomainEvent;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::{BookingId, IntentId, PatientId, PaymentId};
use crate::money::Money;
use crate::payment::anomaly::{Anomaly, Resolution, Source};
use crate::payment::provider::{Call, Provider, Route};
use crate::payment::receipt::{FiscalProof, ReceiptPurpose};
use crate::people::{Actor, PrivateRef};
use crate::reactions::GiveUpReason;

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

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Yookassa => "yookassa",
            Self::Sbp => "sbp",
            Self::Wallet => "wallet",
        }
    }

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
    Goodwill,
    /// An admin settles a complaint.
    Complaint,
    /// An admin corrects a mistake.
    Mistake,
}

impl RefundReason {
    pub const ALL: [Self; 5] = [
        Self::Settlement,
        Self::LatePayment,
        Self::Goodwill,
        Self::Complaint,
        Self::Mistake,
    ];

    /// The reasons an admin may give.
    pub const BY_ADMIN: [Self; 3] = [Self::Goodwill, Self::Complaint, Self::Mistake];

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

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PaymentEvent {
    /// The patient chose to pay for a visit; nothing has been asked of anyone yet.
    #[serde(rename = "PaymentStarted")]
    Started {
        payment_id: PaymentId,
        booking_id: BookingId,
        patient_id: PatientId,
        method: PaymentMethod,
        amount: Money,
        at: Timestamp,
    },
    /// The patient chose to put money into the own wallet; nothing has been asked of anyone yet.
    #[serde(rename = "PaymentDepositStarted")]
    DepositStarted {
        payment_id: PaymentId,
        /// Who pays, and whose wallet it is.
        patient_id: PatientId,
        method: PaymentMethod,
        amount: Money,
        at: Timestamp,
    },
    /// The provider knows the payment and waits for the patient.
    #[serde(rename = "PaymentPending")]
    Pending {
        /// The provider's own id of the payment.
        provider_id: String,
        at: Timestamp,
    },
    /// What became of the last request is not known; it is resolved by asking.
    #[serde(rename = "PaymentOutcomeUnknown")]
    OutcomeUnknown { at: Timestamp },
    #[serde(rename = "PaymentAuthorised")]
    Authorised {
        amount: Money,
        /// When the hold ends by itself; never, for a wallet.
        expires_at: Option<Timestamp>,
        at: Timestamp,
    },
    /// The money is taken; what was held beyond it is free again.
    #[serde(rename = "PaymentCaptured")]
    Captured {
        amount: Money,
        /// What was held and is given up with this capture.
        released: Money,
        at: Timestamp,
    },
    /// The hold was given up, or the payment ended before any money moved.
    #[serde(rename = "PaymentCancelled")]
    Cancelled {
        /// What was held and is free again; nothing if it never was.
        released: Money,
        at: Timestamp,
    },
    #[serde(rename = "PaymentFailed")]
    Failed { code: String, at: Timestamp },
    /// Taken money went back, in part or in full.
    #[serde(rename = "PaymentRefunded")]
    Refunded {
        /// The number of the refund within the payment, from 1.
        number: u32,
        amount: Money,
        reason: RefundReason,
        by: Actor,
        at: Timestamp,
    },
    #[serde(rename = "PaymentReactionRefused")]
    ReactionRefused {
        intent_id: IntentId,
        code: String,
        at: Timestamp,
    },
    #[serde(rename = "PaymentReactionGivenUp")]
    ReactionGivenUp {
        intent_id: IntentId,
        reason: GiveUpReason,
        by: Actor,
        at: Timestamp,
    },
    /// It was decided which provider carries the payment, and how.
    #[serde(rename = "PaymentRouted")]
    Routed { route: Route, at: Timestamp },
    /// Whoever started the payment said where the patient comes back to from the provider's page.
    #[serde(rename = "PaymentReturnUrlGiven")]
    ReturnUrlGiven {
        /// The address, in the vault: its query may say anything.
        return_url: PrivateRef,
        at: Timestamp,
    },
    /// The provider said where the patient confirms the payment.
    #[serde(rename = "PaymentLinkOffered")]
    LinkOffered {
        /// The link, or what a QR code holds, in the vault.
        link: PrivateRef,
        at: Timestamp,
    },
    /// A request is about to be sent to the provider; whatever becomes of it, it has this key.
    #[serde(rename = "PaymentProviderCallIntended")]
    CallIntended {
        call: Call,
        /// Which attempt it is, from 1.
        attempt: u16,
        key: Uuid,
        provider: Provider,
        body_digest: String,
        at: Timestamp,
    },
    /// The provider definitely refused a request; nothing came of it.
    #[serde(rename = "PaymentProviderCallRefused")]
    CallRefused {
        call: Call,
        attempt: u16,
        code: String,
        at: Timestamp,
    },
    /// The provider is to take held money.
    #[serde(rename = "PaymentCaptureRequested")]
    CaptureRequested {
        /// How much of it; the rest becomes free.
        amount: Money,
        at: Timestamp,
    },
    /// The provider is to give held money up.
    #[serde(rename = "PaymentCancelRequested")]
    CancelRequested { at: Timestamp },
    /// The patient pays in another way; the provider was not asked and may still bring money.
    #[serde(rename = "PaymentGivenUp")]
    GivenUp { at: Timestamp },
    /// The booking said what is to remain in the end.
    #[serde(rename = "PaymentSettlementSet")]
    SettlementSet {
        /// The price, a fee, or nothing.
        due: Money,
        /// Why the rest goes back.
        reason: RefundReason,
        by: Actor,
        at: Timestamp,
    },
    /// Taken money is to go back; it is reserved from now on.
    #[serde(rename = "PaymentRefundRequested")]
    RefundRequested {
        number: u32,
        amount: Money,
        reason: RefundReason,
        by: Actor,
        at: Timestamp,
    },
    /// The provider has the refund; the money is not back yet.
    #[serde(rename = "PaymentRefundPending")]
    RefundPending {
        number: u32,
        /// The provider's own id of it; none where refunds have no id.
        provider_id: Option<String>,
        at: Timestamp,
    },
    /// The refund came to nothing; its money is reserved no longer.
    #[serde(rename = "PaymentRefundCancelled")]
    RefundCancelled {
        number: u32,
        code: String,
        at: Timestamp,
    },
    /// What of the taken money reaches the platform after the provider's fee.
    #[serde(rename = "PaymentIncomeKnown")]
    IncomeKnown { income: Money, at: Timestamp },
    /// There must be a fiscal receipt.
    #[serde(rename = "PaymentReceiptDue")]
    ReceiptDue {
        /// The number of the receipt within the payment, from 1.
        number: u32,
        purpose: ReceiptPurpose,
        amount: Money,
        /// Whether it is registered by a request of its own instead of with the payment or refund.
        alone: bool,
        at: Timestamp,
    },
    /// The cash register has the receipt; it is not registered yet.
    #[serde(rename = "PaymentReceiptRequested")]
    ReceiptRequested {
        number: u32,
        /// The cash register's own id of it; none where receipts have no id.
        provider_id: Option<String>,
        at: Timestamp,
    },
    /// The receipt is a fiscal document.
    #[serde(rename = "PaymentReceiptRegistered")]
    ReceiptRegistered {
        number: u32,
        /// The proof; none where the cash register does not show it.
        proof: Option<FiscalProof>,
        at: Timestamp,
    },
    /// The cash register said where a copy of the receipt is read.
    #[serde(rename = "PaymentReceiptCopyOffered")]
    ReceiptCopyOffered {
        number: u32,
        /// The link, in the vault: its page names the payer.
        copy: PrivateRef,
        at: Timestamp,
    },
    /// The cash register gave the receipt up; the money is untouched by that.
    #[serde(rename = "PaymentReceiptFailed")]
    ReceiptFailed {
        number: u32,
        code: String,
        at: Timestamp,
    },
    /// The provider showed what cannot be true by our rules; nothing of it was believed, and an operator must look.
    #[serde(rename = "PaymentAnomalyRecorded")]
    AnomalyRecorded {
        /// The number of the anomaly within the payment, from 1.
        number: u32,
        anomaly: Anomaly,
        /// How the platform came to see it.
        source: Source,
        at: Timestamp,
    },
    /// An operator settled an anomaly.
    #[serde(rename = "PaymentAnomalyResolved")]
    AnomalyResolved {
        number: u32,
        resolution: Resolution,
        by: Actor,
        at: Timestamp,
    },
}

/// Every type of event: its stable name and its highest version.
pub const TYPES: &[(&str, &str)] = &[
    ("PaymentStarted", "1"),
    ("PaymentDepositStarted", "1"),
    ("PaymentPending", "1"),
    ("PaymentOutcomeUnknown", "1"),
    ("PaymentAuthorised", "1"),
    ("PaymentCaptured", "1"),
    ("PaymentCancelled", "1"),
    ("PaymentFailed", "1"),
    ("PaymentRefunded", "1"),
    ("PaymentReactionRefused", "1"),
    ("PaymentReactionGivenUp", "1"),
    ("PaymentRouted", "1"),
    ("PaymentReturnUrlGiven", "1"),
    ("PaymentLinkOffered", "1"),
    ("PaymentProviderCallIntended", "1"),
    ("PaymentProviderCallRefused", "1"),
    ("PaymentCaptureRequested", "1"),
    ("PaymentCancelRequested", "1"),
    ("PaymentGivenUp", "1"),
    ("PaymentSettlementSet", "1"),
    ("PaymentRefundRequested", "1"),
    ("PaymentRefundPending", "1"),
    ("PaymentRefundCancelled", "1"),
    ("PaymentIncomeKnown", "1"),
    ("PaymentReceiptDue", "1"),
    ("PaymentReceiptRequested", "1"),
    ("PaymentReceiptRegistered", "1"),
    ("PaymentReceiptCopyOffered", "1"),
    ("PaymentReceiptFailed", "1"),
    ("PaymentAnomalyRecorded", "1"),
    ("PaymentAnomalyResolved", "1"),
];

impl PaymentEvent {
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
            Self::ReturnUrlGiven { .. } => "PaymentReturnUrlGiven",
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
            Self::ReceiptCopyOffered { .. } => "PaymentReceiptCopyOffered",
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
