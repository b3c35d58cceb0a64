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
use crate::intents::Intent;
use crate::payments::Whose;
use crate::payments::outward::plan::{Plans, earlier, later};
use crate::payments::outward::prepare::{Prepared, prepare};
use crate::payments::outward::state::{carrier, read, subject, tell};
use crate::payments::outward::translate::Learnt;
use crate::payments::outward::turn::settles_soon;
use crate::payments::outward::{Next, Onward, look, receipts, record, send, translate};
use crate::ports::{
    Answer, IdempotencyKey, PaymentProvider, Reference, RefusalKind, Refused, Sending, Sought, Subject,
    UnknownBecause, Window,
};
use crate::refusal::CommandFault;
use crate::services::CommandServices;

/// A request that only an operator can mend is looked for again after a day, in seconds.
const STUCK_LOOK: u32 = 24 * 3_600;

/// A request with everything that is known about it.
pub(super) struct Request<'a> {
    pub(super) services: &'a CommandServices,
    pub(super) asked: &'a CommandMetadata,
    pub(super) whose: Whose,
    pub(super) subject: Subject,
    pub(super) call: Call,
    pub(super) provider: Arc<dyn PaymentProvider>,
    pub(super) made: CallMade,
    pub(super) sending: Sending,
    pub(super) prepared: Prepared,
}

/// What became of a request, once what was accepted is recorded.
pub(super) enum Became {
    /// It is recorded.
    Recorded,
    /// Anything else.
    Otherwise(Answer<()>),
}

/// Makes a request of the provider, if the payment still wants it.
///
/// # Errors
/// The faults of the log and the database; never what the provider answers.
pub(crate) async fn call(
    services: &CommandServices,
    asked: &CommandMetadata,
    whose: Whose,
    call: Call,
) -> Result<Onward, CommandFault> {
    let payment = read(services, whose).await?;
    let Some(attempt) = payment
        .attempt()
        .filter(|attempt| is_wanted(&payment, attempt, call))
    else {
        return Ok(None);
    };
    let at = services.log.clock().now();
    let Some(provider) = carrier(services, attempt) else {
        return Ok(again(whose, call, at, services.outside.plans.absent));
    };
    let plans = &services.outside.plans;
    let patience = Patience {
        closing: SignedDuration::from_secs(plans.closing.into()),
        unheard: SignedDuration::from_secs(plans.unheard.into()),
    };
    if must_wait(attempt, call, at, patience) || settles_soon(services, whose, attempt, call, at).await? {
        return Ok(again(whose, call, at, plans.repeat));
    }
    let prepared = prepare(services, attempt, call).await?;
    let known = attempt.latest(call).filter(|made| !made.refused).cloned();
    let made = match known.clone() {
        Some(made) => made,
        None => match intended(services, asked, whose, call, &prepared, at).await? {
            Some(made) => made,
            None => return Ok(None),
        },
    };
    let key = IdempotencyKey(made.key);
    let request = Request {
        services,
        asked,
        whose,
        subject: subject(&attempt.terms),
        call,
        provider,
        sending: known.map_or(Sending::first(key, at), |made| {
            Sending::repeat(key, at, made.intended_at)
        }),
        made,
        prepared,
    };
    if request.made.body_digest != request.prepared.digest {
        return request.says_something_else().await;
    }
    if !request.made.may_be_sent(at) {
        return request.look_for_it().await;
    }
    match send::send(&request).await? {
        Became::Recorded => request.follow().await,
        Became::Otherwise(answer) => request.answered(answer).await,
    }
}

/// Records that the request will be sent; none when the payment does not want it any more.
async fn intended(
    services: &CommandServices,
    asked: &CommandMetadata,
    whose: Whose,
    call: Call,
    prepared: &Prepared,
    at: Timestamp,
) -> Result<Option<CallMade>, CommandFault> {
    let body_digest = prepared.digest.clone();
    let command = IntendCall {
        call,
        body_digest,
        at,
    };
    let payment = match tell(services, asked, whose, command).await {
        Ok(payment) => payment,
        Err(CommandFault::Refused(_)) => {
            // Refused as often as there are attempts: nothing will mend by itself.
            stuck(services, asked, whose, call, true).await?;
            return Ok(None);
        }
        Err(fault) => return Err(fault),
    };
    let made = payment.attempt().and_then(|attempt| attempt.latest(call));
    Ok(made.filter(|made| !made.refused).cloned())
}

fn again(whose: Whose, call: Call, at: Timestamp, seconds: u32) -> Onward {
    Some(Next {
        intent: Intent::CallProvider { whose, call },
        due_at: later(at, seconds),
    })
}

async fn stuck(
    services: &CommandServices,
    asked: &CommandMetadata,
    whose: Whose,
    call: Call,
    refused: bool,
) -> Result<(), CommandFault> {
    let at = services.log.clock().now();
    tracing::error!(payment.id = %whose.payment_id, call = call.word(), "A request to a provider needs an operator");
    tell(services, asked, whose, RecordStuck { call, refused, at })
        .await
        .map(drop)
}

impl Request<'_> {
    /// Which attempt it is, as the provider is told.
    pub(super) const fn reference(&self) -> Reference {
        Reference {
            subject: self.subject,
            attempt: self.made.attempt,
        }
    }

    /// The payment as it stands now.
    pub(super) async fn payment(&self) -> Result<Arc<Payment>, CommandFault> {
        read(self.services, self.whose).await
    }

    fn now(&self) -> Timestamp {
        self.services.log.clock().now()
    }

    fn again(&self, seconds: u32) -> Onward {
        again(self.whose, self.call, self.now(), seconds)
    }

    const fn plans(&self) -> &Plans {
        &self.services.outside.plans
    }

    /// It was accepted: if that did not bring what was wanted, it is looked after.
    async fn follow(&self) -> Result<Onward, CommandFault> {
        let payment = self.payment().await?;
        let wanted = payment
            .attempt()
            .is_some_and(|attempt| is_wanted(&payment, attempt, self.call));
        Ok(if wanted {
            self.again(self.plans().repeat)
        } else {
            None
        })
    }

    /// It was not accepted, or nobody knows.
    async fn answered(&self, answer: Answer<()>) -> Result<Onward, CommandFault> {
        match answer {
            Answer::Accepted(()) => self.follow().await,
            Answer::Refused(refused) => self.refused(&refused).await,
            Answer::Throttled { retry_after } => {
                let seconds = u32::try_from(retry_after.as_secs()).unwrap_or(self.plans().repeat);
                Ok(self.again(seconds.saturating_add(1)))
            }
            Answer::Unknown(because) => self.unknown(&because).await,
        }
    }

    /// A definite no allows another attempt. What the provider has instead is looked at first.
    async fn refused(&self, refused: &Refused) -> Result<Onward, CommandFault> {
        tracing::warn!(payment.id = %self.whose.payment_id, call = self.call.word(), code = refused.code,
                       "A provider refused a request");
        match refused.kind {
            RefusalKind::OurBug => {
                // The key may stand for another request of ours that did happen: nothing more is sent.
                stuck(self.services, self.asked, self.whose, self.call, true).await?;
                return self.look().await.map(|()| None);
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
        tell(self.services, self.asked, self.whose, command).await?;
        match self.call {
            Call::Refund { .. } if not_now => {
                let waits = self.plans().repeat.saturating_mul(u32::from(self.made.attempt));
                Ok(self.again(waits))
            }
            Call::Create | Call::Refund { .. } | Call::Receipt { .. } => Ok(None),
            Call::Capture | Call::Cancel => {
                self.look().await?;
                let waits = self.plans().repeat.saturating_mul(u32::from(self.made.attempt));
                let wanted = self.follow().await?.is_some();
                Ok(if wanted { self.again(waits) } else { None })
            }
        }
    }

    /// Nobody knows what became of it: the same again, or what there is.
    async fn unknown(&self, because: &UnknownBecause) -> Result<Onward, CommandFault> {
        tracing::info!(payment.id = %self.whose.payment_id, call = self.call.word(), %because,
                       "The outcome of a request is unknown");
        match because {
            UnknownBecause::TooLateToRepeat => return self.look_for_it().await,
            UnknownBecause::CannotTell(_) => {
                stuck(self.services, self.asked, self.whose, self.call, false).await?;
                return Ok(self.again(self.plans().absent));
            }
            UnknownBecause::NotConnected
            | UnknownBecause::Timeout
            | UnknownBecause::ConnectionLost
            | UnknownBecause::Status(_)
            | UnknownBecause::Fault(_)
            | UnknownBecause::Processing { .. }
            | UnknownBecause::Unreadable(_) => {}
        }
        record::unknown(self.services, self.asked, self.whose, self.call).await?;
        self.repeat().await
    }

    /// The same again: under its key soon, and ever more rarely where each sending may print.
    async fn repeat(&self) -> Result<Onward, CommandFault> {
        let payment = self.payment().await?;
        let prints = payment
            .attempt()
            .is_some_and(|attempt| prints_each_time(attempt, self.call));
        let plans = self.plans();
        let age = self.now().duration_since(self.made.intended_at).as_secs();
        Ok(self.again(if prints {
            u32::try_from(age).unwrap_or(plans.unheard).max(plans.unheard)
        } else {
            plans.repeat
        }))
    }

    /// A repeat would say something else than was sent before: it is looked for instead, and an operator told.
    async fn says_something_else(&self) -> Result<Onward, CommandFault> {
        stuck(self.services, self.asked, self.whose, self.call, false).await?;
        self.look_for_it().await
    }

    /// It is too late to send it again: only what the provider has can tell.
    async fn look_for_it(&self) -> Result<Onward, CommandFault> {
        match self.call {
            Call::Create => self.search().await,
            Call::Capture | Call::Cancel | Call::Refund { .. } | Call::Receipt { .. } => {
                self.look().await?;
                if self.follow().await?.is_some() {
                    stuck(self.services, self.asked, self.whose, self.call, false).await?;
                    return Ok(self.again(STUCK_LOOK));
                }
                Ok(None)
            }
        }
    }

    /// Searches the provider's lists for a payment that may never have been made. Where nobody answers even that when nothing
    /// can be sent any more, an operator is told.
    async fn search(&self) -> Result<Onward, CommandFault> {
        let slack = self.plans().list_slack;
        let created = Window {
            from: earlier(self.made.intended_at, slack),
            to: later(self.now(), slack),
        };
        let reference = self.reference();
        let learnt = Learnt::by(Source::List, &*self.payment().await?);
        let over = !self.made.may_be_sent(self.now());
        let found = match self.provider.find(Sought { reference, created }).await {
            Answer::Accepted(found) => found,
            Answer::Refused(_) | Answer::Throttled { .. } | Answer::Unknown(_) => {
                if over {
                    stuck(self.services, self.asked, self.whose, self.call, false).await?;
                    return Ok(self.again(STUCK_LOOK));
                }
                return Ok(self.again(self.plans().absent));
            }
        };
        for seen in &found {
            record::snapshot(self.services, self.asked, self.whose, seen, learnt).await?;
        }
        if found.is_empty() && over {
            let at = self.now();
            tell(self.services, self.asked, self.whose, RecordNotCreated { at }).await?;
        }
        self.follow().await
    }

    /// Looks at what the provider has of it; what a look says about looking again is left to the plans.
    async fn look(&self) -> Result<(), CommandFault> {
        let (services, asked, whose) = (self.services, self.asked, self.whose);
        match self.call {
            Call::Create => Ok(()),
            Call::Capture | Call::Cancel => {
                look::now(services, asked, whose, &*self.provider).await.map(drop)
            }
            Call::Refund { number } => look::look_at_refund(services, asked, whose, number, 0)
                .await
                .map(drop),
            Call::Receipt { number } => receipts::look_at_receipt(services, asked, whose, number, 0)
                .await
                .map(drop),
        }
    }
}

/// What earlier requests and refunds of this attempt left, as a refund is told.
pub(super) fn refund_sought(attempt: &Attempt, number: u32) -> Option<crate::ports::RefundSought> {
    let refund = attempt.refund(number)?;
    Some(crate::ports::RefundSought {
        provider_id: refund.provider_id.clone(),
        payment_provider_id: attempt.provider_id.clone()?,
        number,
        amount: refund.amount,
        captured: attempt.captured,
        refunded_before: attempt.refunded_before(number),
    })
}
