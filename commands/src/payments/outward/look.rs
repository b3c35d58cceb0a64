//! Looking at what the provider has, by plan: it settles what no request and no notice has told.

use std::sync::Arc;

use domain::payment::Payment;
use domain::payment::anomaly::Source;
use domain::payment::commands::RecordStuck;
use domain::payment::provider::Call;

use crate::context::CommandMetadata;
use crate::intents::Intent;
use crate::payments::Whose;
use crate::payments::outward::call::refund_sought;
use crate::payments::outward::state::{carrier, read, tell};
use crate::payments::outward::translate::Learnt;
use crate::payments::outward::{Next, Onward, record};
use crate::ports::{Answer, PaymentProvider, Snapshot, Status};
use crate::refusal::CommandFault;
use crate::services::CommandServices;

/// Looks at a payment, and again by plan until it is held or over at the provider.
///
/// # Errors
/// The faults of the log; never what the provider answers.
pub(crate) async fn look(
    services: &CommandServices,
    asked: &CommandMetadata,
    whose: Whose,
    round: u32,
) -> Result<Onward, CommandFault> {
    let payment = read(services, whose).await?;
    let Some(provider) = payment.attempt().and_then(|attempt| carrier(services, attempt)) else {
        return Ok(next_look(services, whose, round));
    };
    if rests(&payment) {
        return Ok(None);
    }
    if round >= services.outside.plans.looks_max {
        return give_over(services, asked, whose, Call::Create).await;
    }
    now(services, asked, whose, &*provider).await.map(|over| {
        if over.is_none() {
            next_look(services, whose, round + 1)
        } else {
            None
        }
    })
}

/// Whether nothing more is to come by itself: held money ends at a known time, at which it is looked at again.
fn rests(payment: &Payment) -> bool {
    match payment {
        Payment::Absent
        | Payment::Captured(_)
        | Payment::PartiallyRefunded(_)
        | Payment::Refunded(_)
        | Payment::Failed(_) => true,
        Payment::Pending(_) | Payment::Authorised(_) => false,
        // Given up here, it may still be paid there.
        Payment::Cancelled(attempt) => attempt.ended_at_provider,
    }
}

/// Looks once. Answers something when it is over at the provider, or held there.
pub(super) async fn now(
    services: &CommandServices,
    asked: &CommandMetadata,
    whose: Whose,
    provider: &dyn PaymentProvider,
) -> Result<Option<()>, CommandFault> {
    let payment = read(services, whose).await?;
    let Some(provider_id) = payment.attempt().and_then(|attempt| attempt.provider_id.clone()) else {
        return Ok(None);
    };
    match provider.payment(provider_id).await {
        Answer::Accepted(seen) => {
            record::snapshot(services, asked, whose, &seen, Learnt::by(Source::Poll, &payment)).await?;
            Ok(match seen.status {
                Status::Succeeded | Status::Cancelled | Status::WaitingForCapture => Some(()),
                Status::Pending | Status::Other(_) => None,
            })
        }
        Answer::Refused(_) | Answer::Throttled { .. } | Answer::Unknown(_) => Ok(None),
    }
}

/// Records what was told without asking now. A hold that is told of what is over here may be old news: it is asked for
/// again, so that only what contradicts knowingly is taken for a contradiction.
pub(super) async fn hear(
    services: &CommandServices,
    asked: &CommandMetadata,
    whose: Whose,
    seen: &Snapshot,
    source: Source,
) -> Result<Arc<Payment>, CommandFault> {
    let payment = read(services, whose).await?;
    let provider = payment.attempt().and_then(|attempt| carrier(services, attempt));
    match provider {
        Some(provider) if payment.is_over_there() && seen.status == Status::WaitingForCapture => {
            now(services, asked, whose, &*provider).await?;
            read(services, whose).await
        }
        Some(_) | None => record::snapshot(services, asked, whose, seen, Learnt::earlier(source)).await,
    }
}

fn next_look(services: &CommandServices, whose: Whose, round: u32) -> Onward {
    Some(Next {
        intent: Intent::LookAtPayment { whose, round },
        due_at: services
            .outside
            .plans
            .payment_look(round, services.log.clock().now()),
    })
}

/// Looks at a refund, and again by plan until it is over: nobody tells when a refund is given up.
///
/// # Errors
/// The faults of the log; never what the provider answers.
pub(crate) async fn look_at_refund(
    services: &CommandServices,
    asked: &CommandMetadata,
    whose: Whose,
    number: u32,
    round: u32,
) -> Result<Onward, CommandFault> {
    let payment = read(services, whose).await?;
    let Some(attempt) = payment.attempt() else {
        return Ok(None);
    };
    // One that was never sent, or was refused for now, has nothing there: what is seen would be another's.
    let sent = attempt
        .latest(Call::Refund { number })
        .is_some_and(|made| !made.refused);
    if attempt
        .refund(number)
        .is_none_or(|refund| !sent || refund.stage.is_final())
    {
        return Ok(None);
    }
    if round >= services.outside.plans.tail_looks_max {
        return give_over(services, asked, whose, Call::Refund { number }).await;
    }
    if let Some((provider, sought)) = carrier(services, attempt).zip(refund_sought(attempt, number))
        && let Answer::Accepted(Some(seen)) = provider.refund_state(sought).await
    {
        record::refund(services, asked, whose, number, &seen, Source::Poll).await?;
        if matches!(seen.status, Status::Succeeded | Status::Cancelled) {
            return Ok(None);
        }
    }
    Ok(Some(Next {
        intent: Intent::LookAtRefund {
            whose,
            number,
            round: round + 1,
        },
        due_at: services
            .outside
            .plans
            .tail_look(round + 1, services.log.clock().now()),
    }))
}

/// Looked at for as long as there is hope: an operator must look now.
pub(super) async fn give_over(
    services: &CommandServices,
    asked: &CommandMetadata,
    whose: Whose,
    call: Call,
) -> Result<Onward, CommandFault> {
    let (refused, at) = (false, services.log.clock().now());
    tell(services, asked, whose, RecordStuck { call, refused, at }).await?;
    Ok(None)
}
