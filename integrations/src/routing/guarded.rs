//! A provider behind its breakers: one for each class of operations, none for reading.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use commands::ports::{
    Answer, Asking, Cancel, Capture, CreatePayment, PayBy, PaymentProvider, ProviderName, ReceiptIssuer,
    ReceiptOf, ReceiptRequest, ReceiptSnapshot, RefundRequest, RefundSnapshot, RefundSought, Snapshot,
    Sought, Statement, Taking, UnknownBecause,
};
use jiff::{SignedDuration, Timestamp};

use crate::breaker::{Admission, Breaker, BreakerOptions, Outcome, Permit};

/// What shares a breaker: operations that fail together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OperationClass {
    /// New payments.
    Create,
    /// What happens to payments that exist: captured, given up, given back.
    Settle,
    /// Receipts of their own.
    Receipt,
}

impl OperationClass {
    const fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Settle => "settle",
            Self::Receipt => "receipt",
        }
    }
}

/// A provider that is left alone while it fails. What is kept away answers as throttled: it was not sent, and the same
/// request may be made later.
pub struct Guarded {
    provider: Arc<dyn PaymentProvider>,
    create: Mutex<Breaker>,
    settle: Mutex<Breaker>,
    receipt: Mutex<Breaker>,
}

impl Guarded {
    /// The provider behind closed breakers.
    pub const fn new(provider: Arc<dyn PaymentProvider>, options: BreakerOptions) -> Self {
        Self {
            provider,
            create: Mutex::new(Breaker::new(options)),
            settle: Mutex::new(Breaker::new(options)),
            receipt: Mutex::new(Breaker::new(options)),
        }
    }

    /// Whether a new payment would be let through now.
    pub fn admits_new(&self, at: Timestamp) -> bool {
        self.breaker(OperationClass::Create).admits(at)
    }

    /// Whether operations of the class are being kept away.
    pub fn is_open(&self, class: OperationClass) -> bool {
        self.breaker(class).is_open()
    }

    fn breaker(&self, class: OperationClass) -> MutexGuard<'_, Breaker> {
        let breaker = match class {
            OperationClass::Create => &self.create,
            OperationClass::Settle => &self.settle,
            OperationClass::Receipt => &self.receipt,
        };
        breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the call if it may be made. The breaker's lock is not held meanwhile. A trial is preceded by a question
    /// that changes nothing, so that no patient's money is what finds out.
    async fn call<T>(
        &self,
        class: OperationClass,
        at: Timestamp,
        calling: impl Future<Output = Answer<T>>,
    ) -> Answer<T> {
        let admission = self.breaker(class).admit(at);
        let permit = match admission {
            Admission::Granted(permit) => permit,
            Admission::Wait { until } => return later(until.duration_since(at)),
        };
        let started = Instant::now();
        if permit.trial
            && let Some(outcome) = self.dead(at).await
        {
            let until = self.settled(class, permit, outcome, at, started).unwrap_or(at);
            return later(until.duration_since(at));
        }
        let answer = calling.await;
        metrics::counter!(
            "tot_provider_calls_total",
            "provider" => self.provider.name().as_str(),
            "class" => class.word(),
            "answer" => answer.word(),
        )
        .increment(1);
        self.settled(class, permit, outcome(&answer, at), at, started);
        answer
    }

    /// Records an outcome and says until when calls are kept away since.
    fn settled(
        &self,
        class: OperationClass,
        permit: Permit,
        outcome: Outcome,
        at: Timestamp,
        started: Instant,
    ) -> Option<Timestamp> {
        let elapsed = SignedDuration::try_from(started.elapsed()).unwrap_or(SignedDuration::MAX);
        let now = at.checked_add(elapsed).unwrap_or(Timestamp::MAX);
        let mut breaker = self.breaker(class);
        let was_open = breaker.is_open();
        breaker.record(permit, outcome, now);
        let is_open = breaker.is_open();
        let until = breaker.waits_until(now);
        drop(breaker);
        if was_open != is_open {
            let (provider, class) = (self.provider.name().as_str(), class.word());
            tracing::warn!(
                provider,
                class,
                breaker.open = is_open,
                "The provider's breaker changed"
            );
            metrics::gauge!("tot_provider_breaker_open", "provider" => provider, "class" => class)
                .set(if is_open { 1.0 } else { 0.0 });
        }
        until
    }

    /// What to record when the provider does not even answer a harmless question.
    async fn dead(&self, at: Timestamp) -> Option<Outcome> {
        match self.provider.probe().await {
            Answer::Accepted(()) | Answer::Refused(_) => None,
            Answer::Throttled { retry_after } => Some(throttled(retry_after, at)),
            Answer::Unknown(_) => Some(Outcome::Failed),
        }
    }
}

fn outcome<T>(answer: &Answer<T>, at: Timestamp) -> Outcome {
    match answer {
        Answer::Accepted(_) | Answer::Refused(_) => Outcome::Answered,
        Answer::Throttled { retry_after } => throttled(*retry_after, at),
        Answer::Unknown(because) => match because {
            UnknownBecause::TooLateToRepeat | UnknownBecause::CannotTell(_) => Outcome::NotMade,
            UnknownBecause::NotConnected
            | UnknownBecause::Timeout
            | UnknownBecause::ConnectionLost
            | UnknownBecause::Status(_)
            | UnknownBecause::Fault(_)
            | UnknownBecause::Processing { .. }
            | UnknownBecause::Unreadable(_) => Outcome::Failed,
        },
    }
}

fn throttled(retry_after: Duration, at: Timestamp) -> Outcome {
    let wait = SignedDuration::try_from(retry_after).unwrap_or(SignedDuration::MAX);
    Outcome::Throttled {
        until: at.checked_add(wait).unwrap_or(Timestamp::MAX),
    }
}

fn later<T>(wait: SignedDuration) -> Answer<T> {
    Answer::Throttled {
        retry_after: Duration::try_from(wait).unwrap_or_default(),
    }
}

impl PaymentProvider for Guarded {
    fn name(&self) -> ProviderName {
        self.provider.name()
    }

    fn offers(&self, pay_by: PayBy, taking: Taking) -> bool {
        self.provider.offers(pay_by, taking)
    }

    fn create(&self, wish: CreatePayment) -> Asking<'_, Snapshot> {
        let at = wish.sending.at;
        Box::pin(self.call(OperationClass::Create, at, self.provider.create(wish)))
    }

    fn capture(&self, wish: Capture) -> Asking<'_, Snapshot> {
        let at = wish.sending.at;
        Box::pin(self.call(OperationClass::Settle, at, self.provider.capture(wish)))
    }

    fn cancel(&self, wish: Cancel) -> Asking<'_, Snapshot> {
        let at = wish.sending.at;
        Box::pin(self.call(OperationClass::Settle, at, self.provider.cancel(wish)))
    }

    fn refund(&self, wish: RefundRequest) -> Asking<'_, RefundSnapshot> {
        let at = wish.sending.at;
        Box::pin(self.call(OperationClass::Settle, at, self.provider.refund(wish)))
    }

    fn payment(&self, provider_id: String) -> Asking<'_, Snapshot> {
        self.provider.payment(provider_id)
    }

    fn find(&self, sought: Sought) -> Asking<'_, Vec<Snapshot>> {
        self.provider.find(sought)
    }

    fn refund_state(&self, sought: RefundSought) -> Asking<'_, Option<RefundSnapshot>> {
        self.provider.refund_state(sought)
    }

    fn probe(&self) -> Asking<'_, ()> {
        self.provider.probe()
    }

    fn statement(&self) -> Option<&dyn Statement> {
        self.provider.statement()
    }

    fn receipts(&self) -> Option<&dyn ReceiptIssuer> {
        self.provider.receipts().map(|_till| self as &dyn ReceiptIssuer)
    }
}

impl ReceiptIssuer for Guarded {
    fn receipt(&self, wish: ReceiptRequest) -> Asking<'_, ReceiptSnapshot> {
        let at = wish.sending.at;
        match self.provider.receipts() {
            Some(till) => Box::pin(self.call(OperationClass::Receipt, at, till.receipt(wish))),
            None => Box::pin(async { crate::not_offered() }),
        }
    }

    fn receipts_of(&self, of: ReceiptOf) -> Asking<'_, Vec<ReceiptSnapshot>> {
        match self.provider.receipts() {
            Some(till) => till.receipts_of(of),
            None => Box::pin(async { crate::not_offered() }),
        }
    }
}
