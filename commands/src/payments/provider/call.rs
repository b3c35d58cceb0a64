//! One request to a provider: recorded, sent, and its answer recorded. What got no answer is sent again under its key, as
//! long as the provider knows the key, and looked for afterwards.

use std::sync::Arc;

use domain::payment::Payment;
use domain::payment::anomaly::Source;
use domain::payment::attempt::Attempt;
use domain::payment::commands::{IntendCall, RecordNotCreated, RecordRefused, RecordStuck};
use domain::payment::decide::calls::{Patience, is_wanted, must_wait, prints_each_time};
use domain::payment::provider::{CALL_ATTEMPTS_MAX, Call, CallMade};
use jiff::{SignedDuration, Timestamp};

use crate::context::CommandMetadata;
use crate::intents::{FollowUp, Intent};
use crate::payments::PaymentRef;
use crate::payments::provider::prepare::{PreparedRequest, prepare};
use crate::payments::provider::state::{carrier, execute_on_payment, read, subject};
use crate::payments::provider::translate::Observation;
use crate::payments::provider::turn::settles_soon;
use crate::payments::provider::{poll, receipts, record, send, translate};
use crate::ports::{
    IdempotencyKey, PaymentProvider, PaymentQuery, ProviderReply, Reference, ReferenceSubject, RefusalKind,
    Refused, RequestAttempt, UnknownReason, Window,
};
use crate::refusal::CommandError;
use crate::retry_schedule::{RetrySchedule, earlier, later};
use crate::services::CommandServices;

/// A request that only an operator can mend is looked for again after a day, in seconds.
const STUCK_LOOK: u32 = 24 * 3_600;

/// A request with everything that is known about it.
pub(super) struct ProviderCall<'a> {
    pub(super) services: &'a CommandServices,
    pub(super) metadata: &'a CommandMetadata,
    pub(super) payment_ref: PaymentRef,
    pub(super) subject: ReferenceSubject,
    pub(super) call: Call,
    pub(super) provider: Arc<dyn PaymentProvider>,
    pub(super) made: CallMade,
    pub(super) request_attempt: RequestAttempt,
    pub(super) prepared: PreparedRequest,
}

/// What became of a request, once what was accepted is recorded.
pub(super) enum SendResult {
    Recorded,
    Otherwise(ProviderReply<()>),
}

/// Makes a request of the provider, if the payment still wants it.
///
/// # Errors
/// The errors of the log and the database; never what the provider answers.
pub(crate) async fn call(
    services: &CommandServices,
    metadata: &CommandMetadata,
    payment_ref: PaymentRef,
    call: Call,
) -> Result<Option<FollowUp>, CommandError> {
    let payment = read(services, payment_ref).await?;
    let Some(attempt) = payment
        .attempt()
        .filter(|attempt| is_wanted(&payment, attempt, call))
    else {
        return Ok(None);
    };
    let at = services.log.clock().now();
    let Some(provider) = carrier(services, attempt) else {
        // Its keys were taken away while it still owes an answer: only an operator can give them back.
        stuck(services, metadata, payment_ref, call, false).await?;
        return Ok(again(payment_ref, call, at, services.ports.retries.absent));
    };
    let retries = &services.ports.retries;
    let patience = Patience {
        closing_receipt_timeout: SignedDuration::from_secs(retries.closing_receipt_timeout.into()),
        receipt_notice_timeout: SignedDuration::from_secs(retries.receipt_notice_timeout.into()),
    };
    if must_wait(attempt, call, at, patience)
        || settles_soon(services, payment_ref, attempt, call, at).await?
    {
        return Ok(again(payment_ref, call, at, retries.repeat));
    }
    let prepared = prepare(services, attempt, call).await?;
    let known = attempt.latest(call).filter(|made| !made.refused).cloned();
    let made = match known.clone() {
        Some(made) => made,
        None => match intended(services, metadata, payment_ref, call, &prepared, at).await? {
            Some(made) => made,
            None => return Ok(None),
        },
    };
    let key = IdempotencyKey(made.key);
    let request = ProviderCall {
        services,
        metadata,
        payment_ref,
        subject: subject(&attempt.terms),
        call,
        provider,
        request_attempt: known.map_or(RequestAttempt::first(key, at), |made| {
            RequestAttempt::repeat(key, at, made.intended_at)
        }),
        made,
        prepared,
    };
    if request.made.body_digest != request.prepared.digest {
        return request.on_changed_body().await;
    }
    if !request.made.may_be_sent(at) {
        return request.search_provider().await;
    }
    match send::send(&request).await? {
        SendResult::Recorded => request.follow().await,
        SendResult::Otherwise(answer) => request.answered(answer).await,
    }
}

/// Records that the request will be sent; none when the payment does not want it any more.
async fn intended(
    services: &CommandServices,
    metadata: &CommandMetadata,
    payment_ref: PaymentRef,
    call: Call,
    prepared: &PreparedRequest,
    at: Timestamp,
) -> Result<Option<CallMade>, CommandError> {
    let body_digest = prepared.digest.clone();
    let command = IntendCall {
        call,
        body_digest,
        at,
    };
    let payment = match execute_on_payment(services, metadata, payment_ref, command).await {
        Ok(payment) => payment,
        Err(CommandError::Refused(_)) => {
            // Refused as often as there are attempts: nothing will mend by itself.
            stuck(services, metadata, payment_ref, call, true).await?;
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let made = payment.attempt().and_then(|attempt| attempt.latest(call));
    Ok(made.filter(|made| !made.refused).cloned())
}

fn again(payment_ref: PaymentRef, call: Call, at: Timestamp, seconds: u32) -> Option<FollowUp> {
    Some(FollowUp {
        intent: Intent::CallProvider { payment_ref, call },
        due_at: later(at, seconds),
    })
}

async fn stuck(
    services: &CommandServices,
    metadata: &CommandMetadata,
    payment_ref: PaymentRef,
    call: Call,
    refused: bool,
) -> Result<(), CommandError> {
    let at = services.log.clock().now();
    tracing::error!(payment.id = %payment_ref.payment_id, call = call.word(), "A request to a provider needs an operator");
    execute_on_payment(services, metadata, payment_ref, RecordStuck { call, refused, at })
        .await
        .map(drop)
}

impl ProviderCall<'_> {
    /// Which attempt it is, as the provider is told.
    pub(super) const fn reference(&self) -> Reference {
        Reference {
            subject: self.subject,
            attempt: self.made.attempt,
        }
    }

    pub(super) async fn payment(&self) -> Result<Arc<Payment>, CommandError> {
        read(self.services, self.payment_ref).await
    }

    fn now(&self) -> Timestamp {
        self.services.log.clock().now()
    }

    fn again(&self, seconds: u32) -> Option<FollowUp> {
        again(self.payment_ref, self.call, self.now(), seconds)
    }

    const fn retries(&self) -> &RetrySchedule {
        &self.services.ports.retries
    }

    /// It was accepted: if that did not bring what was wanted, it is looked after.
    async fn follow(&self) -> Result<Option<FollowUp>, CommandError> {
        let payment = self.payment().await?;
        let wanted = payment
            .attempt()
            .is_some_and(|attempt| is_wanted(&payment, attempt, self.call));
        Ok(if wanted {
            self.again(self.retries().repeat)
        } else {
            None
        })
    }

    /// It was not accepted, or nobody knows.
    async fn answered(&self, answer: ProviderReply<()>) -> Result<Option<FollowUp>, CommandError> {
        match answer {
            ProviderReply::Accepted(()) => self.follow().await,
            ProviderReply::Refused(refused) => self.refused(&refused).await,
            ProviderReply::Throttled { retry_after } => {
                let seconds = u32::try_from(retry_after.as_secs()).unwrap_or(self.retries().repeat);
                Ok(self.again(seconds.saturating_add(1)))
            }
            ProviderReply::Unknown(because) => self.unknown(&because).await,
        }
    }

    /// A definite no allows another attempt. What the provider has instead is looked at first.
    async fn refused(&self, refused: &Refused) -> Result<Option<FollowUp>, CommandError> {
        tracing::warn!(payment.id = %self.payment_ref.payment_id, call = self.call.word(), code = refused.code,
                       "A provider refused a request");
        match refused.kind {
            RefusalKind::OurBug => {
                // The key may stand for another request of ours that did happen: nothing more is sent.
                stuck(self.services, self.metadata, self.payment_ref, self.call, true).await?;
                return self.poll().await.map(|()| None);
            }
            RefusalKind::Rejected
            | RefusalKind::NotNow
            | RefusalKind::NotFound
            | RefusalKind::Misconfigured
            | RefusalKind::NotOffered => {}
        }
        // The last attempt is refused for good whatever is said: somebody must look then.
        let not_now = refused.kind == RefusalKind::NotNow && self.made.attempt < CALL_ATTEMPTS_MAX;
        let command = RecordRefused {
            call: self.call,
            attempt: self.made.attempt,
            code: translate::coded(&refused.code),
            not_now,
            at: self.now(),
        };
        execute_on_payment(self.services, self.metadata, self.payment_ref, command).await?;
        match self.call {
            Call::Refund { .. } if not_now => {
                let waits = self.retries().repeat.saturating_mul(u32::from(self.made.attempt));
                Ok(self.again(waits))
            }
            Call::Create | Call::Refund { .. } | Call::Receipt { .. } => Ok(None),
            Call::Capture | Call::Cancel => {
                self.poll().await?;
                let waits = self.retries().repeat.saturating_mul(u32::from(self.made.attempt));
                let wanted = self.follow().await?.is_some();
                Ok(if wanted { self.again(waits) } else { None })
            }
        }
    }

    /// Nobody knows what became of it: the same again, or what there is.
    async fn unknown(&self, because: &UnknownReason) -> Result<Option<FollowUp>, CommandError> {
        tracing::info!(payment.id = %self.payment_ref.payment_id, call = self.call.word(), %because,
                       "The outcome of a request is unknown");
        match because {
            UnknownReason::TooLateToRepeat => return self.search_provider().await,
            UnknownReason::CannotTell(_) => {
                stuck(self.services, self.metadata, self.payment_ref, self.call, false).await?;
                return Ok(self.again(self.retries().absent));
            }
            UnknownReason::NotConnected
            | UnknownReason::Timeout
            | UnknownReason::ConnectionLost
            | UnknownReason::Status(_)
            | UnknownReason::ProviderError(_)
            | UnknownReason::Processing { .. }
            | UnknownReason::Unreadable(_) => {}
        }
        record::unknown(self.services, self.metadata, self.payment_ref, self.call).await?;
        self.repeat().await
    }

    /// The same again: under its key soon, and ever more rarely where each sending may print.
    async fn repeat(&self) -> Result<Option<FollowUp>, CommandError> {
        let payment = self.payment().await?;
        let prints = payment
            .attempt()
            .is_some_and(|attempt| prints_each_time(attempt, self.call));
        let retries = self.retries();
        let age = self.now().duration_since(self.made.intended_at).as_secs();
        Ok(self.again(if prints {
            u32::try_from(age)
                .unwrap_or(retries.receipt_notice_timeout)
                .max(retries.receipt_notice_timeout)
        } else {
            retries.repeat
        }))
    }

    /// A repeat would say something else than was sent before: it is looked for instead, and an operator told.
    async fn on_changed_body(&self) -> Result<Option<FollowUp>, CommandError> {
        stuck(self.services, self.metadata, self.payment_ref, self.call, false).await?;
        self.search_provider().await
    }

    /// It is too late to send it again: only what the provider has can tell.
    async fn search_provider(&self) -> Result<Option<FollowUp>, CommandError> {
        match self.call {
            Call::Create => self.search().await,
            Call::Capture | Call::Cancel | Call::Refund { .. } | Call::Receipt { .. } => {
                self.poll().await?;
                if self.follow().await?.is_some() {
                    stuck(self.services, self.metadata, self.payment_ref, self.call, false).await?;
                    return Ok(self.again(STUCK_LOOK));
                }
                Ok(None)
            }
        }
    }

    /// Searches the provider's lists for a payment that may never have been made. Where nobody answers even that when nothing
    /// can be sent any more, an operator is told.
    async fn search(&self) -> Result<Option<FollowUp>, CommandError> {
        let slack = self.retries().list_slack;
        let created = Window {
            from: earlier(self.made.intended_at, slack),
            to: later(self.now(), slack),
        };
        let reference = self.reference();
        let observation = Observation::by(Source::List, &*self.payment().await?);
        let over = !self.made.may_be_sent(self.now());
        let found = match self.provider.find(PaymentQuery { reference, created }).await {
            ProviderReply::Accepted(found) => found,
            ProviderReply::Refused(_) | ProviderReply::Throttled { .. } | ProviderReply::Unknown(_) => {
                if over {
                    stuck(self.services, self.metadata, self.payment_ref, self.call, false).await?;
                    return Ok(self.again(STUCK_LOOK));
                }
                return Ok(self.again(self.retries().absent));
            }
        };
        for snapshot in &found {
            record::snapshot(
                self.services,
                self.metadata,
                self.payment_ref,
                snapshot,
                observation,
            )
            .await?;
        }
        if found.is_empty() && over {
            let at = self.now();
            execute_on_payment(
                self.services,
                self.metadata,
                self.payment_ref,
                RecordNotCreated { at },
            )
            .await?;
        }
        self.follow().await
    }

    /// Looks at what the provider has of it; what a look says about looking again is left to the plans.
    async fn poll(&self) -> Result<(), CommandError> {
        let (services, metadata, payment_ref) = (self.services, self.metadata, self.payment_ref);
        match self.call {
            Call::Create => Ok(()),
            Call::Capture | Call::Cancel => poll::now(services, metadata, payment_ref, &*self.provider)
                .await
                .map(drop),
            Call::Refund { number } => poll::poll_refund(services, metadata, payment_ref, number, 0)
                .await
                .map(drop),
            Call::Receipt { number } => receipts::poll_receipt(services, metadata, payment_ref, number, 0)
                .await
                .map(drop),
        }
    }
}

/// What earlier requests and refunds of this attempt left, as a refund is told.
pub(super) fn refund_query(attempt: &Attempt, number: u32) -> Option<crate::ports::RefundQuery> {
    let refund = attempt.refund(number)?;
    Some(crate::ports::RefundQuery {
        provider_id: refund.provider_id.clone(),
        payment_provider_id: attempt.provider_id.clone()?,
        number,
        amount: refund.amount,
        captured: attempt.captured,
        refunded_before: attempt.refunded_before(number),
    })
}
