//! The worker that carries intents out: claims what is due, lane by lane, and keeps each lane's places apart.

use std::time::Duration;

use event_store::intents::{self, Claim, IntentOptions, QueuedIntent};
use futures::StreamExt as _;
use futures::future::join_all;
use futures::stream::FuturesUnordered;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::intents::attempt::see_through;
use crate::intents::places::{LanePlaces, Places};
use crate::refusal::{CommandError, queue_error};
use crate::services::CommandServices;

/// How many intents a worker carries out at once, and what it waits for.
#[derive(Clone, Debug)]
pub struct IntentWorkerOptions {
    /// How many intents are carried out at once, each of another partition key.
    pub places: LanePlaces,
    /// How claims last, are renewed and repeated.
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
            places: LanePlaces::default(),
            queue: IntentOptions::default(),
            outside_lease: Duration::from_secs(6),
            pause: Duration::from_millis(500),
        }
    }
}

/// Carries intents out until it is stopped; any number may run, in any number of processes.
pub struct IntentWorker {
    services: CommandServices,
    id: Uuid,
    options: IntentWorkerOptions,
    places: Places,
}

/// What became of the intents of one [`IntentWorker::step`], in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IntentStep {
    /// Carried out, or found to be done already.
    pub done: u32,
    /// Refused by the rules, and so recorded.
    pub refused: u32,
    /// Failed, to be tried again or to stop their key.
    pub failed: u32,
    /// Left open: an earlier intent of their key, or newer code, comes first.
    pub waiting: u32,
    /// Sorted into the lane of their provider, to be claimed from there.
    pub moved: u32,
}

impl IntentStep {
    const fn count(&mut self, end: End) {
        match end {
            End::Done => self.done += 1,
            End::Refused => self.refused += 1,
            End::Failed => self.failed += 1,
            End::Waits | End::LeftToOthers(_) => self.waiting += 1,
            End::Moved => self.moved += 1,
        }
    }
}

#[derive(Clone, Copy)]
pub(super) enum End {
    Done,
    Refused,
    Failed,
    Waits,
    /// The same; only a newer release can read it.
    LeftToOthers(Uuid),
    Moved,
}

impl End {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Waits => "waits",
            Self::LeftToOthers(_) => "left_to_others",
            Self::Moved => "moved",
        }
    }
}

impl IntentWorker {
    /// A worker under an id of its own, by which its claims are known.
    pub fn new(services: CommandServices, options: IntentWorkerOptions) -> Self {
        Self {
            services,
            id: crate::context::new_id(),
            places: Places::new(options.places),
            options,
        }
    }

    /// Claims what is due and carries it out, once.
    ///
    /// # Errors
    /// [`CommandError::Unavailable`] when the queue cannot be reached, or has become that of another log.
    pub async fn step(&mut self) -> Result<IntentStep, CommandError> {
        let wanted = (self.places.free(), self.places.avoided());
        let claimed = claim(&self.services, self.id, wanted, &self.options.queue).await?;
        let ends = join_all(
            claimed
                .iter()
                .map(|claimed| see_through(&self.services, claimed, &self.options)),
        );
        let mut step = IntentStep::default();
        for end in ends.await {
            let end = end?;
            step.count(end);
            self.places.note(end);
        }
        Ok(step)
    }

    /// Carries intents out until `stop`; what has begun is finished. One that waits for somebody outside keeps its own
    /// place and nobody else's.
    pub async fn run(self, stop: CancellationToken) {
        let Self {
            services,
            id,
            options,
            mut places,
        } = self;
        let mut wake = services.log.wake_ups().intents();
        let mut in_hand = FuturesUnordered::new();
        while !stop.is_cancelled() {
            wake.mark_unchanged();
            let wanted = (places.free(), places.avoided());
            let claimed = {
                // What is in hand goes on meanwhile: left alone, it would keep the connections the claim waits for.
                let mut claim = std::pin::pin!(claim(&services, id, wanted, &options.queue));
                loop {
                    tokio::select! {
                        claimed = &mut claim => break claimed,
                        Some(ended) = in_hand.next() => places.ended(ended),
                    }
                }
            };
            let reachable = claimed.is_ok();
            for claimed in claimed.into_iter().flatten() {
                places.take(&claimed.lane);
                let (services, options) = (&services, &options);
                in_hand.push(async move {
                    let end = see_through(services, &claimed, options).await;
                    (claimed.lane, end)
                });
            }
            let rest = async {
                if reachable {
                    intents::wait_for_work(&mut wake, &options.queue).await;
                } else {
                    tokio::time::sleep(options.pause).await;
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                Some(ended) = in_hand.next() => places.ended(ended),
                () = rest => {}
            }
        }
        while in_hand.next().await.is_some() {}
    }
}

/// Claims what is due in these lanes, but for what is avoided.
async fn claim(
    services: &CommandServices,
    worker: Uuid,
    (lanes, avoided): (Vec<(&'static str, i32)>, Vec<Uuid>),
    queue: &IntentOptions,
) -> Result<Vec<QueuedIntent>, CommandError> {
    // Another log's intents are for processes that know that log.
    if services.log.is_another_log() {
        return Err(CommandError::Unavailable);
    }
    if lanes.is_empty() {
        return Ok(Vec::new());
    }
    let wanted = Claim {
        worker,
        lanes: &lanes,
        avoided: &avoided,
    };
    intents::claim(services.log.pool(), wanted, queue)
        .await
        .map_err(queue_error)
}
