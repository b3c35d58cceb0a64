//! A payout is asked for: recorded, sent, and its answer recorded. What got no answer is sent again under its key, as long
//! as the gateway knows the key, and looked for afterwards.

use std::sync::Arc;

use domain::payment::anomaly::Source;
use domain::payout::Payout;
use domain::payout::commands::{
    Abandon, IntendCall, RecordNotCreated, RecordRefused, RecordStuck, RecordUnknown,
};
use domain::payout::order::{CallMade, Order};
use domain::payout::refusal::PayoutRefusal;
use jiff::Timestamp;
use uuid::Uuid;

use crate::context::CommandMetadata;
use crate::intents::Intent;
use crate::payments::outward::{Next, Onward, plan, translate};
use crate::payouts::outward::sealed::{Opened, destination_of};
use crate::payouts::outward::state::{Whose, read, record, tell};
use crate::ports::{
    Answer, IdempotencyKey, PayoutProvider, PayoutRequest, PayoutSnapshot, RefusalKind, Refused, Sending,
    UnknownBecause, Window,
};
use crate::refusal::CommandFault;
use crate::services::CommandServices;

/// The namespace of digests of what is sent; they tell two requests apart and nothing else.
const BODIES: Uuid = Uuid::from_u128(0x9b1e_7c40_51a2_5f0d_8e63_2d4c_70a5_0001);
/// What the recipient's statement says.
const DESCRIPTION: &str = "Выплата ТОТ";
/// A payout that may stand under a key used for something else is looked for once the key is forgotten: after a day.
const LOOK_AGAIN_SECONDS: u32 = 24 * 3_600;

/// A payout in hand.
struct Request<'a> {
    services: &'a CommandServices,
    asked: &'a CommandMetadata,
    whose: Whose,
    gateway: Arc<dyn PayoutProvider>,
    made: CallMade,
}

/// Asks the gateway for the payout, if it is still wanted.
///
/// # Errors
/// The faults of the log and the database; never what the gateway answers.
pub(crate) async fn call(
    services: &CommandServices,
    asked: &CommandMetadata,
    whose: Whose,
) -> Result<Onward, CommandFault> {
    let payout = read(services, whose).await?;
    let Some(order) = payout.order().filter(|_| payout.wants_call()) else {
        return Ok(None);
    };
    let at = services.log.clock().now();
    let Some(gateway) = services.outside.payouts.clone() else {
        return Ok(again(whose, at, services.outside.plans.absent));
    };
    let known = order.open_call().cloned();
    let destination = destination_of(services, order).await?;
    let body_digest = digest(order);
    let made = match (&known, &destination) {
        (Some(made), _) => made.clone(),
        (None, Some(_)) => match intended(services, asked, whose, &body_digest, at).await? {
            Some(made) => made,
            None => return Ok(None),
        },
        (None, None) => return abandoned(services, asked, whose, at).await,
    };
    let request = Request {
        services,
        asked,
        whose,
        gateway,
        made,
    };
    let same = request.made.body_digest == body_digest;
    let Some(to) = destination.filter(|_| same && request.made.may_be_sent(at)) else {
        if !same {
            request.stuck(false).await?;
        }
        return request.search().await;
    };
    let sending = send_as(&request.made, known.is_some(), at);
    let answer = request.gateway.payout(said(order, to, sending)).await;
    request.answered(answer).await
}

const fn send_as(made: &CallMade, before: bool, at: Timestamp) -> Sending {
    let key = IdempotencyKey(made.key);
    if before {
        Sending::repeat(key, at, made.intended_at)
    } else {
        Sending::first(key, at)
    }
}

fn said(order: &Order, to: Opened, sending: Sending) -> PayoutRequest {
    PayoutRequest {
        sending,
        payout_id: order.terms.payout_id.uuid(),
        amount: order.terms.amount,
        phone: to.phone,
        bank_id: to.bank_id.as_str().to_owned(),
        description: DESCRIPTION.to_owned(),
    }
}

/// What is sent, without saying to whom: the bank account stands in it by the salted digest under which it was sealed.
fn digest(order: &Order) -> String {
    let (terms, sealed) = (&order.terms, &order.destination.digest);
    let said = format!("{}\n{:?}\n{sealed}\n{DESCRIPTION}", terms.payout_id, terms.amount);
    Uuid::new_v5(&BODIES, said.as_bytes()).to_string()
}

fn again(whose: Whose, at: Timestamp, seconds: u32) -> Onward {
    let Whose { owner_id, payout_id } = whose;
    Some(Next {
        intent: Intent::CallPayout { owner_id, payout_id },
        due_at: plan::later(at, seconds),
    })
}

/// Records that the payout will be asked for; none when it is not wanted any more.
async fn intended(
    services: &CommandServices,
    asked: &CommandMetadata,
    whose: Whose,
    body_digest: &str,
    at: Timestamp,
) -> Result<Option<CallMade>, CommandFault> {
    let body_digest = body_digest.to_owned();
    let payout = tell(services, asked, whose, IntendCall { body_digest, at }).await?;
    Ok(open_call(&payout))
}

fn open_call(payout: &Payout) -> Option<CallMade> {
    payout.order().and_then(Order::open_call).cloned()
}

/// Nobody knows any more where the money should go, and it was never sent: it goes back.
async fn abandoned(
    services: &CommandServices,
    asked: &CommandMetadata,
    whose: Whose,
    at: Timestamp,
) -> Result<Onward, CommandFault> {
    let code = PayoutRefusal::NoDestination.code().to_owned();
    tell(services, asked, whose, Abandon { code, at }).await?;
    Ok(None)
}

impl Request<'_> {
    fn now(&self) -> Timestamp {
        self.services.log.clock().now()
    }

    fn again(&self, seconds: u32) -> Onward {
        again(self.whose, self.now(), seconds)
    }

    async fn answered(&self, answer: Answer<PayoutSnapshot>) -> Result<Onward, CommandFault> {
        match answer {
            Answer::Accepted(seen) => {
                record(self.services, self.asked, self.whose, &seen, Source::Reply).await?;
                self.follow().await
            }
            Answer::Refused(refused) => self.refused(&refused).await,
            Answer::Throttled { retry_after } => {
                let seconds =
                    u32::try_from(retry_after.as_secs()).unwrap_or(self.services.outside.plans.repeat);
                Ok(self.again(seconds.saturating_add(1)))
            }
            Answer::Unknown(because) => self.unknown(&because).await,
        }
    }

    /// Accepted, but not believed: it is asked for again, under the same key, until it is or an operator looks.
    async fn follow(&self) -> Result<Onward, CommandFault> {
        let payout = read(self.services, self.whose).await?;
        Ok(if payout.wants_call() {
            self.again(self.services.outside.plans.repeat)
        } else {
            None
        })
    }

    /// A definite no: where our keys are at fault another attempt follows, else the money is back already.
    async fn refused(&self, refused: &Refused) -> Result<Onward, CommandFault> {
        tracing::warn!(payout.id = %self.whose.payout_id, code = refused.code, "The gateway refused a payout");
        let again = match refused.kind {
            RefusalKind::OurBug => {
                // The key may stand for another request of ours that did happen: nothing more is sent.
                self.stuck(true).await?;
                return Ok(self.again(LOOK_AGAIN_SECONDS));
            }
            RefusalKind::Misconfigured | RefusalKind::NotOffered => true,
            RefusalKind::Rejected | RefusalKind::NotNow | RefusalKind::NotFound => false,
        };
        let command = RecordRefused {
            attempt: self.made.attempt,
            code: translate::coded(&refused.code),
            again,
            at: self.now(),
        };
        let payout = tell(self.services, self.asked, self.whose, command).await?;
        let wait = self.services.outside.plans.absent;
        Ok(if payout.wants_call() {
            self.again(wait.saturating_mul(u32::from(self.made.attempt)))
        } else {
            None
        })
    }

    /// Nobody knows what became of it: the same again, or what there is.
    async fn unknown(&self, because: &UnknownBecause) -> Result<Onward, CommandFault> {
        tracing::info!(payout.id = %self.whose.payout_id, %because, "The outcome of a payout is unknown");
        match because {
            UnknownBecause::TooLateToRepeat => return self.search().await,
            UnknownBecause::CannotTell(_) => {
                self.stuck(false).await?;
                return Ok(self.again(self.services.outside.plans.absent));
            }
            UnknownBecause::NotConnected
            | UnknownBecause::Timeout
            | UnknownBecause::ConnectionLost
            | UnknownBecause::Status(_)
            | UnknownBecause::Fault(_)
            | UnknownBecause::Processing { .. }
            | UnknownBecause::Unreadable(_) => {}
        }
        let at = self.now();
        tell(self.services, self.asked, self.whose, RecordUnknown { at }).await?;
        Ok(self.again(self.services.outside.plans.repeat))
    }

    /// Searches the gateway for a payout that may never have been made; what is not there when nothing can be sent any
    /// more never will be, and its money goes back. Where nobody answers even that, an operator is told.
    async fn search(&self) -> Result<Onward, CommandFault> {
        let plans = &self.services.outside.plans;
        let created = Window {
            from: plan::earlier(self.made.intended_at, plans.list_slack),
            to: plan::later(self.now(), plans.list_slack),
        };
        let payout_id = self.whose.payout_id.uuid();
        let found = match self.gateway.find_payout(payout_id, created).await {
            Answer::Accepted(found) => found,
            Answer::Refused(_) | Answer::Throttled { .. } | Answer::Unknown(_) => {
                if !self.made.may_be_sent(self.now()) {
                    self.stuck(false).await?;
                    return Ok(self.again(LOOK_AGAIN_SECONDS));
                }
                return Ok(self.again(plans.absent));
            }
        };
        for seen in &found {
            record(self.services, self.asked, self.whose, seen, Source::List).await?;
        }
        let at = self.now();
        if found.is_empty() && !self.made.may_be_sent(at) {
            tell(self.services, self.asked, self.whose, RecordNotCreated { at }).await?;
        }
        let payout = read(self.services, self.whose).await?;
        Ok(if payout.wants_call() {
            self.again(plans.absent)
        } else {
            None
        })
    }

    async fn stuck(&self, refused: bool) -> Result<(), CommandFault> {
        tracing::error!(payout.id = %self.whose.payout_id, "A payout needs an operator");
        let at = self.now();
        tell(self.services, self.asked, self.whose, RecordStuck { refused, at })
            .await
            .map(drop)
    }
}
