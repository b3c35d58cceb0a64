//! A payout is asked for: recorded, sent, and its answer recorded. What got no answer is sent again under its key, as long
//! as the gateway knows the key, and looked for afterwards.

use std::sync::Arc;

use domain::payment::anomaly::Source;
use domain::payment::commands::{RecordNotCreated, RecordUnknown};
use domain::payout::Payout;
use domain::payout::commands::{Abandon, IntendPayoutCall, RecordPayoutRefused, RecordPayoutStuck};
use domain::payout::order::{CallMade, Order};
use domain::payout::refusal::PayoutRefusal;
use jiff::Timestamp;
use uuid::Uuid;

use crate::context::CommandMetadata;
use crate::intents::{FollowUp, Intent};
use crate::payments::provider::translate;
use crate::payouts::provider::sealed::{UnsealedDestination, destination_of};
use crate::payouts::provider::state::{PayoutRef, execute_on_payout, read, record};
use crate::ports::{
    IdempotencyKey, PayoutProvider, PayoutRequest, PayoutSnapshot, ProviderReply, RefusalKind, Refused,
    RequestAttempt, UnknownReason, Window,
};
use crate::refusal::CommandError;
use crate::retry_schedule;
use crate::services::CommandServices;

/// The namespace of digests of what is sent; they tell two requests apart and nothing else.
const BODIES: Uuid = Uuid::from_u128(0x9b1e_7c40_51a2_5f0d_8e63_2d4c_70a5_0001);
/// What the recipient's statement says.
const DESCRIPTION: &str = "Выплата ТОТ";
/// A payout that may stand under a key used for something else is looked for once the key is forgotten: after a day.
const LOOK_AGAIN_SECONDS: u32 = 24 * 3_600;

struct PayoutCall<'a> {
    services: &'a CommandServices,
    metadata: &'a CommandMetadata,
    payout_ref: PayoutRef,
    gateway: Arc<dyn PayoutProvider>,
    made: CallMade,
}

/// Asks the gateway for the payout, if it is still wanted.
///
/// # Errors
/// The errors of the log and the database; never what the gateway answers.
pub(crate) async fn call(
    services: &CommandServices,
    metadata: &CommandMetadata,
    payout_ref: PayoutRef,
) -> Result<Option<FollowUp>, CommandError> {
    let payout = read(services, payout_ref).await?;
    let Some(order) = payout.order().filter(|_| payout.wants_call()) else {
        return Ok(None);
    };
    let at = services.log.clock().now();
    let Some(gateway) = services.ports.payouts.clone() else {
        // Its keys were taken away while it still owes an answer: only an operator can give them back.
        stuck(services, metadata, payout_ref, false).await?;
        return Ok(again(payout_ref, at, services.ports.retries.absent));
    };
    let known = order.open_call().cloned();
    let destination = destination_of(services, order).await?;
    let body_digest = digest(order);
    let made = match (&known, &destination) {
        (Some(made), _) => made.clone(),
        (None, Some(_)) => match intended(services, metadata, payout_ref, &body_digest, at).await? {
            Some(made) => made,
            None => return Ok(None),
        },
        (None, None) => return abandoned(services, metadata, payout_ref, at).await,
    };
    let request = PayoutCall {
        services,
        metadata,
        payout_ref,
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
    let request_attempt = send_as(&request.made, known.is_some(), at);
    let answer = request.gateway.payout(said(order, to, request_attempt)).await;
    request.answered(answer).await
}

const fn send_as(made: &CallMade, before: bool, at: Timestamp) -> RequestAttempt {
    let key = IdempotencyKey(made.key);
    if before {
        RequestAttempt::repeat(key, at, made.intended_at)
    } else {
        RequestAttempt::first(key, at)
    }
}

fn said(order: &Order, to: UnsealedDestination, request_attempt: RequestAttempt) -> PayoutRequest {
    PayoutRequest {
        request_attempt,
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

fn again(payout_ref: PayoutRef, at: Timestamp, seconds: u32) -> Option<FollowUp> {
    let PayoutRef { owner_id, payout_id } = payout_ref;
    Some(FollowUp {
        intent: Intent::CallPayout { owner_id, payout_id },
        due_at: retry_schedule::later(at, seconds),
    })
}

/// Records that the payout will be asked for; none when it is not wanted any more.
async fn intended(
    services: &CommandServices,
    metadata: &CommandMetadata,
    payout_ref: PayoutRef,
    body_digest: &str,
    at: Timestamp,
) -> Result<Option<CallMade>, CommandError> {
    let body_digest = body_digest.to_owned();
    let payout = execute_on_payout(
        services,
        metadata,
        payout_ref,
        IntendPayoutCall { body_digest, at },
    )
    .await?;
    Ok(open_call(&payout))
}

fn open_call(payout: &Payout) -> Option<CallMade> {
    payout.order().and_then(Order::open_call).cloned()
}

/// Nobody knows any more where the money should go, and it was never sent: it goes back.
async fn abandoned(
    services: &CommandServices,
    metadata: &CommandMetadata,
    payout_ref: PayoutRef,
    at: Timestamp,
) -> Result<Option<FollowUp>, CommandError> {
    let code = PayoutRefusal::NoDestination.code().to_owned();
    execute_on_payout(services, metadata, payout_ref, Abandon { code, at }).await?;
    Ok(None)
}

async fn stuck(
    services: &CommandServices,
    metadata: &CommandMetadata,
    payout_ref: PayoutRef,
    refused: bool,
) -> Result<(), CommandError> {
    tracing::error!(payout.id = %payout_ref.payout_id, "A payout needs an operator");
    let at = services.log.clock().now();
    execute_on_payout(services, metadata, payout_ref, RecordPayoutStuck { refused, at })
        .await
        .map(drop)
}

impl PayoutCall<'_> {
    fn now(&self) -> Timestamp {
        self.services.log.clock().now()
    }

    fn again(&self, seconds: u32) -> Option<FollowUp> {
        again(self.payout_ref, self.now(), seconds)
    }

    async fn answered(
        &self,
        answer: ProviderReply<PayoutSnapshot>,
    ) -> Result<Option<FollowUp>, CommandError> {
        match answer {
            ProviderReply::Accepted(snapshot) => {
                record(
                    self.services,
                    self.metadata,
                    self.payout_ref,
                    &snapshot,
                    Source::Reply,
                )
                .await?;
                self.follow().await
            }
            ProviderReply::Refused(refused) => self.refused(&refused).await,
            ProviderReply::Throttled { retry_after } => {
                let seconds =
                    u32::try_from(retry_after.as_secs()).unwrap_or(self.services.ports.retries.repeat);
                Ok(self.again(seconds.saturating_add(1)))
            }
            ProviderReply::Unknown(because) => self.unknown(&because).await,
        }
    }

    /// Accepted, but not believed: it is asked for again, under the same key, until it is or an operator looks.
    async fn follow(&self) -> Result<Option<FollowUp>, CommandError> {
        let payout = read(self.services, self.payout_ref).await?;
        Ok(if payout.wants_call() {
            self.again(self.services.ports.retries.repeat)
        } else {
            None
        })
    }

    /// A definite no: where our keys are at fault another attempt follows, else the money is back already.
    async fn refused(&self, refused: &Refused) -> Result<Option<FollowUp>, CommandError> {
        tracing::warn!(payout.id = %self.payout_ref.payout_id, code = refused.code, "The gateway refused a payout");
        let again = match refused.kind {
            RefusalKind::OurBug => {
                // The key may stand for another request of ours that did happen: nothing more is sent.
                self.stuck(true).await?;
                return Ok(self.again(LOOK_AGAIN_SECONDS));
            }
            RefusalKind::Misconfigured | RefusalKind::NotOffered => true,
            RefusalKind::Rejected | RefusalKind::NotNow | RefusalKind::NotFound => false,
        };
        let command = RecordPayoutRefused {
            attempt: self.made.attempt,
            code: translate::coded(&refused.code),
            again,
            at: self.now(),
        };
        let payout = execute_on_payout(self.services, self.metadata, self.payout_ref, command).await?;
        let wait = self.services.ports.retries.absent;
        Ok(if payout.wants_call() {
            self.again(wait.saturating_mul(u32::from(self.made.attempt)))
        } else {
            None
        })
    }

    /// Nobody knows what became of it: the same again, or what there is.
    async fn unknown(&self, because: &UnknownReason) -> Result<Option<FollowUp>, CommandError> {
        tracing::info!(payout.id = %self.payout_ref.payout_id, %because, "The outcome of a payout is unknown");
        match because {
            UnknownReason::TooLateToRepeat => return self.search().await,
            UnknownReason::CannotTell(_) => {
                self.stuck(false).await?;
                return Ok(self.again(self.services.ports.retries.absent));
            }
            UnknownReason::NotConnected
            | UnknownReason::Timeout
            | UnknownReason::ConnectionLost
            | UnknownReason::Status(_)
            | UnknownReason::ProviderError(_)
            | UnknownReason::Processing { .. }
            | UnknownReason::Unreadable(_) => {}
        }
        let at = self.now();
        execute_on_payout(
            self.services,
            self.metadata,
            self.payout_ref,
            RecordUnknown { at },
        )
        .await?;
        Ok(self.again(self.services.ports.retries.repeat))
    }

    /// Searches the gateway for a payout that may never have been made; what is not there when nothing can be sent any
    /// more never will be, and its money goes back. Where nobody answers even that, an operator is told.
    async fn search(&self) -> Result<Option<FollowUp>, CommandError> {
        let retries = &self.services.ports.retries;
        let created = Window {
            from: retry_schedule::earlier(self.made.intended_at, retries.list_slack),
            to: retry_schedule::later(self.now(), retries.list_slack),
        };
        let payout_id = self.payout_ref.payout_id.uuid();
        let found = match self.gateway.find_payout(payout_id, created).await {
            ProviderReply::Accepted(found) => found,
            ProviderReply::Refused(_) | ProviderReply::Throttled { .. } | ProviderReply::Unknown(_) => {
                if !self.made.may_be_sent(self.now()) {
                    self.stuck(false).await?;
                    return Ok(self.again(LOOK_AGAIN_SECONDS));
                }
                return Ok(self.again(retries.absent));
            }
        };
        for snapshot in &found {
            record(
                self.services,
                self.metadata,
                self.payout_ref,
                snapshot,
                Source::List,
            )
            .await?;
        }
        let at = self.now();
        if found.is_empty() && !self.made.may_be_sent(at) {
            execute_on_payout(
                self.services,
                self.metadata,
                self.payout_ref,
                RecordNotCreated { at },
            )
            .await?;
        }
        let payout = read(self.services, self.payout_ref).await?;
        Ok(if payout.wants_call() {
            self.again(retries.absent)
        } else {
            None
        })
    }

    async fn stuck(&self, refused: bool) -> Result<(), CommandError> {
        stuck(self.services, self.metadata, self.payout_ref, refused).await
    }
}
