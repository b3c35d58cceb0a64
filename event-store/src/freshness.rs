//! Whether a read model shows everything up to a position, and waiting until it does.

use std::time::Duration;

use sqlx::PgPool;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use crate::Position;
use crate::log::EventLog;
use crate::wake_ups::ConsumerProgress;

/// How often a wait looks by itself, when no worker of this process wakes it.
const POLL: Duration = Duration::from_millis(10);

/// How often it looks while a worker of this process is known to be still short of what is wanted; it might have lost the shard.
const POLL_WHILE_SHORT: Duration = Duration::from_millis(50);

/// How long the ordinary way over NATS is given before the workers of this process are asked to look into the log.
const GRACE: Duration = Duration::from_millis(15);

/// What is waited for.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreshnessTarget<'a> {
    pub model: &'a str,
    /// The version of its tables that the reader reads.
    pub schema_version: i32,
    /// Only this shard, or all of them.
    pub shard: Option<i16>,
    /// Up to this position, included.
    pub position: Position,
}

/// Waits until the model is fresh, or the deadline has passed; answers whether it is so. If it takes longer than usual, the workers
/// of this process are asked to compare with the log.
///
/// # Errors
/// When the database cannot be used.
pub async fn wait_until_fresh(
    log: &EventLog,
    wanted: FreshnessTarget<'_>,
    deadline: Instant,
) -> Result<bool, sqlx::Error> {
    let mut moved = log.wake_ups().progress(wanted.model);
    if is_known_fresh(&moved.borrow(), wanted) {
        return Ok(true);
    }
    if !is_short(&moved.borrow_and_update(), wanted) && is_fresh(log.pool(), wanted).await? {
        return Ok(true);
    }
    let mut ask_at = Some(Instant::now() + GRACE);
    loop {
        let poll = if is_short(&moved.borrow_and_update(), wanted) {
            POLL_WHILE_SHORT
        } else {
            POLL
        };
        let look = deadline.min(Instant::now() + poll);
        let until = ask_at.map_or(look, |ask_at| look.min(ask_at));
        // Waking up, the poll and the deadline all lead to one more look.
        let _ = timeout_at(until, come_far_enough(&mut moved, wanted)).await;
        if ask_at.is_some_and(|ask_at| Instant::now() >= ask_at) {
            ask_at = None;
            log.wake_ups().request(wanted.model);
        }
        if is_known_fresh(&moved.borrow(), wanted) {
            return Ok(true);
        }
        let is_known_short = is_short(&moved.borrow(), wanted) && Instant::now() < look;
        if !is_known_short && is_fresh(log.pool(), wanted).await? {
            return Ok(true);
        }
        if Instant::now() >= deadline {
            return Ok(false);
        }
    }
}

/// Returns when the model has moved and may have come far enough: what this process knows to be too early is passed over.
async fn come_far_enough(moved: &mut watch::Receiver<ConsumerProgress>, wanted: FreshnessTarget<'_>) {
    while moved.changed().await.is_ok() {
        if !is_short(&moved.borrow_and_update(), wanted) {
            return;
        }
    }
    std::future::pending().await
}

/// Whether this process itself has brought the wanted shard there: what was committed before the question is seen by the answer.
fn is_known_fresh(reached: &ConsumerProgress, wanted: FreshnessTarget<'_>) -> bool {
    wanted
        .shard
        .is_some_and(|shard| reached.has_reached(shard, wanted.position))
}

/// Whether this process itself is still bringing the wanted shard there.
fn is_short(reached: &ConsumerProgress, wanted: FreshnessTarget<'_>) -> bool {
    wanted
        .shard
        .is_some_and(|shard| reached.is_short_of(shard, wanted.position))
}

/// Whether no shard of the model, or not this one, has a fact between its checkpoint and the position, included. The
/// functions `model_is_fresh` and `shard_is_fresh` say the same within a query, hence in the snapshot of its rows.
///
/// # Errors
/// When the database cannot be used.
pub async fn is_fresh(pool: &PgPool, wanted: FreshnessTarget<'_>) -> Result<bool, sqlx::Error> {
    let question = match wanted.shard {
        None => sqlx::query_scalar("select model_is_fresh($1, $2, $3)"),
        Some(_) => sqlx::query_scalar("select shard_is_fresh($1, $2, $4, $3)"),
    };
    let mut query = question
        .bind(wanted.model)
        .bind(wanted.schema_version)
        .bind(wanted.position);
    if let Some(shard) = wanted.shard {
        query = query.bind(shard);
    }
    query.fetch_one(pool).await
}
