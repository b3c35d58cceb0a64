//! The ports to providers: what the platform asks of payment providers, in its own words; `integrations` speaks theirs.
//!
//! A request says when it is made and when its like was first sent, and carries the idempotency key that was recorded
//! before it. An answer is one of accepted, refused, throttled or unknown; an unknown outcome is resolved by asking.
//! No database transaction or lock is held across a call.

pub mod messenger;
pub mod notice;
pub mod payment;
pub mod payout;
pub mod receipt;
pub mod reply;
pub mod request_attempt;
pub mod snapshot;

use domain::payment::provider::{CaptureMode, Provider};
use std::sync::Arc;

use futures::future::BoxFuture;
use jiff::Timestamp;

pub use messenger::{MailMessage, Messenger, MessengerError, SmsGateway, SmsMessage};
pub use notice::{Hint, NoticeError, Notices, ObjectKind, ReceiptNotice};
pub use payment::{
    Cancel, Capture, CreatePayment, PaymentQuery, PaymentRail, RefundQuery, RefundRequest, ReturnUrl,
};
pub use payout::{Bank, PayoutProvider, PayoutRequest, PayoutSnapshot};
pub use receipt::{Customer, PaymentMode, PaymentSubject, Receipt, ReceiptItem, Vat};
pub use receipt::{Fiscal, ReceiptOf, ReceiptRequest, ReceiptSnapshot, Settled};
pub use reply::{ProviderReply, RefusalKind, Refused, UnknownReason};
pub use request_attempt::{IdempotencyKey, RequestAttempt};
pub use snapshot::{
    Cancellation, Page, Reference, ReferenceSubject, RefundSnapshot, Snapshot, Status, Window,
};

/// An answer to come; to drop it does not take back what was sent.
pub type ProviderFuture<'a, T> = BoxFuture<'a, ProviderReply<T>>;

/// A provider of payments. Every method may take as long as the adapter's limits allow (over 30 s for a request that
/// moves money), and none of them repeats such a request by itself.
pub trait PaymentProvider: Send + Sync {
    /// By which name facts, breakers and metrics know it.
    fn name(&self) -> Provider;

    /// Whether new payments of this kind can be made here.
    fn offers(&self, rail: PaymentRail, taking: CaptureMode) -> bool;

    /// Makes a payment for the patient to confirm; no money moves before that.
    fn create(&self, request: CreatePayment) -> ProviderFuture<'_, Snapshot>;

    /// Takes held money, all of it or less; the rest is free again. Once per payment.
    fn capture(&self, request: Capture) -> ProviderFuture<'_, Snapshot>;

    /// Gives up held money, or a payment not yet paid where the provider can.
    fn cancel(&self, request: Cancel) -> ProviderFuture<'_, Snapshot>;

    /// Gives taken money back, in part or in full.
    fn refund(&self, request: RefundRequest) -> ProviderFuture<'_, RefundSnapshot>;

    /// A payment as the provider sees it now.
    fn payment(&self, provider_id: String) -> ProviderFuture<'_, Snapshot>;

    /// Every payment the provider has for one of our attempts: none, one, or more where a request was doubled.
    fn find(&self, query: PaymentQuery) -> ProviderFuture<'_, Vec<Snapshot>>;

    /// A refund as the provider sees it now; none when it knows of no such refund.
    fn refund_state(&self, query: RefundQuery) -> ProviderFuture<'_, Option<RefundSnapshot>>;

    /// Whether the provider can be talked to at all, found out without changing anything there.
    fn probe(&self) -> ProviderFuture<'_, ()>;

    /// The provider's lists, for reconciliation; none where it has no lists.
    fn statement(&self) -> Option<&dyn Statement>;

    /// The provider's cash register; none where receipts are made elsewhere.
    fn receipts(&self) -> Option<&dyn ReceiptIssuer>;
}

/// The providers that are set up, and who of them a new payment goes to.
pub trait Providers: Send + Sync {
    /// Who a new payment goes to: the first in the order for this way of paying that offers it and does not fail too
    /// often just now; none when nobody is left. A payment that exists stays where it is.
    fn for_new(
        &self,
        rail: PaymentRail,
        taking: CaptureMode,
        at: Timestamp,
    ) -> Option<Arc<dyn PaymentProvider>>;

    /// The provider of that name, if it is set up.
    fn of(&self, name: Provider) -> Option<Arc<dyn PaymentProvider>>;
}

/// A provider's lists of what it did, for reconciliation. Pages overlap nothing; their order is the provider's.
pub trait Statement: Send + Sync {
    /// Payments created within the window, from the page behind `cursor` on.
    fn payments(&self, window: Window, cursor: Option<String>) -> ProviderFuture<'_, Page<Snapshot>>;

    /// Refunds created within the window, from the page behind `cursor` on.
    fn refunds(&self, window: Window, cursor: Option<String>) -> ProviderFuture<'_, Page<RefundSnapshot>>;
}

/// A cash register that registers fiscal receipts (54-FZ) apart from payments.
pub trait ReceiptIssuer: Send + Sync {
    /// Registers a receipt, such as the one that offsets a prepayment when the visit is over.
    fn receipt(&self, request: ReceiptRequest) -> ProviderFuture<'_, ReceiptSnapshot>;

    /// Every receipt of a payment, or of a refund.
    fn receipts_of(&self, of: ReceiptOf) -> ProviderFuture<'_, Vec<ReceiptSnapshot>>;
}
