//! The worker that carries intents out: claims what is due, runs the use case, records a refusal, closes.

use std::time::Duration;

use domain::ids::IntentId;
use event_store::intents::{self, Intent as Claimed, IntentOptions, NewIntent};
use futures::StreamExt as _;
use futures::future::join_all;
use futures::stream::FuturesUnordered;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::context::{Asked, Origin};
use crate::house::House;
use crate::intents::carry_out::carry_out;
use crate::intents::{StoredIntent, queue_fault, refuse};
use crate::payments::outward::{NOTICES, Next};
use crate::processes::PROCESSES;
use crate::refusal::CommandFault;

/// The longest single wait for this process's clock to show that an intent is due.
const CLOCK_WAIT_MAX: Duration = Duration::from_millis(100);
/// How many such waits there are before the intent is put back.
const CLOCK_LOOKS_MAX: u32 = 20;

/// More is claimed once one in so many places is free: a claim for each single place would ask the queue too often.
const FREE_PLACES_PART: i32 = 4;

/// Named limits of the worker.
#[derive(Clone, Debug)]
pub struct IntentWorkerOptions {
    /// How many intents are carried out at once, each of another partition key.
    pub claim_max: i32,
    /// Leases, tries and waits.
    pub queue: IntentOptions,
    /// How long a claim lasts while somebody outside is asked, unless it is renewed; so long a killed worker's patients
    /// wait.
    pub outside_lease: Duration,
    /// How long the worker rests when the database does not answer.
    pub pause: Duration,
}

impl Default for IntentWorkerOptions {
    fn default() -> Self {
        Self {
            claim_max: 32,
            queue: IntentOptions::default(),
            outside_lease: Duration::from_secs(6),
            pause: Duration::from_millis(500),
        }
    }
}

/// Carries intents out until it is stopped; any number may run, in any number of processes.
pub struct IntentWorker {
    house: House,
    id: Uuid,
    options: IntentWorkerOptions,
}

/// What one step did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IntentStep {
    /// Carried out, or found to be done already.
    pub done: u32,
    /// Refused by the rules, and so recorded.
    pub refused: u32,
    /// Failed, to be tried again or to stop their key.
    pub failed: u32,
}

impl IntentStep {
    const fn count(&mut self, end: End) {
        match end {
            End::Done => self.done += 1,
            End::Refused => self.refused += 1,
            End::Failed => self.failed += 1,
        }
    }

    /// Whether nothing was due.
    pub const fn is_idle(self) -> bool {
        self.done == 0 && self.refused == 0 && self.failed == 0
    }
}

#[derive(Clone, Copy)]
enum End {
    Done,
    Refused,
    Failed,
}

impl End {
    const fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

impl IntentWorker {
    /// A worker for the house's intents.
    pub fn new(house: House, options: IntentWorkerOptions) -> Self {
        Self {
            house,
            id: crate::context::drawn(),
            options,
        }
    }

    /// Claims what is due and carries it out, once.
    ///
    /// # Errors
    /// [`CommandFault::Unavailable`] when the queue cannot be reached.
    pub async fn step(&mut self) -> Result<IntentStep, CommandFault> {
        let claimed = self.claim(self.options.claim_max).await?;
        let ends = join_all(
            claimed
                .iter()
                .map(|claimed| see_through(&self.house, claimed, &self.options)),
        );
        let mut step = IntentStep::default();
        for end in ends.await {
            step.count(end?);
        }
        Ok(step)
    }

    async fn claim(&self, limit: i32) -> Result<Vec<Claimed>, CommandFault> {
        intents::claim(self.house.log.pool(), self.id, limit, &self.options.queue)
            .await
            .map_err(queue_fault)
    }

    /// Carries intents out until `stop`; what has begun is finished. One that waits for somebody outside keeps its own
    /// place and nobody else's.
    pub async fn run(self, stop: CancellationToken) {
        let mut wake = self.house.log.signals().intents();
        let mut in_hand = FuturesUnordered::new();
        while !stop.is_cancelled() {
            wake.mark_unchanged();
            let places = self.options.claim_max - i32::try_from(in_hand.len()).unwrap_or(i32::MAX);
            let claimed = if places * FREE_PLACES_PART >= self.options.claim_max {
                // What is in hand goes on meanwhile: left alone, it would keep the connections the claim waits for.
                let mut claim = std::pin::pin!(self.claim(places));
                loop {
                    tokio::select! {
                        claimed = &mut claim => break claimed,
                        Some(_end) = in_hand.next() => {}
                    }
                }
            } else {
                Ok(Vec::new())
            };
            let reachable = claimed.is_ok();
            for claimed in claimed.into_iter().flatten() {
                let (house, options) = (&self.house, &self.options);
                in_hand.push(async move { see_through(house, &claimed, options).await });
            }
            let rest = async {
                if reachable {
                    intents::wait_for_work(&mut wake, &self.options.queue).await;
                } else {
                    tokio::time::sleep(self.options.pause).await;
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                Some(_end) = in_hand.next() => {}
                () = rest => {}
            }
        }
        while in_hand.next().await.is_some() {}
    }
}

/// Carries one intent out and closes it.
async fn see_through(
    house: &House,
    claimed: &Claimed,
    options: &IntentWorkerOptions,
) -> Result<End, CommandFault> {
    let pool = house.log.pool();
    let intent_id = IntentId::from_uuid(claimed.id);
    let ended = match serde_json::from_value::<StoredIntent>(claimed.body.clone()) {
        Ok(stored) => attempt(house, claimed, intent_id, stored, options).await,
        Err(fault) => Err(CommandFault::Internal(Box::new(fault))),
    };
    let end = match ended {
        Ok(None) => {
            intents::close(pool, claimed, None).await.map_err(queue_fault)?;
            End::Done
        }
        Ok(Some(code)) => {
            tracing::warn!(intent.id = %intent_id, intent.code = code, "an intent was refused");
            intents::close(pool, claimed, Some(code))
                .await
                .map_err(queue_fault)?;
            End::Refused
        }
        Err(fault) => {
            tracing::warn!(intent.id = %intent_id, error = &fault as &dyn std::error::Error, "an intent failed");
            intents::fail(pool, claimed, &told(&fault), &options.queue)
                .await
                .map_err(queue_fault)?;
            End::Failed
        }
    };
    metrics::counter!("tot_intents_total", "outcome" => end.word()).increment(1);
    Ok(end)
}

/// Puts what follows into the queue, before what it follows is closed: a crash in between repeats the former, which
/// finds its follower there.
async fn follow(
    house: &House,
    claimed: &Claimed,
    stored: StoredIntent,
    next: Next,
) -> Result<(), CommandFault> {
    let name = PROCESSES
        .iter()
        .map(|process| process.name)
        .find(|name| *name == claimed.process);
    let key = next.intent.key().unwrap_or_else(|| claimed.partition_key.clone());
    let body = StoredIntent {
        intent: next.intent,
        ..stored
    };
    let new = NewIntent {
        id: Uuid::new_v5(&claimed.id, b"next"),
        process: name.unwrap_or(NOTICES),
        partition_key: key,
        ordinal: claimed.ordinal,
        body: serde_json::value::to_raw_value(&body)
            .map_err(|fault| CommandFault::Internal(Box::new(fault)))?,
        due_at: next.due_at,
        caused_by: claimed.caused_by,
    };
    let mut connection = house.log.pool().acquire().await.map_err(queue_fault)?;
    intents::insert(&mut connection, &[new])
        .await
        .map_err(queue_fault)
}

/// Waits until it is due by this process's copy of the house's clock too. The queue judged by the database's own, of
/// which the copy may be a moment behind; asked too early, a booking would not expire and nobody would ask again.
async fn until_due(house: &House, due_at: Timestamp) -> Result<(), CommandFault> {
    for _ in 0..CLOCK_LOOKS_MAX {
        let early = due_at.duration_since(house.log.clock().now());
        if !early.is_positive() {
            return Ok(());
        }
        tokio::time::sleep(early.unsigned_abs().min(CLOCK_WAIT_MAX)).await;
    }
    Err(CommandFault::Busy) // The clock was set back: tried again later.
}

/// The code of the refusal, if the rules refused it; that is a fact by the time this returns.
async fn attempt(
    house: &House,
    claimed: &Claimed,
    intent_id: IntentId,
    stored: StoredIntent,
    options: &IntentWorkerOptions,
) -> Result<Option<&'static str>, CommandFault> {
    let origin = Origin {
        intent_id,
        process: claimed.process.clone(),
        caused_by: claimed.caused_by,
        correlation_id: stored.correlation_id.clone(),
    };
    let asked = Asked::by_process(origin, stored.trace_id.clone());
    until_due(house, claimed.due_at).await?;
    let work = carry_out(house, &asked, stored.intent.clone());
    let outcome = if stored.intent.asks_outside() {
        in_hand(house, claimed, options.outside_lease, work).await?
    } else {
        work.await
    };
    match outcome {
        Ok(None) => Ok(None),
        Ok(Some(next)) => follow(house, claimed, stored, next).await.map(|()| None),
        Err(CommandFault::Refused(refusal)) => {
            let code = refusal.code();
            refuse::record_refused(house, &asked, stored.cause, intent_id, code).await?;
            Ok(Some(code))
        }
        Err(fault) => Err(fault),
    }
}

/// Keeps a claim in hand for as long as somebody outside takes to answer. Work whose claim was lost is dropped: whoever
/// has it now asks under the same key.
async fn in_hand<T>(
    house: &House,
    claimed: &Claimed,
    lease: Duration,
    work: impl Future<Output = T>,
) -> Result<T, CommandFault> {
    let mut work = std::pin::pin!(work);
    loop {
        let is_ours = intents::extend(house.log.pool(), claimed, lease)
            .await
            .map_err(queue_fault)?;
        if !is_ours {
            return Err(CommandFault::Busy);
        }
        if let Ok(done) = tokio::time::timeout(lease / 3, &mut work).await {
            return Ok(done);
        }
    }
}

/// The fault with its whole source chain, for the operator who looks at the queue.
fn told(fault: &CommandFault) -> String {
    let mut text = fault.to_string();
    let mut source = std::error::Error::source(fault);
    while let Some(inner) = source {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        source = inner.source();
    }
    text
}
