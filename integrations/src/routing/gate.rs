//! One breaker in front of one class of a provider's operations: who may call, and what the call's outcome teaches.

use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use commands::ports::{ProviderReply, UnknownReason};
use domain::payment::provider::Provider;
use jiff::{SignedDuration, Timestamp};

use super::OperationClass;
use crate::breaker::{Admission, Breaker, BreakerOptions, CallOutcome, Permit};

/// What is kept away answers as throttled: it was not sent, and the same request may be made later.
pub(super) struct Gate {
    provider: Provider,
    class: OperationClass,
    breaker: Mutex<Breaker>,
}

impl Gate {
    pub(super) const fn new(provider: Provider, class: OperationClass, options: BreakerOptions) -> Self {
        Self {
            provider,
            class,
            breaker: Mutex::new(Breaker::new(options)),
        }
    }

    /// The breaker; its lock is never held across a call.
    pub(super) fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the call if it may be made. A trial is preceded by a question that changes nothing, so that no patient's
    /// money is what finds out; otherwise the question is not asked.
    pub(super) async fn call<T, P>(
        &self,
        at: Timestamp,
        probing: impl Future<Output = ProviderReply<P>>,
        calling: impl Future<Output = ProviderReply<T>>,
    ) -> ProviderReply<T> {
        let admission = self.breaker().admit(at);
        let permit = match admission {
            Admission::Granted(permit) => permit,
            Admission::Wait { until } => return later(until.duration_since(at)),
        };
        let started = Instant::now();
        if permit.trial
            && let Some(outcome) = dead(&probing.await, at)
        {
            let until = self.settled(permit, outcome, at, started).unwrap_or(at);
            return later(until.duration_since(at));
        }
        let answer = calling.await;
        metrics::counter!(
            "tot_provider_calls_total",
            "provider" => self.provider.as_str(),
            "class" => self.class.word(),
            "answer" => answer.word(),
        )
        .increment(1);
        self.settled(permit, outcome(&answer, at), at, started);
        answer
    }

    /// Records an outcome and says until when calls are kept away since.
    fn settled(
        &self,
        permit: Permit,
        outcome: CallOutcome,
        at: Timestamp,
        started: Instant,
    ) -> Option<Timestamp> {
        let elapsed = SignedDuration::try_from(started.elapsed()).unwrap_or(SignedDuration::MAX);
        let now = at.checked_add(elapsed).unwrap_or(Timestamp::MAX);
        let mut breaker = self.breaker();
        let was_open = breaker.is_open();
        breaker.record(permit, outcome, now);
        let is_open = breaker.is_open();
        let until = breaker.waits_until(now);
        drop(breaker);
        if was_open != is_open {
            let (provider, class) = (self.provider.as_str(), self.class.word());
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
}

/// What to record when the provider does not even answer a harmless question.
fn dead<P>(answer: &ProviderReply<P>, at: Timestamp) -> Option<CallOutcome> {
    match answer {
        ProviderReply::Accepted(_) | ProviderReply::Refused(_) => None,
        ProviderReply::Throttled { retry_after } => Some(throttled(*retry_after, at)),
        ProviderReply::Unknown(_) => Some(CallOutcome::Failed),
    }
}

fn outcome<T>(answer: &ProviderReply<T>, at: Timestamp) -> CallOutcome {
    match answer {
        ProviderReply::Accepted(_) | ProviderReply::Refused(_) => CallOutcome::Answered,
        ProviderReply::Throttled { retry_after } => throttled(*retry_after, at),
        ProviderReply::Unknown(because) => match because {
            UnknownReason::TooLateToRepeat | UnknownReason::CannotTell(_) => CallOutcome::NotMade,
            UnknownReason::NotConnected
            | UnknownReason::Timeout
            | UnknownReason::ConnectionLost
            | UnknownReason::Status(_)
            | UnknownReason::ProviderError(_)
            | UnknownReason::Processing { .. }
            | UnknownReason::Unreadable(_) => CallOutcome::Failed,
        },
    }
}

fn throttled(retry_after: Duration, at: Timestamp) -> CallOutcome {
    let wait = SignedDuration::try_from(retry_after).unwrap_or(SignedDuration::MAX);
    CallOutcome::Throttled {
        until: at.checked_add(wait).unwrap_or(Timestamp::MAX),
    }
}

fn later<T>(wait: SignedDuration) -> ProviderReply<T> {
    ProviderReply::Throttled {
        retry_after: Duration::try_from(wait).unwrap_or_default(),
    }
}
