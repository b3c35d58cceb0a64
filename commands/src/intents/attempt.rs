//! One claimed intent: carried out, and closed, put back or failed by what became of it.

use std::time::Duration;

use domain::ids::IntentId;
use event_store::intents::{self, Ended, NewIntent, QueuedIntent, Wait};
use jiff::Timestamp;
use tokio::time::Instant;
use traces::Attribute;
use uuid::Uuid;

use crate::context::{CommandMetadata, IntentOrigin};
use crate::intents::carry_out::carry_out;
use crate::intents::lane::{self, Lane};
use crate::intents::places::Places;
use crate::intents::worker::{End, IntentWorkerOptions};
use crate::intents::{FollowUp, StoredIntent, refuse, trace};
use crate::payments::provider::NOTICES;
use crate::processes::PROCESSES;
use crate::refusal::{CommandError, queue_error};
use crate::services::CommandServices;

/// The longest single wait for this process's clock to show that an intent is due.
const CLOCK_WAIT_MAX: Duration = Duration::from_millis(100);
/// How many such waits there are before the intent is put back.
const CLOCK_LOOKS_MAX: u32 = 20;

/// What an intent waits for that this release cannot read.
const NEWER_CODE: &str = "needs_newer_code";

/// What became of an intent, and how it is to be closed if it has come to its end.
pub(super) type Concluded = (End, Option<Ended>);

/// Carries one intent out, in the lane it belongs to. What is not to be closed is put back, moved or failed here.
pub(super) async fn see_through(
    services: &CommandServices,
    claimed: &mut QueuedIntent,
    places: &Places,
    options: &IntentWorkerOptions,
) -> Result<Concluded, CommandError> {
    let begun = Instant::now();
    let (end, ended) = match serde_json::from_value::<StoredIntent>(claimed.body.clone()) {
        Ok(stored) => {
            let (context, mut span) = trace::work_of(claimed, &stored);
            let work = in_its_lane(services, claimed, places, (stored, begun), options);
            let concluded = context.scope(work).await;
            match &concluded {
                Ok((End::Moved, _)) => span.discard(), // Nothing was done yet.
                Ok((end, _)) => span.set(Attribute::Outcome(end.word())),
                Err(_) => span.fail("unavailable"),
            }
            concluded?
        }
        // Stated by a newer release: nothing is wrong with it.
        Err(error) => put_back(services, claimed, NEWER_CODE, &error.to_string(), options).await?,
    };
    metrics::counter!("tot_intents_total", "outcome" => end.word()).increment(1);
    Ok((end, ended))
}

/// Sorts an intent into its lane if it stands in none, and carries it out if there is a place.
async fn in_its_lane(
    services: &CommandServices,
    claimed: &mut QueuedIntent,
    places: &Places,
    (stored, begun): (StoredIntent, Instant),
    options: &IntentWorkerOptions,
) -> Result<Concluded, CommandError> {
    match belongs_to(services, claimed, &stored).await {
        Ok(Some(lane)) if !places.change(&claimed.lane, lane) => {
            intents::move_to_lane(services.log.pool(), claimed, lane.as_str())
                .await
                .map_err(queue_error)?;
            Ok((End::Moved, None))
        }
        Ok(sorted) => {
            if let Some(lane) = sorted {
                claimed.lane = lane.as_str().to_owned();
            }
            let kind = trace::kind(&stored.intent);
            let ended = attempt(services, claimed, (stored, begun), options).await;
            if matches!(ended, Ok(Attempted::Done(_))) {
                tracing::info!(
                    intent.kind = kind,
                    process = claimed.process,
                    caused_by = claimed.caused_by,
                    duration_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
                    "an intent was carried out"
                );
            }
            conclude(services, claimed, ended, options).await
        }
        Err(error) => conclude(services, claimed, Err(error), options).await,
    }
}

/// The lane that an intent belongs to, if it stands in none yet.
async fn belongs_to(
    services: &CommandServices,
    claimed: &QueuedIntent,
    stored: &StoredIntent,
) -> Result<Option<Lane>, CommandError> {
    if Lane::parse(&claimed.lane) != Some(Lane::Unsorted) {
        return Ok(None);
    }
    lane::sorted(services, &stored.intent).await.map(Some)
}

/// Says how an intent is to be closed, puts it back or counts a failed try, by what it came to.
async fn conclude(
    services: &CommandServices,
    claimed: &QueuedIntent,
    attempted: Result<Attempted, CommandError>,
    options: &IntentWorkerOptions,
) -> Result<Concluded, CommandError> {
    let pool = services.log.pool();
    let intent_id = IntentId::from_uuid(claimed.id);
    let close = |refusal, next| Ended {
        id: claimed.id,
        claim: claimed.claim,
        refusal,
        next,
    };
    match attempted {
        Ok(Attempted::Done(next)) => Ok((End::Done, Some(close(None, next)))),
        Ok(Attempted::Refused(code)) => {
            tracing::warn!(intent.id = %intent_id, intent.code = code, "an intent was refused");
            Ok((End::Refused, Some(close(Some(code), None))))
        }
        // Nothing is known against the intent: it waits, and has as many tries as before.
        Err(error @ CommandError::Busy) => {
            put_back(services, claimed, "busy", &with_sources(&error), options).await
        }
        Err(error @ CommandError::Unavailable) => {
            put_back(services, claimed, "unavailable", &with_sources(&error), options).await
        }
        // Somebody publishes one sooner or later; no number of tries would.
        Err(error @ CommandError::NoPriceList) => {
            put_back(services, claimed, "no_price_list", &with_sources(&error), options).await
        }
        Err(error @ CommandError::NeedsNewerCode) => {
            put_back(services, claimed, NEWER_CODE, &with_sources(&error), options).await
        }
        Err(
            error @ (CommandError::Refused(_)
            | CommandError::KeyReused
            | CommandError::VersionMismatch
            | CommandError::Internal(_)),
        ) => {
            tracing::warn!(intent.id = %intent_id, error = &error as &dyn std::error::Error, "an intent failed");
            intents::fail(pool, claimed, &with_sources(&error), &options.queue)
                .await
                .map_err(queue_error)?;
            Ok((End::Failed, None))
        }
    }
}

/// Puts an intent back that was not tried; one of newer code may be taken by others at once.
async fn put_back(
    services: &CommandServices,
    claimed: &QueuedIntent,
    reason: &'static str,
    error: &str,
    options: &IntentWorkerOptions,
) -> Result<Concluded, CommandError> {
    let for_others = reason == NEWER_CODE;
    tracing::info!(intent.id = %claimed.id, reason, error, "an intent waits");
    let wait = Wait {
        reason,
        error,
        for_others,
    };
    intents::put_back(services.log.pool(), claimed, wait, &options.queue)
        .await
        .map_err(queue_error)?;
    let end = if for_others {
        End::LeftToOthers(claimed.id)
    } else {
        End::Waits
    };
    Ok((end, None))
}

/// What follows an intent, as it is put into the queue when that is closed.
fn follow(claimed: &QueuedIntent, stored: StoredIntent, next: FollowUp) -> Result<NewIntent, CommandError> {
    let name = PROCESSES
        .iter()
        .map(|process| process.name)
        .find(|name| *name == claimed.process);
    let key = next.intent.key().unwrap_or_else(|| claimed.partition_key.clone());
    let lane = lane::following(&next.intent, &claimed.lane);
    let body = StoredIntent {
        intent: next.intent,
        ..stored
    };
    Ok(NewIntent {
        id: Uuid::new_v5(&claimed.id, b"next"),
        process: name.unwrap_or(NOTICES),
        lane: lane.as_str(),
        partition_key: key,
        ordinal: claimed.ordinal,
        body: serde_json::value::to_raw_value(&body)
            .map_err(|error| CommandError::Internal(Box::new(error)))?,
        due_at: next.due_at,
        caused_by: claimed.caused_by,
    })
}

/// Waits until it is due by this process's copy of the platform's clock too. The queue judged by the database's own, of
/// which the copy may be a moment behind; asked too early, a booking would not expire and nobody would ask again.
async fn until_due(services: &CommandServices, due_at: Timestamp) -> Result<(), CommandError> {
    for _ in 0..CLOCK_LOOKS_MAX {
        let early = due_at.duration_since(services.log.clock().now());
        if !early.is_positive() {
            return Ok(());
        }
        tokio::time::sleep(early.unsigned_abs().min(CLOCK_WAIT_MAX)).await;
    }
    Err(CommandError::Busy) // The clock was set back: tried again later.
}

/// What carrying an intent out came to.
enum Attempted {
    /// It is done; this follows.
    Done(Option<NewIntent>),
    /// The rules refused it with this code, which is a fact by now.
    Refused(&'static str),
}

async fn attempt(
    services: &CommandServices,
    claimed: &QueuedIntent,
    (stored, begun): (StoredIntent, Instant),
    options: &IntentWorkerOptions,
) -> Result<Attempted, CommandError> {
    let intent_id = IntentId::from_uuid(claimed.id);
    let origin = IntentOrigin {
        intent_id,
        process: claimed.process.clone(),
        caused_by: claimed.caused_by,
        correlation_id: stored.correlation_id.clone(),
    };
    let metadata = CommandMetadata::by_process(origin, stored.trace_id.clone());
    until_due(services, claimed.due_at).await?;
    let work = carry_out(services, &metadata, stored.intent.clone());
    let outcome = if stored.intent.asks_outside() {
        in_hand(services, claimed, (begun, options.outside_lease), work).await?
    } else {
        work.await
    };
    match outcome {
        Ok(None) => Ok(Attempted::Done(None)),
        Ok(Some(next)) => follow(claimed, stored, next).map(|next| Attempted::Done(Some(next))),
        Err(CommandError::Refused(refusal)) => {
            let code = refusal.code();
            refuse::record_refused(services, &metadata, stored.cause, intent_id, code).await?;
            Ok(Attempted::Refused(code))
        }
        Err(error) => Err(error),
    }
}

/// Keeps a claim in hand for as long as somebody outside takes to answer. Work whose claim was lost is dropped: whoever
/// has it now asks under the same key.
async fn in_hand<T>(
    services: &CommandServices,
    claimed: &QueuedIntent,
    (begun, lease): (Instant, Duration),
    work: impl Future<Output = T>,
) -> Result<T, CommandError> {
    let mut work = std::pin::pin!(work);
    // The claim itself was made for so long.
    let mut renew_at = begun + lease / 3;
    loop {
        if Instant::now() < renew_at
            && let Ok(done) = tokio::time::timeout_at(renew_at, &mut work).await
        {
            return Ok(done);
        }
        let is_ours = intents::extend(services.log.pool(), claimed, lease)
            .await
            .map_err(queue_error)?;
        if !is_ours {
            return Err(CommandError::Busy);
        }
        renew_at = Instant::now() + lease / 3;
    }
}

/// The error with its whole source chain, for the operator who looks at the queue.
fn with_sources(error: &CommandError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        source = inner.source();
    }
    text
}
