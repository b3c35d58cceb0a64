//! A T-Bank terminal behind the platform's port for payment providers.

use commands::ports::{
    Cancel, Capture, CreatePayment, PaymentProvider, PaymentQuery, PaymentRail, ProviderFuture,
    ProviderReply, ReceiptIssuer, ReceiptOf, ReceiptRequest, ReceiptSnapshot, RefundQuery, RefundRequest,
    RefundSnapshot, Snapshot, Statement,
};
use domain::payment::provider::{CaptureMode, Provider};
use serde_json::json;

use super::client::{Client, RequestFields, Terminal};
use super::wire::Nothing;
use super::{payments, receipts, refunds};
use crate::http::Http;
use crate::not_offered::not_offered;

/// What a terminal is told beside its keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TbankSettings {
    /// Where the bank sends its notices; none leaves it to the cabinet's settings.
    pub notification_url: Option<String>,
}

/// How a rehearsed payment on a test terminal ends.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestOutcome {
    Paid,
    Rejected,
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
    pub fn rehearse(&self, provider_id: String, outcome: TestOutcome) -> ProviderFuture<'_, ()> {
        Box::pin(async move {
            let fields = RequestFields::from_iter([
                ("PaymentId".to_owned(), json!(provider_id)),
                (
                    "IsDeadlineExpired".to_owned(),
                    json!(outcome == TestOutcome::Expired),
                ),
                ("IsRejected".to_owned(), json!(outcome == TestOutcome::Rejected)),
            ]);
            let answer: ProviderReply<Nothing> =
                self.client.act("rehearse", &["v2", "SbpPayTest"], fields).await;
            answer.map(|Nothing {}| ())
        })
    }
}

impl PaymentProvider for Tbank {
    fn name(&self) -> Provider {
        Provider::Tbank
    }

    fn offers(&self, rail: PaymentRail, taking: CaptureMode) -> bool {
        (rail, taking) == (PaymentRail::Sbp, CaptureMode::AtOnce)
    }

    fn create(&self, request: CreatePayment) -> ProviderFuture<'_, Snapshot> {
        Box::pin(payments::create(&self.client, &self.settings, request))
    }

    fn capture(&self, _: Capture) -> ProviderFuture<'_, Snapshot> {
        // The faster payments system knows no holds.
        Box::pin(async { not_offered() })
    }

    fn cancel(&self, request: Cancel) -> ProviderFuture<'_, Snapshot> {
        Box::pin(payments::cancel(&self.client, request))
    }

    fn refund(&self, request: RefundRequest) -> ProviderFuture<'_, RefundSnapshot> {
        Box::pin(refunds::refund(&self.client, request))
    }

    fn payment(&self, provider_id: String) -> ProviderFuture<'_, Snapshot> {
        Box::pin(async move { payments::shown(&self.client, &provider_id).await })
    }

    fn find(&self, sought: PaymentQuery) -> ProviderFuture<'_, Vec<Snapshot>> {
        Box::pin(payments::find(&self.client, sought))
    }

    fn refund_state(&self, sought: RefundQuery) -> ProviderFuture<'_, Option<RefundSnapshot>> {
        Box::pin(refunds::state(&self.client, sought))
    }

    fn probe(&self) -> ProviderFuture<'_, ()> {
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
    fn receipt(&self, request: ReceiptRequest) -> ProviderFuture<'_, ReceiptSnapshot> {
        Box::pin(receipts::receipt(&self.client, request))
    }

    fn receipts_of(&self, _of: ReceiptOf) -> ProviderFuture<'_, Vec<ReceiptSnapshot>> {
        Box::pin(async { not_offered() })
    }
}
