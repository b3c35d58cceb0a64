//! The worker that carries intents out: claims what is due, lane by lane, and keeps each lane's places apart.

use std::time::Duration;

use event_store::intents::{self, Claim, Ended, IntentOptions, LaneClaim, Marks, QueuedIntent};
use futures::future::join_all;
use futures::stream::FuturesUnordered;
use futures::{FutureExt as _, StreamExt as _};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::intents::attempt::{Concluded, see_through};
use crate::intents::lane::Lane;
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
    marks: Marks,
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
            marks: Marks::default(),
            options,
        }
    }

    /// Claims what is due and carries it out, once.
    ///
    /// # Errors
    /// [`CommandError::Unavailable`] when the queue cannot be reached, or has become that of another log.
    pub async fn step(&mut self) -> Result<IntentStep, CommandError> {
        let claimed = claim(
            &self.services,
            self.id,
            (&self.places, &self.marks),
            &self.options,
        )
        .await?;
        let Self {
            services,
            places,
            options,
            ..
        } = &*self;
        let in_hand = claimed.into_iter().map(|mut claimed| {
            places.take(&claimed.lane);
            async move {
                let concluded = see_through(services, &mut claimed, places, options).await;
                places.leave(&claimed.lane);
                concluded
            }
        });
        let (mut step, mut ended) = (IntentStep::default(), Vec::new());
        for concluded in join_all(in_hand).await {
            let (end, closing) = concluded?;
            ended.extend(closing);
            step.count(end);
            self.places.note(end);
        }
        close(&self.services, ended).await?;
        Ok(step)
    }

    /// Carries intents out until `stop`; what has begun is finished. One that waits for somebody outside keeps its own
    /// place and nobody else's. What ends while the queue is asked is closed together.
    pub async fn run(self, stop: CancellationToken) {
        let pool = self.services.log.pool().clone();
        tokio::join!(self.work(&stop), self.marks.keep(&pool, &stop));
    }

    async fn work(&self, stop: &CancellationToken) {
        let Self {
            services,
            id,
            options,
            places,
            marks,
        } = self;
        let mut wake = services.log.wake_ups().intents();
        let mut in_hand = FuturesUnordered::new();
        let mut finished = Vec::new();
        let mut idle_from = Instant::now() + options.queue.idle_after;
        while !stop.is_cancelled() {
            wake.mark_unchanged();
            let closing = close_finished(services, places, std::mem::take(&mut finished));
            meanwhile(closing, &mut in_hand, &mut finished).await;
            let claiming = claim(services, *id, (places, marks), options);
            let claimed = meanwhile(claiming, &mut in_hand, &mut finished).await;
            let reachable = claimed.is_ok();
            if claimed.as_ref().is_ok_and(|claimed| !claimed.is_empty()) {
                idle_from = Instant::now() + options.queue.idle_after;
            }
            let poll = match Instant::now() < idle_from {
                true => options.queue.poll,
                false => options.queue.idle_poll,
            };
            for mut claimed in claimed.into_iter().flatten() {
                places.take(&claimed.lane);
                in_hand.push(async move {
                    let concluded = see_through(services, &mut claimed, places, options).await;
                    Finished {
                        lane: claimed.lane,
                        concluded,
                    }
                });
            }
            if !finished.is_empty() {
                continue;
            }
            let rest = async {
                if reachable {
                    intents::wait_for_work(&mut wake, poll).await;
                } else {
                    tokio::time::sleep(options.pause).await;
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                Some(next) = in_hand.next() => finished.push(next),
                () = rest => {}
            }
            while let Some(Some(next)) = in_hand.next().now_or_never() {
                finished.push(next);
            }
        }
        while let Some(next) = in_hand.next().await {
            finished.push(next);
        }
        close_finished(services, places, finished).await;
    }
}

/// An intent that was carried out, and is not closed yet.
struct Finished {
    lane: String,
    concluded: Result<Concluded, CommandError>,
}

/// Does `asking` while what is in hand goes on: left alone, that would keep the connections which `asking` waits for.
async fn meanwhile<T>(
    asking: impl Future<Output = T>,
    in_hand: &mut FuturesUnordered<impl Future<Output = Finished>>,
    finished: &mut Vec<Finished>,
) -> T {
    let mut asking = std::pin::pin!(asking);
    loop {
        tokio::select! {
            answer = &mut asking => return answer,
            Some(next) = in_hand.next() => finished.push(next),
        }
    }
}

/// Closes what has come to its end; then its places are free. What cannot be closed now is carried out again once its claim
/// has run out, and found to be done.
async fn close_finished(services: &CommandServices, places: &Places, finished: Vec<Finished>) {
    let (mut lanes, mut ended) = (Vec::with_capacity(finished.len()), Vec::new());
    for Finished { lane, concluded } in finished {
        lanes.push(lane);
        if let Ok((end, closing)) = concluded {
            ended.extend(closing);
            places.note(end);
        }
    }
    // What stays claimed is carried out again, and found to be done.
    drop(close(services, ended).await);
    lanes.iter().for_each(|lane| places.leave(lane));
}

async fn close(services: &CommandServices, mut ended: Vec<Ended>) -> Result<(), CommandError> {
    if ended.is_empty() {
        return Ok(());
    }
    intents::close(services.log.pool(), &mut ended)
        .await
        .map(drop)
        .map_err(queue_error)
}

/// Claims what is due in the lanes that have places, but for what is left to others.
async fn claim(
    services: &CommandServices,
    worker: Uuid,
    (places, marks): (&Places, &Marks),
    options: &IntentWorkerOptions,
) -> Result<Vec<QueuedIntent>, CommandError> {
    // Another log's intents are for processes that know that log.
    if services.log.is_another_log() {
        return Err(CommandError::Unavailable);
    }
    let lease = |lane: Lane| match lane {
        Lane::Inside | Lane::Unsorted => options.queue.lease,
        Lane::Provider(_) | Lane::Payouts => options.outside_lease,
    };
    let of_lane = |(lane, places): (Lane, i32)| LaneClaim {
        lane: lane.as_str(),
        places,
        lease: lease(lane),
    };
    let lanes: Vec<LaneClaim> = places.free().into_iter().map(of_lane).collect();
    if lanes.is_empty() {
        return Ok(Vec::new());
    }
    let wanted = Claim {
        worker,
        lanes: &lanes,
        avoided: &places.avoided(),
        marks,
    };
    intents::claim(services.log.pool(), wanted)
        .await
        .map_err(queue_error)
}
