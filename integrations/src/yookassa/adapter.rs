//! A YooKassa shop behind the house's door for payment providers.

use commands::ports::{
    Asking, Cancel, Capture, CreatePayment, Page, PayBy, PaymentProvider, ProviderName, ReceiptIssuer,
    ReceiptOf, ReceiptRequest, ReceiptSnapshot, RefundRequest, RefundSnapshot, RefundSought, Snapshot,
    Sought, Statement, Taking, Window,
};
use jiff::SignedDuration;

use super::client::{Client, Credentials};
use super::{lists, payments, receipts, refunds, shop};
use crate::http::Http;

/// A request is not repeated under its key after this long; YooKassa forgets keys after 24 hours and would take the
/// repeat for a second payment.
pub const REPEAT_WITHIN: SignedDuration = SignedDuration::from_hours(23);

/// A YooKassa shop.
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
    pub fn settings(&self) -> Asking<'_, shop::ShopSettings> {
        Box::pin(shop::settings(&self.client))
    }
}

impl PaymentProvider for Yookassa {
    fn name(&self) -> ProviderName {
        ProviderName::Yookassa
    }

    fn offers(&self, pay_by: PayBy, taking: Taking) -> bool {
        match (pay_by, taking) {
            (PayBy::Card, Taking::Held | Taking::AtOnce) | (PayBy::Sbp, Taking::AtOnce) => true,
            // The faster payments system knows no holds.
            (PayBy::Sbp, Taking::Held) => false,
        }
    }

    fn create(&self, wish: CreatePayment) -> Asking<'_, Snapshot> {
        Box::pin(payments::create(&self.client, wish))
    }

    fn capture(&self, wish: Capture) -> Asking<'_, Snapshot> {
        Box::pin(payments::capture(&self.client, wish))
    }

    fn cancel(&self, wish: Cancel) -> Asking<'_, Snapshot> {
        Box::pin(payments::cancel(&self.client, wish))
    }

    fn refund(&self, wish: RefundRequest) -> Asking<'_, RefundSnapshot> {
        Box::pin(refunds::refund(&self.client, wish))
    }

    fn payment(&self, provider_id: String) -> Asking<'_, Snapshot> {
        Box::pin(async move { payments::payment(&self.client, &provider_id).await })
    }

    fn find(&self, sought: Sought) -> Asking<'_, Vec<Snapshot>> {
        Box::pin(payments::find(&self.client, sought))
    }

    fn refund_state(&self, sought: RefundSought) -> Asking<'_, Option<RefundSnapshot>> {
        Box::pin(refunds::state(&self.client, sought))
    }

    fn probe(&self) -> Asking<'_, ()> {
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
    fn payments(&self, window: Window, cursor: Option<String>) -> Asking<'_, Page<Snapshot>> {
        Box::pin(lists::payments(&self.client, window, cursor))
    }

    fn refunds(&self, window: Window, cursor: Option<String>) -> Asking<'_, Page<RefundSnapshot>> {
        Box::pin(lists::refunds(&self.client, window, cursor))
    }
}

impl ReceiptIssuer for Yookassa {
    fn receipt(&self, wish: ReceiptRequest) -> Asking<'_, ReceiptSnapshot> {
        Box::pin(receipts::receipt(&self.client, wish))
    }

    fn receipts_of(&self, of: ReceiptOf) -> Asking<'_, Vec<ReceiptSnapshot>> {
        Box::pin(receipts::receipts_of(&self.client, of))
    }
}
