//! Empties the queues: endpoints that have something to send take turns, those in trouble in places of their own, so that none of them
//! delays the others. Any number of processes may do it; an endpoint is served by one at a time.

use std::collections::HashMap;
use std::sync::Arc;

use event_store::EventLog;
use sqlx::PgPool;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::warn;
use uuid::Uuid;

use crate::address::Loopback;
use crate::context::Webhooks;
use crate::endpoints::{self, DisabledReason};
use crate::error::WebhookError;
use crate::options::DispatcherOptions;
use crate::queue::turns::{self, Claimed, Due, Places};
use crate::retry::FAILING_MAX;
use crate::secret::WebhookKeys;
use crate::transport::{Attempt, Transport};
use crate::turn;

/// Endpoints claimed by one statement.
const CLAIMED_MAX: usize = 32;
/// Deliveries of an endpoint that took nothing last time: one booking's that fails again and again is not to hide another's.
const FAILING_WINDOW: i64 = 2;
/// HTTP's "gone": nobody wants anything there any more.
const GONE: u16 = 410;

/// Delivers in one process.
pub struct Dispatcher {
    context: Arc<DeliveryContext>,
    queued: watch::Receiver<u64>,
    places: Arc<Semaphore>,
    troubled_places: Arc<Semaphore>,
}

/// What every turn works with.
pub(crate) struct DeliveryContext {
    pub log: EventLog,
    pub pool: PgPool,
    pub keys: Arc<WebhookKeys>,
    pub loopback: Loopback,
    pub transport: Arc<dyn Transport>,
    pub options: DispatcherOptions,
}

impl Dispatcher {
    /// From the queues of this log's database, by this transport; `queued` fires when something was queued.
    pub fn new(
        log: EventLog,
        webhooks: &Webhooks,
        transport: Arc<dyn Transport>,
        options: DispatcherOptions,
        queued: watch::Receiver<u64>,
    ) -> Self {
        Self {
            places: Arc::new(Semaphore::new(options.places)),
            troubled_places: Arc::new(Semaphore::new(options.troubled_places)),
            context: Arc::new(DeliveryContext {
                log,
                pool: webhooks.pool.clone(),
                keys: Arc::clone(&webhooks.keys),
                loopback: webhooks.loopback,
                transport,
                options,
            }),
            queued,
        }
    }

    /// Delivers until stopped; what has begun is finished.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut running = JoinSet::new();
        let mut failing = false;
        let mut quiet = self.context.options.poll;
        while !stop.is_cancelled() {
            self.queued.mark_unchanged();
            while running.try_join_next().is_some() {}
            let pause = match self.begin_turns(&mut running).await {
                Ok(begun) => {
                    failing = false;
                    if begun > 0 {
                        quiet = self.context.options.poll;
                        continue;
                    }
                    quiet
                }
                Err(error) => {
                    if !std::mem::replace(&mut failing, true) {
                        warn!(
                            error = &error as &dyn std::error::Error,
                            "webhooks cannot be delivered at present"
                        );
                    }
                    self.context.options.pause
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                // Without a fan-out in this process nothing fires, and it is looked again after the pause.
                Ok(()) = self.queued.changed() => quiet = self.context.options.poll,
                Some(_) = running.join_next() => {}
                () = tokio::time::sleep(pause) => quiet = (quiet * 2).min(self.context.options.poll_max),
            }
        }
        while running.join_next().await.is_some() {}
    }

    /// Serves everybody once whose turn it is now; answers how many that were. For tests and whoever wants to drain.
    ///
    /// # Errors
    /// When the database cannot be used.
    pub async fn step(&mut self) -> Result<usize, WebhookError> {
        let mut running = JoinSet::new();
        let begun = self.begin_turns(&mut running).await?;
        while running.join_next().await.is_some() {}
        Ok(begun)
    }

    async fn begin_turns(&self, running: &mut JoinSet<()>) -> Result<usize, WebhookError> {
        if self.context.log.is_another_log() {
            return Err(WebhookError::AnotherLog);
        }
        let context = &self.context;
        let places = Places {
            well: self.places.available_permits().min(CLAIMED_MAX),
            troubled: self.troubled_places.available_permits().min(CLAIMED_MAX),
        };
        let claimed = turns::claim(&context.pool, new_owner(), places, &context.options).await?;
        if claimed.is_empty() {
            return Ok(0);
        }
        let begun = claimed.len();
        let mut due = due_of(context, &claimed).await?;
        for claimed in claimed {
            let places = match claimed.troubled {
                true => &self.troubled_places,
                false => &self.places,
            };
            let permit = Arc::clone(places).try_acquire_owned().ok();
            let (context, due) = (Arc::clone(context), due.remove(&claimed.id).unwrap_or_default());
            running.spawn(serve(context, claimed, due, permit));
        }
        Ok(begun)
    }
}

/// What is due at each of them; one that took nothing last time is tried with little.
async fn due_of(
    context: &DeliveryContext,
    claimed: &[Claimed],
) -> Result<HashMap<Uuid, Vec<Due>>, WebhookError> {
    let window = |claimed: &Claimed| match claimed.failures {
        0 => i64::from(context.options.window),
        _ => FAILING_WINDOW,
    };
    let asked: Vec<(Uuid, i64)> = claimed.iter().map(|one| (one.id, window(one))).collect();
    let mut due = HashMap::<Uuid, Vec<Due>>::new();
    for (id, one) in turns::load(&context.pool, &asked).await? {
        due.entry(id).or_default().push(one);
    }
    Ok(due)
}

/// One turn of one endpoint, recorded.
async fn serve(
    context: Arc<DeliveryContext>,
    claimed: Claimed,
    due: Vec<Due>,
    _place: Option<OwnedSemaphorePermit>,
) {
    let end = turn::take(&context, &claimed, due).await;
    for sent in &end.sent {
        let outcome = match (sent.attempt.is_taken(), sent.again_in) {
            (true, _) => "delivered",
            (false, Some(_)) => "failed",
            (false, None) => "given_up",
        };
        metrics::counter!("tot_webhook_attempts_total", "outcome" => outcome).increment(1);
        metrics::histogram!("tot_webhook_attempt_seconds", "outcome" => outcome).record(sent.took);
    }
    let gone = end.sent.iter().any(|sent| is_gone(sent.attempt));
    let recorded = async {
        let failing_s = turns::finish(&context.pool, &claimed, &end).await?;
        let failing_max = i64::try_from(FAILING_MAX.as_secs()).unwrap_or(i64::MAX);
        let reason = match gone {
            true => Some(DisabledReason::Gone),
            false => (failing_s > failing_max).then_some(DisabledReason::Failing),
        };
        if let Some(reason) = reason {
            endpoints::disable(&context.pool, claimed.id, reason).await?;
            metrics::counter!("tot_webhook_endpoints_disabled_total", "reason" => reason.as_str())
                .increment(1);
            warn!(
                endpoint.id = %claimed.id,
                endpoint.reason = reason.as_str(),
                "An endpoint is called no more until its owner says so"
            );
        }
        Ok::<(), WebhookError>(())
    };
    if let Err(error) = recorded.await {
        // Its lease ends by itself; what was sent is sent again then.
        warn!(
            endpoint.id = %claimed.id,
            error = &error as &dyn std::error::Error,
            "What was delivered could not be recorded"
        );
    }
}

/// Whether the attempt says that the endpoint wants nothing any more.
pub(crate) fn is_gone(attempt: Attempt) -> bool {
    attempt.status() == Some(GONE)
}

/// A name for one turn: whoever takes over has another.
#[expect(
    clippy::disallowed_methods,
    reason = "it names who holds a lease; no command makes it, and no fact knows it"
)]
fn new_owner() -> Uuid {
    Uuid::new_v4()
}
