//! Our side, as a comparison needs it: read in pieces, looked at once more from the log, and written through use cases.
#![expect(missing_docs, reason = "pure data: most names say it all")]

pub mod payouts;

use commands::ports::{ReferenceSubject, RefundSnapshot, Snapshot, Window};
use domain::ids::PaymentId;
use domain::money::Money;
use domain::payment::Payment;
use domain::payment::anomaly::AnomalyEntry;
use domain::payment::attempt::RefundStage;
use domain::payment::provider::{Call, Provider};
use domain::payment::purpose::{Purpose, transfer_of};
use domain::payment::status::PaymentStatus;
use futures::future::BoxFuture;
use jiff::Timestamp;
use projections::provider_payments::TotalRow;

use payouts::PayoutLedgerSource;

/// A payment as we have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OurPayment {
    pub payment_id: PaymentId,
    /// What the provider was told that it is for.
    pub subject: ReferenceSubject,
    /// The provider's id of it, once known.
    pub provider_id: Option<String>,
    /// The latest attempt at beginning it; 0 before the first.
    pub attempt: u16,
    pub status: PaymentStatus,
    pub amount: Money,
    pub held: Money,
    pub captured: Money,
    pub refunded: Money,
    /// What reaches the platform, once known.
    pub income: Option<Money>,
    pub started_at: Timestamp,
}

/// A refund as we have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OurRefund {
    pub payment_id: PaymentId,
    /// Its number within the payment.
    pub number: u32,
    pub payment_provider_id: Option<String>,
    /// The provider's id of the refund, once known.
    pub provider_id: Option<String>,
    pub stage: RefundStage,
    pub amount: Money,
    pub captured: Money,
    pub requested_at: Timestamp,
}

/// A payment as the log has it, with everything that explains a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentRecord {
    pub ours: OurPayment,
    /// What refunds take up of it, those under way included.
    pub reserved: Money,
    pub refunds: Vec<OurRefund>,
    /// What a provider showed of it and the rules could not believe.
    pub anomalies: Vec<AnomalyEntry>,
}

/// A payment after it was told what the provider has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedPayment {
    /// The payment as it stands now.
    pub carried: PaymentRecord,
    /// Whether anything of it was news.
    pub news: bool,
}

/// Our side cannot be read or written; nothing can be compared then.
#[derive(Debug, thiserror::Error)]
#[error("our own books cannot be read or written")]
pub struct LedgerSourceError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// An answer of our side.
pub type LedgerFuture<'a, T> = BoxFuture<'a, Result<T, LedgerSourceError>>;

/// A stretch of time of one provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    pub provider: Provider,
    pub window: Window,
}

/// Our side: the read models for what is many, the log for what is doubtful, use cases for what is news.
pub trait LedgerSource: PayoutLedgerSource {
    /// Payments started within the stretch, oldest first, behind the one given; none means that there are no more.
    fn payments(
        &self,
        within: Interval,
        after: Option<(Timestamp, PaymentId)>,
        rows: u32,
    ) -> LedgerFuture<'_, Vec<OurPayment>>;

    /// Payments that the provider knows under one of these ids, and those of ours.
    fn known_as(
        &self,
        provider: Provider,
        provider_ids: Vec<String>,
        payments: Vec<PaymentId>,
    ) -> LedgerFuture<'_, Vec<OurPayment>>;

    /// Refunds decided within the stretch, oldest first, behind the one given; none means that there are no more.
    fn refunds(
        &self,
        within: Interval,
        after: Option<(Timestamp, PaymentId, u32)>,
        rows: u32,
    ) -> LedgerFuture<'_, Vec<OurRefund>>;

    /// Refunds of payments that the provider knows under these ids.
    fn refunds_of(
        &self,
        provider: Provider,
        payment_provider_ids: Vec<String>,
    ) -> LedgerFuture<'_, Vec<OurRefund>>;

    /// What the payments started within a window come to, with everything recorded so far.
    fn totals(&self, window: Window) -> LedgerFuture<'_, Vec<TotalRow>>;

    /// A payment as the log has it; none when there is no such payment that a provider carries.
    fn now(&self, payment: PaymentId) -> LedgerFuture<'_, Option<PaymentRecord>>;

    /// Tells what is paid what the provider has of it; none when we know of no such payment.
    fn record(&self, subject: ReferenceSubject, seen: Snapshot) -> LedgerFuture<'_, Option<RecordedPayment>>;

    /// Tells a refund what the provider has of it; none when we know of no such refund.
    fn record_refund(
        &self,
        payment: PaymentId,
        number: u32,
        seen: RefundSnapshot,
    ) -> LedgerFuture<'_, Option<RecordedPayment>>;
}

impl PaymentRecord {
    /// The payment in this state; none unless a provider carries it.
    pub fn of(payment: &Payment) -> Option<Self> {
        let attempt = payment.attempt().filter(|attempt| attempt.route.is_some())?;
        let ours = OurPayment {
            payment_id: attempt.terms.payment_id,
            subject: match attempt.terms.purpose {
                Purpose::Booking(_) => ReferenceSubject::Payment(attempt.terms.payment_id),
                Purpose::Deposit => ReferenceSubject::Deposit(transfer_of(attempt.terms.payment_id)),
            },
            provider_id: attempt.provider_id.clone(),
            attempt: attempt.latest(Call::Create).map_or(0, |made| made.attempt),
            status: payment.status(),
            amount: attempt.terms.amount,
            held: attempt.held,
            captured: attempt.captured,
            refunded: attempt.refunded,
            income: attempt.income,
            started_at: attempt.terms.started_at,
        };
        let refunds = attempt.refund_list.iter().map(|refund| OurRefund {
            payment_id: attempt.terms.payment_id,
            number: refund.number,
            payment_provider_id: attempt.provider_id.clone(),
            provider_id: refund.provider_id.clone(),
            stage: refund.stage,
            amount: refund.amount,
            captured: attempt.captured,
            // The state does not keep when; only lists are cut by time.
            requested_at: attempt.terms.started_at,
        });
        Some(Self {
            reserved: attempt.reserved().unwrap_or(attempt.refunded),
            refunds: refunds.collect(),
            anomalies: attempt.anomalies.clone(),
            ours,
        })
    }

    /// The refund with this number.
    pub fn refund(&self, number: u32) -> Option<&OurRefund> {
        self.refunds.iter().find(|refund| refund.number == number)
    }

    /// What earlier refunds gave back before refund `number`.
    pub fn refunded_before(&self, number: u32) -> Money {
        let done = self
            .refunds
            .iter()
            .filter(|refund| refund.number < number && refund.stage == RefundStage::Succeeded);
        let nothing = Money {
            minor: 0,
            currency: self.ours.amount.currency,
        };
        done.map(|refund| refund.amount)
            .try_fold(nothing, Money::plus)
            .unwrap_or(self.ours.refunded)
    }
}
