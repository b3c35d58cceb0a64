//! One turn of one endpoint: what is due, each booking's events one behind the other, several bookings at once.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use futures::StreamExt as _;
use tokio::time::Instant;
use tracing::error;

use crate::address::EndpointUrl;
use crate::dispatcher::{DeliveryContext, is_gone};
use crate::error::WebhookError;
use crate::queue::turns::{Claimed, Due, Sent, TurnEnd};
use crate::retry::{next_attempt, next_probe};
use crate::secret::SigningSecret;
use crate::transport::{Attempt, OutgoingRequest};

/// How long an endpoint rests whose secret cannot be opened: until a deployment's keys are mended.
const UNSEALED_PAUSE: Duration = Duration::from_secs(60);
/// Answers by which an endpoint asks to be left alone for a while: too many requests, unavailable.
const LEAVE_ALONE: [u16; 2] = [429, 503];

/// What a turn signs with.
struct Signers(Vec<SigningSecret>);

/// What a turn has learned, by which it ends early.
struct Progress {
    started: Instant,
    taken: AtomicUsize,
    failed: AtomicUsize,
    /// It said that it is gone, or is to be left alone.
    told_to_stop: AtomicBool,
}

/// Sends what is due, as far as the turn goes.
pub(crate) async fn take(context: &DeliveryContext, claimed: &Claimed, due: Vec<Due>) -> TurnEnd {
    let signers = match signers(context, claimed) {
        Ok(signers) => signers,
        Err(error) => {
            error!(
                endpoint.id = %claimed.id,
                error = &error as &dyn std::error::Error,
                "An endpoint's messages cannot be signed"
            );
            return TurnEnd {
                failures: claimed.failures,
                pause: Some(UNSEALED_PAUSE),
                ..TurnEnd::default()
            };
        }
    };
    let (chains, blocked) = chains(due);
    let at_once = match (claimed.failures, claimed.troubled) {
        (0, false) => context.options.per_endpoint,
        (0, true) => context.options.per_slow_endpoint,
        (_, _) => 1,
    };
    let progress = Progress {
        started: Instant::now(),
        taken: AtomicUsize::new(0),
        failed: AtomicUsize::new(0),
        told_to_stop: AtomicBool::new(false),
    };
    let sending = chains
        .into_iter()
        .map(|chain| send_in_order(context, claimed, &signers, &progress, chain));
    let sent: Vec<Vec<Sent>> = futures::stream::iter(sending)
        .buffer_unordered(at_once)
        .collect()
        .await;
    ended(context, claimed, sent.into_iter().flatten().collect(), blocked)
}

fn ended(context: &DeliveryContext, claimed: &Claimed, sent: Vec<Sent>, blocked: Vec<String>) -> TurnEnd {
    let taken = sent.iter().filter(|one| one.attempt.is_taken());
    let (count, whole) = taken.fold((0_u32, Duration::ZERO), |(count, whole), one| {
        (count + 1, whole + one.took)
    });
    let failures = match (sent.is_empty(), count) {
        (true, _) => claimed.failures,
        (false, 0) => claimed.failures.saturating_add(1),
        (false, _) => 0,
    };
    let asked = sent.iter().filter_map(|one| requested_pause(one.attempt)).max();
    let pause = match failures {
        0 => asked.map(|_| next_probe(0, asked)),
        _ => Some(next_probe(u32::try_from(failures).unwrap_or_default(), asked)),
    };
    TurnEnd {
        sent,
        blocked,
        failures,
        pause,
        slow: count > 0 && whole / count > context.options.slow,
    }
}

/// How long it asks to be left alone.
fn requested_pause(attempt: Attempt) -> Option<Duration> {
    if let Attempt::Answered { status, retry_after } = attempt
        && LEAVE_ALONE.contains(&status)
    {
        retry_after
    } else {
        None
    }
}

fn signers(context: &DeliveryContext, claimed: &Claimed) -> Result<Signers, WebhookError> {
    let sealed = std::iter::once(&claimed.secret).chain(&claimed.previous_secret);
    sealed
        .map(|sealed| context.keys.open(claimed.id, sealed))
        .collect::<Result<_, _>>()
        .map(Signers)
}

/// What is due, booking by booking and each in its order; and the bookings whose first waiting event is not due yet.
fn chains(due: Vec<Due>) -> (Vec<Vec<Due>>, Vec<String>) {
    let mut chains: Vec<Vec<Due>> = Vec::new();
    let mut places = std::collections::HashMap::<String, usize>::new();
    for one in due {
        let place = *places.entry(one.partition_key.clone()).or_insert_with(|| {
            chains.push(Vec::new());
            chains.len() - 1
        });
        if let Some(chain) = chains.get_mut(place) {
            chain.push(one);
        }
    }
    for chain in &mut chains {
        chain.sort_by_key(|one| one.position);
    }
    let begins_in_order = |chain: &Vec<Due>| {
        chain
            .first()
            .is_some_and(|first| first.position == first.first_waiting)
    };
    let (whole, blocked): (Vec<_>, Vec<_>) = chains.into_iter().partition(begins_in_order);
    let keys = blocked.into_iter().filter_map(|chain| chain.into_iter().next());
    (whole, keys.map(|first| first.partition_key).collect())
}

/// One booking's events, until one is not taken: the next ones wait for it.
async fn send_in_order(
    context: &DeliveryContext,
    claimed: &Claimed,
    signers: &Signers,
    progress: &Progress,
    chain: Vec<Due>,
) -> Vec<Sent> {
    let mut sent = Vec::new();
    for due in chain {
        if progress.is_over(context) {
            break;
        }
        let started = Instant::now();
        let attempt = send(context, claimed, signers, &due).await;
        progress.note(attempt);
        let again_in = match attempt.is_taken() {
            true => None,
            false => next_attempt(due.attempts + 1, requested_pause(attempt)),
        };
        let goes_on = attempt.is_taken();
        sent.push(Sent {
            position: due.position,
            partition_key: due.partition_key,
            attempt,
            took: started.elapsed(),
            again_in,
        });
        if !goes_on {
            break;
        }
    }
    sent
}

async fn send(context: &DeliveryContext, claimed: &Claimed, signers: &Signers, due: &Due) -> Attempt {
    // What was allowed when it was made may not be any more.
    let Ok(url) = EndpointUrl::parse(&claimed.url, context.loopback) else {
        return Attempt::NotPublic;
    };
    let (id, timestamp) = (due.message_id.to_string(), context.log.clock().now().as_second());
    let signatures: Vec<String> = signers
        .0
        .iter()
        .map(|secret| secret.sign(&id, timestamp, due.payload.as_bytes()))
        .collect();
    let request = OutgoingRequest {
        url,
        id,
        timestamp,
        signatures: signatures.join(" "),
        body: due.payload.clone(),
        within: context.options.attempt,
    };
    context.transport.send(request).await
}

impl Progress {
    /// Whether no more requests begin: the turn's time is over, or one after the other fails.
    fn is_over(&self, context: &DeliveryContext) -> bool {
        let failed = self.failed.load(Ordering::Relaxed);
        self.started.elapsed() >= context.options.turn
            || self.told_to_stop.load(Ordering::Relaxed)
            || (self.taken.load(Ordering::Relaxed) == 0 && failed >= context.options.per_endpoint)
    }

    fn note(&self, attempt: Attempt) {
        let count = match attempt.is_taken() {
            true => &self.taken,
            false => &self.failed,
        };
        count.fetch_add(1, Ordering::Relaxed);
        let leave_alone = attempt
            .status()
            .is_some_and(|status| LEAVE_ALONE.contains(&status));
        if leave_alone || is_gone(attempt) {
            self.told_to_stop.store(true, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn due(position: i64, key: &str, first_waiting: i64) -> Due {
        Due {
            position,
            partition_key: key.to_owned(),
            attempts: 0,
            message_id: Uuid::nil(),
            payload: String::new(),
            first_waiting,
        }
    }

    #[test]
    fn each_booking_is_told_in_order_or_not_at_all() {
        let (chains, blocked) = chains(vec![
            due(7, "a", 5),
            due(5, "a", 5),
            due(6, "b", 6),
            // Its event at 3 is tried again later.
            due(8, "c", 3),
            due(9, "b", 6),
        ]);
        let positions: Vec<Vec<i64>> = chains
            .iter()
            .map(|chain| chain.iter().map(|one| one.position).collect())
            .collect();
        assert_eq!(positions, [vec![5, 7], vec![6, 9]]);
        assert_eq!(blocked, ["c"]);
    }
}
