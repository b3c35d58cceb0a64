//! A provider's notice is a hint: kept as an intent and answered at once, then what it is about is read back.

use domain::ids::PaymentId;
use domain::payment::Payment;
use domain::payment::anomaly::Source;
use domain::payment::provider::Provider;
use domain::payment::purpose::payment_of;
use event_store::intents::NewIntent;
use jiff::SignedDuration;
use serde_json::value::to_raw_value;
use uuid::Uuid;

use crate::context::CommandMetadata;
use crate::intents::{Cause, FollowUp, Intent, Printed, StoredIntent, lane};
use crate::payments::locate_payment;
use crate::payments::provider::state::{read, subject};
use crate::payments::provider::{poll, receipts};
use crate::ports::{Hint, ObjectKind, ProviderReply, ReferenceSubject};
use crate::refusal::{CommandError, queue_error};
use crate::retry_schedule;
use crate::services::CommandServices;

/// The name under which intents from notices stand in the queue.
pub const NOTICES: &str = "provider_notices";
/// The namespace of their ids; never changes.
const NAMESPACE: Uuid = Uuid::from_u128(0x51f3_08c2_6d7b_5e19_9a40_b7de_3c25_0001);

/// More than this process's clock is ever ahead of the database's, by which the queue is read: what is due at once must be due to
/// whoever it wakes, or it waits for the next look.
const CLOCK_DOUBT: SignedDuration = SignedDuration::from_millis(100);

/// What a notice is about, once it is kept.
#[derive(Clone, Debug)]
pub(crate) struct Notice {
    pub(crate) provider: String,
    pub(crate) payment_provider_id: String,
    pub(crate) printed: Option<Printed>,
}

/// Keeps a hint durably. A repetition is one hint; where hints crowd, one look does for all of a while.
///
/// # Errors
/// [`CommandError::Unavailable`]; the provider tells it again then.
pub async fn enqueue_notice(
    services: &CommandServices,
    provider: Provider,
    hint: &Hint,
    crowded: bool,
    trace_id: &str,
) -> Result<(), CommandError> {
    let Some((intent, about)) = followed(services, provider, hint)? else {
        return Ok(());
    };
    let now = services.log.clock().now();
    // A look does for many hints; a receipt is told nowhere else.
    let (word, due_at) = if crowded && !matches!(hint.object, ObjectKind::Receipt(_)) {
        let notice_coalescing = services.ports.retries.notice_coalescing;
        let slot = now.as_second().div_euclid(i64::from(notice_coalescing.max(1)));
        (
            format!("{}/{slot}", hint.object_id),
            retry_schedule::later(now, notice_coalescing),
        )
    } else {
        (hint.dedup.clone(), now.checked_sub(CLOCK_DOUBT).unwrap_or(now))
    };
    let id = Uuid::new_v5(&NAMESPACE, format!("{}/{word}", provider.as_str()).as_bytes());
    let lane = lane::of(&intent).as_str();
    let stored = StoredIntent {
        intent,
        cause: Cause::Outside,
        correlation_id: id.to_string(),
        trace_id: trace_id.to_owned(),
    };
    let new = NewIntent {
        id,
        process: NOTICES,
        lane,
        partition_key: format!("{}/{about}", provider.as_str()),
        ordinal: 0,
        body: to_raw_value(&stored).map_err(|error| CommandError::Internal(Box::new(error)))?,
        due_at,
        caused_by: 0,
    };
    // What follows from the notice is found below this, as what follows from a command is below its append.
    let mut span = traces::child_span("keep notice", traces::Kind::Producer);
    span.becomes_cause(id);
    let mut connection = services.log.pool().acquire().await.map_err(queue_error)?;
    event_store::intents::insert(&mut connection, &[new])
        .await
        .map_err(queue_error)?;
    services.log.wake_ups().intents_changed();
    Ok(())
}

/// What is done about a hint, and the object it is about; nothing about what the platform does not know.
fn followed(
    services: &CommandServices,
    provider: Provider,
    hint: &Hint,
) -> Result<Option<(Intent, String)>, CommandError> {
    let mut receipt = None;
    let payment_provider_id = match &hint.object {
        ObjectKind::Receipt(notice) => {
            if let Some(payment) = &hint.payment_id {
                receipt = Some(receipts::queued(services, payment, notice)?);
            }
            hint.payment_id.clone()
        }
        ObjectKind::Payment => Some(hint.payment_id.clone().unwrap_or_else(|| hint.object_id.clone())),
        ObjectKind::Refund => hint.payment_id.clone(),
        ObjectKind::Payout => {
            let provider_payout_id = hint.object_id.clone();
            let about = format!("payout/{provider_payout_id}");
            let intent = Intent::FollowPayoutNotice {
                provider_payout_id,
                tries: 0,
            };
            return Ok(Some((intent, about)));
        }
        ObjectKind::Other(_) => None,
    };
    let Some(payment_provider_id) = payment_provider_id else {
        return Ok(None);
    };
    let intent = Intent::FollowNotice {
        provider: provider.as_str().to_owned(),
        payment_provider_id: payment_provider_id.clone(),
        tries: 0,
        printed: receipt,
    };
    Ok(Some((intent, payment_provider_id)))
}

/// Reads back what a notice hints at. What is not ours, or not there, is left alone.
///
/// # Errors
/// The errors of the log; never what the provider answers.
pub(crate) async fn process_notice(
    services: &CommandServices,
    metadata: &CommandMetadata,
    notice: &Notice,
    tries: u32,
) -> Result<Option<FollowUp>, CommandError> {
    let Some(named) = Provider::parse(&notice.provider) else {
        return Ok(None);
    };
    let Some(provider) = services.ports.providers.of(named) else {
        return Ok(later(services, notice, tries));
    };
    let snapshot = match provider.payment(notice.payment_provider_id.clone()).await {
        ProviderReply::Accepted(snapshot) => snapshot,
        ProviderReply::Refused(_) => return ignored("not_there"),
        ProviderReply::Throttled { .. } | ProviderReply::Unknown(_) => {
            return Ok(later(services, notice, tries));
        }
    };
    let Some(meant) = snapshot.reference.map(|reference| reference.subject) else {
        return ignored("not_ours");
    };
    let payment_ref = match locate_payment(services, payment_in(meant)).await {
        Ok(payment_ref) => payment_ref,
        Err(CommandError::Refused(_)) => return ignored("not_known"),
        Err(error) => return Err(error),
    };
    let is_it = |payment: &Payment| payment.terms().is_some_and(|terms| subject(terms) == meant);
    if !is_it(&*read(services, payment_ref).await?) {
        return ignored("not_known"); // What calls itself a deposit must be one.
    }
    poll::record_reported_snapshot(services, metadata, payment_ref, &snapshot, Source::Notice).await?;
    let payment = read(services, payment_ref).await?;
    let open = payment
        .attempt()
        .map(|attempt| attempt.refund_list.as_slice())
        .unwrap_or_default();
    for refund in open.iter().filter(|refund| !refund.stage.is_final()) {
        // What it answers about looking again is left to the refund's own plan.
        poll::poll_refund(services, metadata, payment_ref, refund.number, 0).await?;
    }
    let Some(printed) = &notice.printed else {
        return Ok(None);
    };
    if receipts::printed(
        services,
        metadata,
        payment_ref,
        &notice.payment_provider_id,
        printed,
    )
    .await?
    {
        return Ok(None);
    }
    // The cash register may be quicker than the news of the money that it prints.
    let again = later(services, notice, tries);
    if again.is_none() {
        receipts::unexpected(services, metadata, payment_ref, printed).await?;
    }
    Ok(again)
}

/// The same again after a while, unless that was often enough.
fn later(services: &CommandServices, notice: &Notice, tries: u32) -> Option<FollowUp> {
    let Notice {
        provider,
        payment_provider_id,
        printed,
    } = notice.clone();
    (tries < services.ports.retries.notice_tries_max).then(|| FollowUp {
        intent: Intent::FollowNotice {
            provider,
            payment_provider_id,
            tries: tries + 1,
            printed,
        },
        due_at: retry_schedule::later(services.log.clock().now(), services.ports.retries.repeat),
    })
}

/// The payment that the provider was told of.
pub(super) const fn payment_in(subject: ReferenceSubject) -> PaymentId {
    match subject {
        ReferenceSubject::Payment(payment_id) => payment_id,
        ReferenceSubject::Deposit(transfer_id) => payment_of(transfer_id),
    }
}

/// A notice that is left alone, counted by why.
pub(crate) fn ignored(why: &'static str) -> Result<Option<FollowUp>, CommandError> {
    metrics::counter!("tot_provider_notices_ignored_total", "why" => why).increment(1);
    Ok(None)
}
