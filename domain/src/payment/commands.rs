//! What can be asked of a payment. `Record…` commands tell what a provider, or the wallet, answered.
//! `at` is the moment of the command, by database time.
#![expect(missing_docs, reason = "pure data: most names say it all")]

use derive_more::From;
use jiff::Timestamp;

use crate::ids::{BookingId, PatientId, PaymentId};
use crate::money::Money;
use crate::payment::anomaly::{Resolution, Source};
use crate::payment::attempt::RefundStage;
use crate::payment::events::{PaymentMethod, RefundReason};
use crate::payment::provider::{Call, Provider, Route};
use crate::payment::receipt::{FiscalProof, ReceiptStage};
use crate::people::{Actor, PrivateRef};
use crate::reactions::{RecordReactionGivenUp, RecordReactionRefused};

#[derive(Clone, Debug, PartialEq, Eq, From)]
pub enum PaymentCommand {
    Start(StartForBooking),
    StartDeposit(StartDeposit),
    RecordUnknown(RecordUnknown),
    RecordAuthorised(RecordAuthorised),
    RecordFailed(RecordFailed),
    Settle(Settle),
    Refund(Refund),
    IntendCall(IntendCall),
    RecordRefused(RecordRefused),
    RecordNotCreated(RecordNotCreated),
    RecordStuck(RecordStuck),
    RecordSnapshot(RecordSnapshot),
    OfferLink(OfferLink),
    GiveUp(GiveUp),
    CaptureEarly(CaptureEarly),
    Pursue(Pursue),
    RecordRefund(RecordRefund),
    RecordReceipt(RecordReceipt),
    RecordUnexpectedReceipt(RecordUnexpectedReceipt),
    ResolveAnomaly(ResolveAnomaly),
    RecordReactionRefused(RecordReactionRefused),
    RecordReactionGivenUp(RecordReactionGivenUp),
}

/// A patient chooses to pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartForBooking {
    pub payment_id: PaymentId,
    pub booking_id: BookingId,
    pub patient_id: PatientId,
    pub method: PaymentMethod,
    pub amount: Money,
    pub route: Option<Route>,
    /// Where the patient comes back to from the provider's page, if somewhere of the app's own.
    pub return_url: Option<PrivateRef>,
    pub at: Timestamp,
}

/// A patient puts money into the own wallet. It is always charged at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartDeposit {
    pub payment_id: PaymentId,
    pub patient_id: PatientId,
    pub method: PaymentMethod,
    pub amount: Money,
    pub provider: Provider,
    /// Whether fiscal receipts are issued through the provider.
    pub receipts: bool,
    /// Where the patient comes back to from the provider's page, if somewhere of the app's own.
    pub return_url: Option<PrivateRef>,
    pub at: Timestamp,
}

/// A request got no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordUnknown {
    pub at: Timestamp,
}

/// The money is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordAuthorised {
    pub amount: Money,
    pub expires_at: Option<Timestamp>,
    pub at: Timestamp,
}

/// The payment was declined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordFailed {
    pub code: String,
    pub at: Timestamp,
}

/// The booking says what is due in the end; the rest is free or goes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settle {
    pub due: Money,
    pub reason: RefundReason,
    pub by: Actor,
    pub at: Timestamp,
}

/// An admin gives taken money back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    pub amount: Money,
    pub reason: RefundReason,
    pub by: Actor,
    /// Whether it is meant though the same was asked for a moment ago.
    pub again: bool,
    pub at: Timestamp,
}

/// A request is about to be sent to the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntendCall {
    pub call: Call,
    pub body_digest: String,
    pub at: Timestamp,
}

/// The provider definitely refused a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordRefused {
    pub call: Call,
    pub attempt: u16,
    pub code: String,
    /// Whether the provider is only busy with something else of this payment, so that the very same is asked again.
    pub not_now: bool,
    pub at: Timestamp,
}

/// The provider has nothing of this payment or payout, and it is too late to ask for it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordNotCreated {
    pub at: Timestamp,
}

/// Asking does not tell what became of a request, or refusing it will not end: an operator must look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordStuck {
    pub call: Call,
    /// Whether it was refused, rather than never answered.
    pub refused: bool,
    pub at: Timestamp,
}

/// Where a payment stands at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Nothing is decided yet.
    Pending,
    Held,
    Succeeded,
    /// Declined, given up or run out.
    Cancelled,
}

/// What the provider has, whoever told us first: a reply, a notice, a poll or a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordSnapshot {
    pub provider_id: String,
    pub stage: Stage,
    pub amount: Money,
    /// What was taken; none where the provider does not tell.
    pub captured: Option<Money>,
    /// What went back; none where the provider does not tell.
    pub refunded: Option<Money>,
    /// What reaches the platform after the provider's fee, once known.
    pub income: Option<Money>,
    /// When the hold ends by itself.
    pub expires_at: Option<Timestamp>,
    /// Why it was given up, in the provider's word.
    pub code: Option<String>,
    pub source: Source,
    /// Whether the platform knew already that it is over there when it asked: what was asked for earlier may be old news.
    pub asked_when_over: bool,
    pub at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferLink {
    pub link: PrivateRef,
    pub at: Timestamp,
}

/// The patient pays in another way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GiveUp {
    pub at: Timestamp,
}

/// The hold would end before the money is due: take it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaptureEarly {
    pub at: Timestamp,
}

/// Do what is still missing, so that in the end only what is due is kept, and every receipt exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pursue {
    pub at: Timestamp,
}

/// What the provider has of a refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordRefund {
    pub number: u32,
    pub provider_id: Option<String>,
    /// Where it stands there: never only requested.
    pub stage: RefundStage,
    pub amount: Money,
    pub code: Option<String>,
    pub source: Source,
    pub at: Timestamp,
}

/// What the cash register has of a receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordReceipt {
    pub number: u32,
    pub provider_id: Option<String>,
    /// Where it stands there: never only due.
    pub stage: ReceiptStage,
    pub proof: Option<FiscalProof>,
    /// Where a copy of it is read, in the vault.
    pub copy: Option<PrivateRef>,
    /// Why it failed, in the cash register's word.
    pub code: Option<String>,
    pub at: Timestamp,
}

/// A cash register says that it printed what no receipt here waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordUnexpectedReceipt {
    /// The fiscal document's own name.
    pub document: String,
    pub amount: Money,
    pub at: Timestamp,
}

/// An operator settles an anomaly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolveAnomaly {
    /// The anomaly's number within the payment or payout.
    pub number: u32,
    pub resolution: Resolution,
    pub by: Actor,
    pub at: Timestamp,
}
