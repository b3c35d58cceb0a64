//! A T-Bank terminal behind the house's door for payment providers.

use commands::ports::{
    Answer, Asking, Cancel, Capture, CreatePayment, PayBy, PaymentProvider, ProviderName, ReceiptIssuer,
    ReceiptOf, ReceiptRequest, ReceiptSnapshot, RefundRequest, RefundSnapshot, RefundSought, Snapshot,
    Sought, Statement, Taking,
};
use serde_json::json;

use super::client::{Client, Fields, Terminal};
use super::wire::Nothing;
use super::{payments, receipts, refunds};
use crate::http::Http;

/// What a terminal is told beside its keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TbankSettings {
    /// Where the bank sends its notices; none leaves it to the cabinet's settings.
    pub notification_url: Option<String>,
}

/// How a rehearsed payment on a test terminal ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestOutcome {
    /// The patient pays.
    Paid,
    /// The patient's bank refuses.
    Rejected,
    /// Nobody pays in time.
    Expired,
}

/// A T-Bank terminal. Its address is the host's root, such as `https://securepay.tinkoff.ru`.
#[derive(Clone, Debug)]
pub struct Tbank {
    client: Client,
    settings: TbankSettings,
}

impl Tbank {
    /// The terminal with this key and password.
    pub const fn new(http: Http, terminal: Terminal, settings: TbankSettings) -> Self {
        Self {
            client: Client::new(http, terminal),
            settings,
        }
    }

    /// Rehearses what a patient does with a payment's QR code; for test terminals, after the code was made.
    pub fn rehearse(&self, provider_id: String, outcome: TestOutcome) -> Asking<'_, ()> {
        Box::pin(async move {
            let fields = Fields::from_iter([
                ("PaymentId".to_owned(), json!(provider_id)),
                (
                    "IsDeadlineExpired".to_owned(),
                    json!(outcome == TestOutcome::Expired),
                ),
                ("IsRejected".to_owned(), json!(outcome == TestOutcome::Rejected)),
            ]);
            let answer: Answer<Nothing> = self.client.act("rehearse", &["v2", "SbpPayTest"], fields).await;
            answer.map(|Nothing {}| ())
        })
    }
}

impl PaymentProvider for Tbank {
    fn name(&self) -> ProviderName {
        ProviderName::Tbank
    }

    fn offers(&self, pay_by: PayBy, taking: Taking) -> bool {
        (pay_by, taking) == (PayBy::Sbp, Taking::AtOnce)
    }

    fn create(&self, wish: CreatePayment) -> Asking<'_, Snapshot> {
        Box::pin(payments::create(&self.client, &self.settings, wish))
    }

    fn capture(&self, _wish: Capture) -> Asking<'_, Snapshot> {
        // The faster payments system knows no holds.
        Box::pin(async { crate::not_offered() })
    }

    fn cancel(&self, wish: Cancel) -> Asking<'_, Snapshot> {
        Box::pin(payments::cancel(&self.client, wish))
    }

    fn refund(&self, wish: RefundRequest) -> Asking<'_, RefundSnapshot> {
        Box::pin(refunds::refund(&self.client, wish))
    }

    fn payment(&self, provider_id: String) -> Asking<'_, Snapshot> {
        Box::pin(async move { payments::shown(&self.client, &provider_id).await })
    }

    fn find(&self, sought: Sought) -> Asking<'_, Vec<Snapshot>> {
        Box::pin(payments::find(&self.client, sought))
    }

    fn refund_state(&self, sought: RefundSought) -> Asking<'_, Option<RefundSnapshot>> {
        Box::pin(refunds::state(&self.client, sought))
    }

    fn probe(&self) -> Asking<'_, ()> {
        Box::pin(payments::probe(&self.client))
    }

    fn statement(&self) -> Option<&dyn Statement> {
        None
    }

    fn receipts(&self) -> Option<&dyn ReceiptIssuer> {
        Some(self)
    }
}

impl ReceiptIssuer for Tbank {
    fn receipt(&self, wish: ReceiptRequest) -> Asking<'_, ReceiptSnapshot> {
        Box::pin(receipts::receipt(&self.client, wish))
    }

    fn receipts_of(&self, _of: ReceiptOf) -> Asking<'_, Vec<ReceiptSnapshot>> {
        Box::pin(async { crate::not_offered() })
    }
}
