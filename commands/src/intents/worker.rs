//! The worker that carries intents out: claims what is due, runs the use case, records a refusal, closes.

use std::time::Duration;

use domain::ids::IntentId;
use event_store::intents::{self, Intent as Claimed, IntentOptions};
use futures::future::join_all;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::context::{Asked, Origin};
use crate::house::House;
use crate::intents::carry_out::carry_out;
use crate::intents::{StoredIntent, queue_fault, refuse};
use crate::refusal::CommandFault;

/// The longest single wait for this process's clock to show that an intent is due.
const CLOCK_WAIT_MAX: Duration = Duration::from_millis(100);
/// How many such waits there are before the intent is put back.
const CLOCK_LOOKS_MAX: u32 = 20;

/// Named limits of the worker.
#[derive(Clone, Debug)]
pub struct IntentWorkerOptions {
    /// How many intents are carried out at once, each of another partition key.
    pub claim_max: i32,
    /// Leases, tries and waits.
    pub queue: IntentOptions,
    /// How long the worker rests when the database does not answer.
    pub pause: Duration,
}

impl Default for IntentWorkerOptions {
    fn default() -> Self {
        Self {
            claim_max: 32,
            queue: IntentOptions::default(),
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
        let IntentWorkerOptions { claim_max, queue, .. } = &self.options;
        let claimed = intents::claim(self.house.log.pool(), self.id, *claim_max, queue).await;
        let claimed = claimed.map_err(queue_fault)?;
        let ends = join_all(
            claimed
                .iter()
                .map(|claimed| see_through(&self.house, claimed, queue)),
        )
        .await;
        let mut step = IntentStep::default();
        for end in ends {
            match end? {
                End::Done => step.done += 1,
                End::Refused => step.refused += 1,
                End::Failed => step.failed += 1,
            }
        }
        metrics::counter!("tot_intents_total", "outcome" => "done").increment(step.done.into());
        metrics::counter!("tot_intents_total", "outcome" => "refused").increment(step.refused.into());
        metrics::counter!("tot_intents_total", "outcome" => "failed").increment(step.failed.into());
        Ok(step)
    }

    /// Carries intents out until `stop`; what has begun is finished.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut wake = self.house.log.signals().intents();
        while !stop.is_cancelled() {
            wake.mark_unchanged();
            match self.step().await {
                Ok(step) if step.is_idle() => {
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = intents::wait_for_work(&mut wake, &self.options.queue) => {}
                    }
                }
                Ok(_) => {}
                Err(_) => {
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = tokio::time::sleep(self.options.pause) => {}
                    }
                }
            }
        }
    }
}

/// Carries one intent out and closes it.
async fn see_through(house: &House, claimed: &Claimed, queue: &IntentOptions) -> Result<End, CommandFault> {
    let pool = house.log.pool();
    let intent_id = IntentId::from_uuid(claimed.id);
    let ended = match serde_json::from_value::<StoredIntent>(claimed.body.clone()) {
        Ok(stored) => attempt(house, claimed, intent_id, stored).await,
        Err(fault) => Err(CommandFault::Internal(Box::new(fault))),
    };
    match ended {
        Ok(None) => {
            intents::close(pool, claimed, None).await.map_err(queue_fault)?;
            Ok(End::Done)
        }
        Ok(Some(code)) => {
            tracing::warn!(intent.id = %intent_id, intent.code = code, "an intent was refused");
            intents::close(pool, claimed, Some(code))
                .await
                .map_err(queue_fault)?;
            Ok(End::Refused)
        }
        Err(fault) => {
            tracing::warn!(intent.id = %intent_id, error = &fault as &dyn std::error::Error, "an intent failed");
            intents::fail(pool, claimed, &told(&fault), queue)
                .await
                .map_err(queue_fault)?;
            Ok(End::Failed)
        }
    }
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
) -> Result<Option<&'static str>, CommandFault> {
    let origin = Origin {
        intent_id,
        process: claimed.process.clone(),
        caused_by: claimed.caused_by,
        correlation_id: stored.correlation_id.clone(),
    };
    let asked = Asked::by_process(origin, stored.trace_id.clone());
    until_due(house, claimed.due_at).await?;
    match carry_out(house, &asked, stored.intent).await {
        Ok(()) => Ok(None),
        Err(CommandFault::Refused(refusal)) => {
            let code = refusal.code();
            refuse::record_refused(house, &asked, stored.cause, intent_id, code).await?;
            Ok(Some(code))
        }
        Err(fault) => Err(fault),
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
