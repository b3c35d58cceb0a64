//! The endless loop of a worker: turn, then wait for a message, an append, a freshness wait, or the next look.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::worker::{Worker, WorkerStep};
use crate::Fact;
use crate::bus::Feed;

pub(super) async fn follow(mut worker: Worker, stop: CancellationToken) {
    let mut appends = worker.log.subscribe_appends();
    let mut requests = worker.log.wake_ups().requests(worker.consumer.name());
    let mut troubled: Option<String> = None;
    let mut thorough = false;
    let mut started_at = Instant::now();
    while !stop.is_cancelled() {
        appends.mark_unchanged();
        let last_started_at = std::mem::replace(&mut started_at, Instant::now());
        let idle_wait = match worker.turn(thorough).await {
            Ok(step) => {
                if troubled.take().is_some() {
                    info!(consumer = worker.consumer.name(), "the worker goes on");
                }
                idle_wait_after(&worker, step, last_started_at)
            }
            Err(error) => {
                let text = error.to_string();
                if troubled.as_ref() != Some(&text) {
                    warn!(
                        consumer = worker.consumer.name(),
                        error = &error as &dyn std::error::Error,
                        "the worker cannot go on at present"
                    );
                }
                troubled = Some(text);
                IdleWait::For(worker.options.pause)
            }
        };
        thorough = match idle_wait {
            IdleWait::For(Duration::ZERO) => false,
            IdleWait::For(pause) => {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = sleep(pause) => {}
                }
                false
            }
            IdleWait::UntilWoken => {
                let (gone, look, poll) = (worker.feed_is_gone(), worker.next_look(), worker.options.poll);
                tokio::select! {
                    () = stop.cancelled() => false,
                    facts = next(&mut worker.feed) => {
                        match facts {
                            Some(facts) => { worker.take(&facts); }
                            None => worker.feed = None,
                        }
                        false
                    }
                    _ = requests.changed() => true,
                    _ = appends.changed(), if gone => true,
                    () = sleep(poll), if gone => true,
                    () = sleep_until(look) => false,
                }
            }
        };
    }
    worker.leave().await;
}

enum IdleWait {
    For(Duration),
    UntilWoken,
}

fn idle_wait_after(worker: &Worker, step: WorkerStep, last_started_at: Instant) -> IdleWait {
    if worker.trying_again() {
        return IdleWait::For(worker.options.pause);
    }
    if step.quiet || step.waiting {
        return IdleWait::UntilWoken;
    }
    let passed = last_started_at.elapsed();
    let per_second = step.applied as u128 * 1_000_000 / passed.as_micros().max(1);
    let full = step.applied >= worker.options.batch_max;
    if per_second >= worker.options.linger_from && !full {
        return IdleWait::For(worker.options.linger);
    }
    IdleWait::For(Duration::ZERO)
}

/// The facts of the next message; waits for ever when there is no feed.
async fn next(feed: &mut Option<Feed>) -> Option<Arc<[Fact]>> {
    match feed {
        Some(feed) => feed.next().await,
        None => std::future::pending().await,
    }
}
