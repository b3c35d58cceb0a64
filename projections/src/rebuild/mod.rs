//! Building a read model anew from the log, beside the live one, and pointing readers at the new tables.

use std::time::Duration;

use event_store::generations::{self, Flip, Rebuild, RebuildOptions, ShardProgress};
use event_store::{EventLog, FanoutError};
use sqlx::PgPool;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::Model;

/// How often progress is reported.
pub const REPORT_EVERY: Duration = Duration::from_millis(500);

#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct RebuildProgress {
    pub model: &'static str,
    pub generation: i32,
    /// Facts behind it.
    pub done: i64,
    /// Facts there were when it was begun or resumed; at least `done`.
    pub total: i64,
    /// Facts a second since it was begun or resumed; 0 before it can be told.
    pub per_second: i64,
    /// Seconds to go at this pace, when it has one.
    pub eta_seconds: Option<i64>,
    /// The same per shard.
    pub shards: Vec<ShardProgress>,
}

/// What became of a rebuild.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rebuilt {
    pub generation: i32,
    /// Whether readers see it now, and if not, why.
    pub flip: Flip,
    pub progress: RebuildProgress,
}

/// Begins a generation beside the live one.
pub async fn start(log: &EventLog, model: Model, options: RebuildOptions) -> Result<Rebuild, FanoutError> {
    Rebuild::begin(log.clone(), model.consumer(), options).await
}

/// Goes on with the newest generation that was begun and never flipped; nothing if there is none.
pub async fn resume(
    log: &EventLog,
    model: Model,
    options: RebuildOptions,
) -> Result<Option<Rebuild>, FanoutError> {
    let unfinished = generations::unfinished(log.pool(), model.name(), model.schema_version()).await?;
    match unfinished {
        Some(generation) => Rebuild::resume(log.clone(), model.consumer(), generation, options)
            .await
            .map(Some),
        None => Ok(None),
    }
}

/// How far the rebuild under way has come.
pub async fn progress(model: Model, rebuild: &Rebuild) -> Result<RebuildProgress, FanoutError> {
    let shards = rebuild.progress().await?;
    let sum = |of: fn(&ShardProgress) -> i64| shards.iter().map(of).sum::<i64>();
    let (done, total, per_second) = (
        sum(|shard| shard.done),
        sum(|shard| shard.total),
        sum(|shard| shard.per_second),
    );
    let eta_seconds = match (total - done, per_second) {
        (left, _) if left <= 0 => Some(0),
        (_, 0) => None,
        (left, pace) => Some((left + pace - 1) / pace),
    };
    Ok(RebuildProgress {
        model: model.name(),
        generation: rebuild.generation(),
        done,
        total,
        per_second,
        eta_seconds,
        shards,
    })
}

/// Points readers at a generation; refused while it is behind or holds parked keys, the latter unless forced.
///
/// # Errors
/// When there is no such generation being built, or the database cannot be used.
pub async fn flip(log: &EventLog, model: Model, generation: i32, force: bool) -> Result<Flip, FanoutError> {
    generations::flip(log, model.consumer().as_ref(), generation, force).await
}

/// A whole rebuild: begins, or goes on with what a killed one left, builds, flips, and reports on the way. When it is
/// stopped or killed, calling it again goes on.
///
/// # Errors
/// When a fact needs newer code, or the database cannot be used.
pub async fn run(
    log: &EventLog,
    model: Model,
    options: RebuildOptions,
    force: bool,
    stop: &CancellationToken,
    report: impl Fn(&RebuildProgress) + Send,
) -> Result<Rebuilt, FanoutError> {
    let rebuild = match resume(log, model, options.clone()).await? {
        Some(rebuild) => rebuild,
        None => start(log, model, options).await?,
    };
    let mut ticks = interval(REPORT_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut building = std::pin::pin!(rebuild.finish(force, stop));
    let flip = loop {
        tokio::select! {
            done = &mut building => break done?,
            _ = ticks.tick() => match progress(model, &rebuild).await {
                Ok(progress) => report(&progress),
                // The build itself says whether it can go on.
                Err(error) => warn!(model = model.name(), error = &error as &dyn std::error::Error,
                                    "the progress of a rebuild cannot be told"),
            },
        }
    };
    let progress = progress(model, &rebuild).await?;
    report(&progress);
    Ok(Rebuilt {
        generation: rebuild.generation(),
        flip,
        progress,
    })
}

/// Drops every generation that readers have left; answers which. `owner` connects as the owner of the tables.
pub async fn drop_retired(owner: &PgPool, model: Model) -> Result<Vec<i32>, FanoutError> {
    let mut dropped = Vec::new();
    for generation in generations::list(owner).await? {
        if generation.model == model.name() && generation.state == "retired" {
            generations::drop_generation(owner, model.name(), generation.generation).await?;
            dropped.push(generation.generation);
        }
    }
    Ok(dropped)
}

#[cfg(test)]
pub(crate) mod tests;
