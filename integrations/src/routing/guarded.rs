//! A provider behind its breakers: one for each class of operations, none for reading.

use std::sync::Arc;

use commands::ports::{
    Bank, Cancel, Capture, CreatePayment, Page, PaymentProvider, PaymentQuery, PaymentRail, PayoutProvider,
    PayoutRequest, PayoutSnapshot, ProviderFuture, ReceiptIssuer, ReceiptOf, ReceiptRequest, ReceiptSnapshot,
    RefundQuery, RefundRequest, RefundSnapshot, Snapshot, Statement, Window,
};
use domain::money::Money;
use domain::payment::provider::{CaptureMode, Provider};
use jiff::Timestamp;
use uuid::Uuid;

use super::gate::Gate;
use crate::breaker::BreakerOptions;
use crate::not_offered::not_offered;

/// What shares a breaker: operations that fail together.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OperationClass {
    Create,
    /// What happens to payments that exist: captured, given up, given back.
    Settle,
    Receipt,
    Payout,
}

impl OperationClass {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Settle => "settle",
            Self::Receipt => "receipt",
            Self::Payout => "payout",
        }
    }
}

/// A provider that is left alone while it fails. What is kept away answers as throttled: it was not sent, and the same
/// request may be made later.
pub struct Guarded {
    provider: Arc<dyn PaymentProvider>,
    create: Gate,
    settle: Gate,
    receipt: Gate,
}

/// A payout gateway that is left alone while it fails.
pub struct GuardedPayouts {
    gateway: Arc<dyn PayoutProvider>,
    payout: Gate,
}

impl Guarded {
    /// The provider behind closed breakers.
    pub fn new(provider: Arc<dyn PaymentProvider>, options: BreakerOptions) -> Self {
        let gate = |class| Gate::new(provider.name(), class, options);
        Self {
            create: gate(OperationClass::Create),
            settle: gate(OperationClass::Settle),
            receipt: gate(OperationClass::Receipt),
            provider,
        }
    }

    fn call<'a, T: 'a>(
        &'a self,
        gate: &'a Gate,
        at: Timestamp,
        calling: ProviderFuture<'a, T>,
    ) -> ProviderFuture<'a, T> {
        Box::pin(gate.call(at, self.provider.probe(), calling))
    }

    /// Whether a new payment would be let through now.
    pub fn admits_new(&self, at: Timestamp) -> bool {
        self.create.breaker().admits(at)
    }
}

impl GuardedPayouts {
    /// The gateway behind a closed breaker, named after its provider.
    pub fn new(gateway: Arc<dyn PayoutProvider>, options: BreakerOptions) -> Self {
        Self {
            payout: Gate::new(gateway.name(), OperationClass::Payout, options),
            gateway,
        }
    }
}

impl PayoutProvider for GuardedPayouts {
    fn name(&self) -> Provider {
        self.gateway.name()
    }

    fn payout(&self, request: PayoutRequest) -> ProviderFuture<'_, PayoutSnapshot> {
        let at = request.request_attempt.at;
        let paying_out = self.gateway.payout(request);
        Box::pin(self.payout.call(at, self.gateway.balance(), paying_out))
    }

    fn payout_state(&self, provider_id: String) -> ProviderFuture<'_, PayoutSnapshot> {
        self.gateway.payout_state(provider_id)
    }

    fn find_payout(&self, payout_id: Uuid, created: Window) -> ProviderFuture<'_, Vec<PayoutSnapshot>> {
        self.gateway.find_payout(payout_id, created)
    }

    fn payouts(&self, window: Window, cursor: Option<String>) -> ProviderFuture<'_, Page<PayoutSnapshot>> {
        self.gateway.payouts(window, cursor)
    }

    fn banks(&self) -> ProviderFuture<'_, Vec<Bank>> {
        self.gateway.banks()
    }

    fn balance(&self) -> ProviderFuture<'_, Option<Money>> {
        self.gateway.balance()
    }
}

impl PaymentProvider for Guarded {
    fn name(&self) -> Provider {
        self.provider.name()
    }

    fn offers(&self, rail: PaymentRail, taking: CaptureMode) -> bool {
        self.provider.offers(rail, taking)
    }

    fn create(&self, request: CreatePayment) -> ProviderFuture<'_, Snapshot> {
        let at = request.request_attempt.at;
        self.call(&self.create, at, self.provider.create(request))
    }

    fn capture(&self, request: Capture) -> ProviderFuture<'_, Snapshot> {
        let at = request.request_attempt.at;
        self.call(&self.settle, at, self.provider.capture(request))
    }

    fn cancel(&self, request: Cancel) -> ProviderFuture<'_, Snapshot> {
        let at = request.request_attempt.at;
        self.call(&self.settle, at, self.provider.cancel(request))
    }

    fn refund(&self, request: RefundRequest) -> ProviderFuture<'_, RefundSnapshot> {
        let at = request.request_attempt.at;
        self.call(&self.settle, at, self.provider.refund(request))
    }

    fn payment(&self, provider_id: String) -> ProviderFuture<'_, Snapshot> {
        self.provider.payment(provider_id)
    }

    fn find(&self, sought: PaymentQuery) -> ProviderFuture<'_, Vec<Snapshot>> {
        self.provider.find(sought)
    }

    fn refund_state(&self, sought: RefundQuery) -> ProviderFuture<'_, Option<RefundSnapshot>> {
        self.provider.refund_state(sought)
    }

    fn probe(&self) -> ProviderFuture<'_, ()> {
        self.provider.probe()
    }

    fn statement(&self) -> Option<&dyn Statement> {
        self.provider.statement()
    }

    fn receipts(&self) -> Option<&dyn ReceiptIssuer> {
        self.provider.receipts().map(|_| self as &dyn ReceiptIssuer)
    }
}

impl ReceiptIssuer for Guarded {
    fn receipt(&self, request: ReceiptRequest) -> ProviderFuture<'_, ReceiptSnapshot> {
        let at = request.request_attempt.at;
        match self.provider.receipts() {
            Some(issuer) => self.call(&self.receipt, at, issuer.receipt(request)),
            None => Box::pin(async { not_offered() }),
        }
    }

    fn receipts_of(&self, of: ReceiptOf) -> ProviderFuture<'_, Vec<ReceiptSnapshot>> {
        match self.provider.receipts() {
            Some(issuer) => issuer.receipts_of(of),
            None => Box::pin(async { not_offered() }),
        }
    }
}
