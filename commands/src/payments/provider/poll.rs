//! Looking at what the provider has, by plan: it settles what no request and no notice has told.

use std::sync::Arc;

use domain::payment::Payment;
use domain::payment::anomaly::Source;
use domain::payment::commands::RecordStuck;
use domain::payment::provider::Call;

use crate::context::CommandMetadata;
use crate::intents::{FollowUp, Intent};
use crate::payments::PaymentRef;
use crate::payments::provider::call::refund_query;
use crate::payments::provider::record;
use crate::payments::provider::state::{carrier, execute_on_payment, read};
use crate::payments::provider::translate::Observation;
use crate::ports::{PaymentProvider, ProviderReply, Snapshot, Status};
use crate::refusal::CommandError;
use crate::services::CommandServices;

/// Looks at a payment, and again by plan until it is held or over at the provider.
///
/// # Errors
/// The errors of the log; never what the provider answers.
pub(crate) async fn poll_payment(
    services: &CommandServices,
    metadata: &CommandMetadata,
    payment_ref: PaymentRef,
    round: u32,
) -> Result<Option<FollowUp>, CommandError> {
    let payment = read(services, payment_ref).await?;
    if rests(&payment) {
        return Ok(None);
    }
    let Some(provider) = payment.attempt().and_then(|attempt| carrier(services, attempt)) else {
        escalate(services, metadata, payment_ref, Call::Create).await?;
        return Ok(next_poll(services, payment_ref, round));
    };
    if round >= services.ports.retries.payment_polls_max {
        return escalate(services, metadata, payment_ref, Call::Create).await;
    }
    now(services, metadata, payment_ref, &*provider)
        .await
        .map(|over| {
            if over.is_none() {
                next_poll(services, payment_ref, round + 1)
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
    metadata: &CommandMetadata,
    payment_ref: PaymentRef,
    provider: &dyn PaymentProvider,
) -> Result<Option<()>, CommandError> {
    let payment = read(services, payment_ref).await?;
    let Some(provider_id) = payment.attempt().and_then(|attempt| attempt.provider_id.clone()) else {
        return Ok(None);
    };
    match provider.payment(provider_id).await {
        ProviderReply::Accepted(snapshot) => {
            record::snapshot(
                services,
                metadata,
                payment_ref,
                &snapshot,
                Observation::by(Source::Poll, &payment),
            )
            .await?;
            Ok(match snapshot.status {
                Status::Succeeded | Status::Cancelled | Status::WaitingForCapture => Some(()),
                Status::Pending | Status::Other(_) => None,
            })
        }
        ProviderReply::Refused(_) | ProviderReply::Throttled { .. } | ProviderReply::Unknown(_) => Ok(None),
    }
}

/// Records what was told without asking now. A hold that is told of what is over here may be old news: it is asked for
/// again, so that only what contradicts knowingly is taken for a contradiction.
pub(super) async fn record_reported_snapshot(
    services: &CommandServices,
    metadata: &CommandMetadata,
    payment_ref: PaymentRef,
    snapshot: &Snapshot,
    source: Source,
) -> Result<Arc<Payment>, CommandError> {
    let payment = read(services, payment_ref).await?;
    let provider = payment.attempt().and_then(|attempt| carrier(services, attempt));
    match provider {
        Some(provider) if payment.is_over_there() && snapshot.status == Status::WaitingForCapture => {
            now(services, metadata, payment_ref, &*provider).await?;
            read(services, payment_ref).await
        }
        Some(_) | None => {
            record::snapshot(
                services,
                metadata,
                payment_ref,
                snapshot,
                Observation::earlier(source),
            )
            .await
        }
    }
}

fn next_poll(services: &CommandServices, payment_ref: PaymentRef, round: u32) -> Option<FollowUp> {
    Some(FollowUp {
        intent: Intent::LookAtPayment { payment_ref, round },
        due_at: services
            .ports
            .retries
            .payment_poll_at(round, services.log.clock().now()),
    })
}

/// Looks at a refund, and again by plan until it is over: nobody tells when a refund is given up.
///
/// # Errors
/// The errors of the log; never what the provider answers.
pub(crate) async fn poll_refund(
    services: &CommandServices,
    metadata: &CommandMetadata,
    payment_ref: PaymentRef,
    number: u32,
    round: u32,
) -> Result<Option<FollowUp>, CommandError> {
    let payment = read(services, payment_ref).await?;
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
    if round >= services.ports.retries.follow_ups_max {
        return escalate(services, metadata, payment_ref, Call::Refund { number }).await;
    }
    if let Some((provider, query)) = carrier(services, attempt).zip(refund_query(attempt, number))
        && let ProviderReply::Accepted(Some(snapshot)) = provider.refund_state(query).await
    {
        record::refund(services, metadata, payment_ref, number, &snapshot, Source::Poll).await?;
        if matches!(snapshot.status, Status::Succeeded | Status::Cancelled) {
            return Ok(None);
        }
    }
    Ok(Some(FollowUp {
        intent: Intent::LookAtRefund {
            payment_ref,
            number,
            round: round + 1,
        },
        due_at: services
            .ports
            .retries
            .follow_up_at(round + 1, services.log.clock().now()),
    }))
}

/// Looked at for as long as there is hope: an operator must look now.
pub(super) async fn escalate(
    services: &CommandServices,
    metadata: &CommandMetadata,
    payment_ref: PaymentRef,
    call: Call,
) -> Result<Option<FollowUp>, CommandError> {
    let (refused, at) = (false, services.log.clock().now());
    execute_on_payment(services, metadata, payment_ref, RecordStuck { call, refused, at }).await?;
    Ok(None)
}
