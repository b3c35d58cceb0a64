//! What can be asked of a payment. `Record…` wishes tell what a provider, or the wallet, answered.

use jiff::Timestamp;

use crate::booking::events::GiveUpReason;
use crate::ids::{BookingId, IntentId, PatientId, PaymentId};
use crate::money::Money;
use crate::payment::PaymentCommand;
use crate::payment::anomaly::{Resolution, Source};
use crate::payment::attempt::RefundStage;
use crate::payment::events::{PaymentMethod, RefundReason};
use crate::payment::provider::{Call, Provider, Route};
use crate::payment::receipt::{FiscalProof, ReceiptStage};
use crate::people::{Actor, PrivateRef};

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
    /// Which provider carries it, and how; none for a wallet.
    pub route: Option<Route>,
    /// Now.
    pub at: Timestamp,
}

/// A patient puts money into the own wallet. It is always charged at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartDeposit {
    /// The new payment.
    pub payment_id: PaymentId,
    /// Who pays, and whose wallet it is.
    pub patient_id: PatientId,
    /// How.
    pub method: PaymentMethod,
    /// How much.
    pub amount: Money,
    /// Which provider carries it.
    pub provider: Provider,
    /// Whether fiscal receipts are issued through the provider.
    pub receipts: bool,
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

/// The payment was declined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordFailed {
    /// The stable code of the refusal.
    pub code: String,
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
    /// Whether it is meant though the same was asked for a moment ago.
    pub again: bool,
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

/// A request is about to be sent to the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntendCall {
    /// What will be asked.
    pub call: Call,
    /// A digest of what will be sent.
    pub body_digest: String,
    /// Now.
    pub at: Timestamp,
}

/// The provider definitely refused a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordRefused {
    /// What was asked.
    pub call: Call,
    /// Which attempt it was.
    pub attempt: u16,
    /// The provider's code.
    pub code: String,
    /// Whether the provider is only busy with something else of this payment, so that the very same is asked again.
    pub not_now: bool,
    /// Now.
    pub at: Timestamp,
}

/// The provider has nothing of this payment, and it is too late to ask for it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordNotCreated {
    /// Now.
    pub at: Timestamp,
}

/// Asking does not tell what became of a request, or refusing it will not end: an operator must look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordStuck {
    /// What was asked.
    pub call: Call,
    /// Whether it was refused, rather than never answered.
    pub refused: bool,
    /// Now.
    pub at: Timestamp,
}

/// Where a payment stands at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Nothing is decided yet.
    Pending,
    /// The money is held.
    Held,
    /// The money is taken.
    Succeeded,
    /// Declined, given up or run out.
    Cancelled,
}

/// What the provider has, whoever told us first: a reply, a notice, a poll or a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordSnapshot {
    /// The provider's own id of the payment.
    pub provider_id: String,
    /// Where it stands there.
    pub stage: Stage,
    /// How much it is about.
    pub amount: Money,
    /// What was taken; none where the provider does not tell.
    pub captured: Option<Money>,
    /// What went back; none where the provider does not tell.
    pub refunded: Option<Money>,
    /// What reaches the house after the provider's fee, once known.
    pub income: Option<Money>,
    /// When the hold ends by itself.
    pub expires_at: Option<Timestamp>,
    /// Why it was given up, in the provider's word.
    pub code: Option<String>,
    /// How the house came to see it.
    pub source: Source,
    /// Whether the house knew already that it is over there when it asked: what was asked for earlier may be old news.
    pub asked_when_over: bool,
    /// Now.
    pub at: Timestamp,
}

/// The provider said where the patient confirms the payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferLink {
    /// The link, in the vault.
    pub link: PrivateRef,
    /// Now.
    pub at: Timestamp,
}

/// The patient pays in another way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GiveUp {
    /// Now.
    pub at: Timestamp,
}

/// The hold would end before the money is due: take it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaptureEarly {
    /// Now.
    pub at: Timestamp,
}

/// Do what is still missing, so that in the end only what is due is kept, and every receipt exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pursue {
    /// Now.
    pub at: Timestamp,
}

/// What the provider has of a refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordRefund {
    /// The refund's number within the payment.
    pub number: u32,
    /// The provider's own id of it; none where refunds have no id.
    pub provider_id: Option<String>,
    /// Where it stands there: never only requested.
    pub stage: RefundStage,
    /// How much goes back.
    pub amount: Money,
    /// Why it was given up, in the provider's word.
    pub code: Option<String>,
    /// How the house came to see it.
    pub source: Source,
    /// Now.
    pub at: Timestamp,
}

/// What the till has of a receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordReceipt {
    /// The receipt's number within the payment.
    pub number: u32,
    /// The till's own id of it; none where receipts have no id.
    pub provider_id: Option<String>,
    /// Where it stands there: never only due.
    pub stage: ReceiptStage,
    /// The proof, once registered.
    pub proof: Option<FiscalProof>,
    /// Why it failed, in the till's word.
    pub code: Option<String>,
    /// Now.
    pub at: Timestamp,
}

/// A till says that it printed what no receipt here waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordUnexpectedReceipt {
    /// The fiscal document's own name.
    pub document: String,
    /// Its sum.
    pub amount: Money,
    /// Now.
    pub at: Timestamp,
}

/// An operator settles an anomaly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolveAnomaly {
    /// The anomaly's number within the payment.
    pub number: u32,
    /// How.
    pub resolution: Resolution,
    /// Who.
    pub by: Actor,
    /// Now.
    pub at: Timestamp,
}

impl From<Start> for PaymentCommand {
    fn from(command: Start) -> Self {
        Self::Start(command)
    }
}

impl From<StartDeposit> for PaymentCommand {
    fn from(command: StartDeposit) -> Self {
        Self::StartDeposit(command)
    }
}

impl From<RecordUnknown> for PaymentCommand {
    fn from(command: RecordUnknown) -> Self {
        Self::RecordUnknown(command)
    }
}

impl From<RecordAuthorised> for PaymentCommand {
    fn from(command: RecordAuthorised) -> Self {
        Self::RecordAuthorised(command)
    }
}

impl From<RecordFailed> for PaymentCommand {
    fn from(command: RecordFailed) -> Self {
        Self::RecordFailed(command)
    }
}

impl From<Settle> for PaymentCommand {
    fn from(command: Settle) -> Self {
        Self::Settle(command)
    }
}

impl From<Refund> for PaymentCommand {
    fn from(command: Refund) -> Self {
        Self::Refund(command)
    }
}

impl From<RecordReactionRefused> for PaymentCommand {
    fn from(command: RecordReactionRefused) -> Self {
        Self::RecordReactionRefused(command)
    }
}

impl From<RecordReactionGivenUp> for PaymentCommand {
    fn from(command: RecordReactionGivenUp) -> Self {
        Self::RecordReactionGivenUp(command)
    }
}

impl From<IntendCall> for PaymentCommand {
    fn from(command: IntendCall) -> Self {
        Self::IntendCall(command)
    }
}

impl From<RecordRefused> for PaymentCommand {
    fn from(command: RecordRefused) -> Self {
        Self::RecordRefused(command)
    }
}

impl From<RecordNotCreated> for PaymentCommand {
    fn from(command: RecordNotCreated) -> Self {
        Self::RecordNotCreated(command)
    }
}

impl From<RecordStuck> for PaymentCommand {
    fn from(command: RecordStuck) -> Self {
        Self::RecordStuck(command)
    }
}

impl From<RecordSnapshot> for PaymentCommand {
    fn from(command: RecordSnapshot) -> Self {
        Self::RecordSnapshot(command)
    }
}

impl From<OfferLink> for PaymentCommand {
    fn from(command: OfferLink) -> Self {
        Self::OfferLink(command)
    }
}

impl From<GiveUp> for PaymentCommand {
    fn from(command: GiveUp) -> Self {
        Self::GiveUp(command)
    }
}

impl From<CaptureEarly> for PaymentCommand {
    fn from(command: CaptureEarly) -> Self {
        Self::CaptureEarly(command)
    }
}

impl From<Pursue> for PaymentCommand {
    fn from(command: Pursue) -> Self {
        Self::Pursue(command)
    }
}

impl From<RecordRefund> for PaymentCommand {
    fn from(command: RecordRefund) -> Self {
        Self::RecordRefund(command)
    }
}

impl From<RecordUnexpectedReceipt> for PaymentCommand {
    fn from(command: RecordUnexpectedReceipt) -> Self {
        Self::RecordUnexpectedReceipt(command)
    }
}

impl From<RecordReceipt> for PaymentCommand {
    fn from(command: RecordReceipt) -> Self {
        Self::RecordReceipt(command)
    }
}

impl From<ResolveAnomaly> for PaymentCommand {
    fn from(command: ResolveAnomaly) -> Self {
        Self::ResolveAnomaly(command)
    }
}
