//! A YooKassa shop behind the platform's port for payment providers.

use commands::ports::{
    Cancel, Capture, CreatePayment, Page, PaymentProvider, PaymentQuery, PaymentRail, ProviderFuture,
    ReceiptIssuer, ReceiptOf, ReceiptRequest, ReceiptSnapshot, RefundQuery, RefundRequest, RefundSnapshot,
    Snapshot, Statement, Window,
};
use domain::payment::provider::{CaptureMode, Provider};
use jiff::SignedDuration;

use super::client::{Client, Credentials};
use super::{lists, payments, receipts, refunds, shop};
use crate::http::Http;

/// A request is not repeated under its key after this long; YooKassa forgets keys after 24 hours and would take the
/// repeat for a second payment.
pub const REPEAT_WITHIN: SignedDuration = SignedDuration::from_hours(23);

/// Payments by card and SBP, refunds and receipts of one shop.
#[derive(Clone, Debug)]
pub struct Yookassa {
    client: Client,
}

impl Yookassa {
    /// The shop with these credentials. `repeat_within` is [`REPEAT_WITHIN`] or less.
    pub const fn new(http: Http, credentials: Credentials, repeat_within: SignedDuration) -> Self {
        Self {
            client: Client::new(http, credentials, repeat_within),
        }
    }

    /// The shop's settings as YooKassa has them, to be checked before going live.
    pub fn settings(&self) -> ProviderFuture<'_, shop::ShopSettings> {
        Box::pin(shop::settings(&self.client))
    }
}

impl PaymentProvider for Yookassa {
    fn name(&self) -> Provider {
        Provider::Yookassa
    }

    fn offers(&self, rail: PaymentRail, taking: CaptureMode) -> bool {
        match (rail, taking) {
            (PaymentRail::Card, CaptureMode::Held | CaptureMode::AtOnce)
            | (PaymentRail::Sbp, CaptureMode::AtOnce) => true,
            // The faster payments system knows no holds.
            (PaymentRail::Sbp, CaptureMode::Held) => false,
        }
    }

    fn create(&self, request: CreatePayment) -> ProviderFuture<'_, Snapshot> {
        Box::pin(payments::create(&self.client, request))
    }

    fn capture(&self, request: Capture) -> ProviderFuture<'_, Snapshot> {
        Box::pin(payments::capture(&self.client, request))
    }

    fn cancel(&self, request: Cancel) -> ProviderFuture<'_, Snapshot> {
        Box::pin(payments::cancel(&self.client, request))
    }

    fn refund(&self, request: RefundRequest) -> ProviderFuture<'_, RefundSnapshot> {
        Box::pin(refunds::refund(&self.client, request))
    }

    fn payment(&self, provider_id: String) -> ProviderFuture<'_, Snapshot> {
        Box::pin(async move { payments::payment(&self.client, &provider_id).await })
    }

    fn find(&self, sought: PaymentQuery) -> ProviderFuture<'_, Vec<Snapshot>> {
        Box::pin(payments::find(&self.client, sought))
    }

    fn refund_state(&self, sought: RefundQuery) -> ProviderFuture<'_, Option<RefundSnapshot>> {
        Box::pin(refunds::state(&self.client, sought))
    }

    fn probe(&self) -> ProviderFuture<'_, ()> {
        Box::pin(async { shop::settings(&self.client).await.map(|_settings| ()) })
    }

    fn statement(&self) -> Option<&dyn Statement> {
        Some(self)
    }

    fn receipts(&self) -> Option<&dyn ReceiptIssuer> {
        Some(self)
    }
}

impl Statement for Yookassa {
    fn payments(&self, window: Window, cursor: Option<String>) -> ProviderFuture<'_, Page<Snapshot>> {
        Box::pin(lists::payments(&self.client, window, cursor))
    }

    fn refunds(&self, window: Window, cursor: Option<String>) -> ProviderFuture<'_, Page<RefundSnapshot>> {
        Box::pin(lists::refunds(&self.client, window, cursor))
    }
}

impl ReceiptIssuer for Yookassa {
    fn receipt(&self, request: ReceiptRequest) -> ProviderFuture<'_, ReceiptSnapshot> {
        Box::pin(receipts::receipt(&self.client, request))
    }

    fn receipts_of(&self, of: ReceiptOf) -> ProviderFuture<'_, Vec<ReceiptSnapshot>> {
        Box::pin(receipts::receipts_of(&self.client, of))
    }
}
