//! Generations of a read model: which there are, which one readers see, how far one that is being built has come.

mod flip;
mod rebuild;
mod retire;

use std::time::Duration;

use jiff::Timestamp;
use sqlx::{PgPool, Row};
use tokio::time::Instant;

use crate::Position;

pub(crate) use flip::index;
pub use flip::{Flip, flip};
pub use rebuild::{Rebuild, RebuildOptions, RebuildStep};
pub use retire::drop_generation;

/// One generation of a model's tables.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generation {
    pub model: String,
    /// Its number, from 1.
    pub generation: i32,
    /// The schema version it was made for.
    pub schema_version: i32,
    /// `building`, `live` or `retired`.
    pub state: String,
    /// When it was begun.
    pub started_at: Timestamp,
    /// When readers were first pointed at it.
    pub flipped_at: Option<Timestamp>,
}

/// How far one shard of a generation has come.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ShardProgress {
    pub shard: i16,
    pub position: Position,
    pub done: i64,
    /// Facts there were when the rebuild was begun or resumed; at least `done`.
    pub total: i64,
    /// Facts a second since the pace began; 0 before it can be told.
    pub per_second: i64,
    /// Seconds to go at this pace, when it has one.
    pub eta_seconds: Option<i64>,
}

/// Measures the pace of a rebuild between a first look and later ones.
#[derive(Clone, Debug)]
pub struct Pace {
    first: Vec<ShardProgress>,
    started_at: Instant,
}

impl Pace {
    /// Begins with a first look.
    pub fn begin(first: Vec<ShardProgress>) -> Self {
        Self {
            first,
            started_at: Instant::now(),
        }
    }

    /// A later look, with the pace since the first.
    pub fn of(&self, now: Vec<ShardProgress>) -> Vec<ShardProgress> {
        paced(&self.first, now, self.started_at.elapsed())
    }
}

fn paced(first: &[ShardProgress], mut now: Vec<ShardProgress>, passed: Duration) -> Vec<ShardProgress> {
    let passed_ms = i64::try_from(passed.as_millis()).unwrap_or(i64::MAX).max(1);
    for progress in &mut now {
        let before = first.iter().find(|first| first.shard == progress.shard);
        let done = progress.done - before.map_or(0, |before| before.done);
        progress.per_second = done.saturating_mul(1_000) / passed_ms;
        progress.eta_seconds = match (progress.total - progress.done, progress.per_second) {
            (0, _) => Some(0),
            (_, 0) => None,
            (left, pace) => Some((left + pace - 1) / pace),
        };
    }
    now
}

/// The generation readers of this schema version see; `None` until the first one has caught up.
///
/// # Errors
/// When the database cannot be used.
pub async fn live(pool: &PgPool, model: &str, schema_version: i32) -> Result<Option<i32>, sqlx::Error> {
    let found: Option<Option<i32>> = sqlx::query_scalar(
        "select live_generation from read_models where model = $1 and schema_version = $2",
    )
    .bind(model)
    .bind(schema_version)
    .fetch_optional(pool)
    .await?;
    Ok(found.flatten())
}

/// Every generation there is, by model and number.
///
/// # Errors
/// When the database cannot be used.
pub async fn list(pool: &PgPool) -> Result<Vec<Generation>, sqlx::Error> {
    let rows = sqlx::query(
        "select model, generation, schema_version, state, started_at, flipped_at from generations
         order by model, generation",
    )
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            let flipped_at: Option<jiff_sqlx::Timestamp> = row.try_get("flipped_at")?;
            Ok(Generation {
                model: row.try_get("model")?,
                generation: row.try_get("generation")?,
                schema_version: row.try_get("schema_version")?,
                state: row.try_get("state")?,
                started_at: row.try_get::<jiff_sqlx::Timestamp, _>("started_at")?.to_jiff(),
                flipped_at: flipped_at.map(jiff_sqlx::Timestamp::to_jiff),
            })
        })
        .collect()
}

/// The newest generation of this schema version that was begun and never flipped: a rebuild to resume. What workers hold is theirs
/// to finish.
///
/// # Errors
/// When the database cannot be used.
pub async fn unfinished(pool: &PgPool, model: &str, schema_version: i32) -> Result<Option<i32>, sqlx::Error> {
    sqlx::query_scalar(
        "select max(g.generation) from generations g
         where g.model = $1 and g.schema_version = $2 and g.state = 'building'
           and not exists (select from checkpoints c
                           where c.consumer = g.model and c.generation = g.generation and c.owner is not null)",
    )
    .bind(model)
    .bind(schema_version)
    .fetch_one(pool)
    .await
}

/// How far each shard of a generation has come; without a pace, which [`Pace`] adds.
///
/// # Errors
/// When the database cannot be used.
pub async fn progress(
    pool: &PgPool,
    model: &str,
    generation: i32,
) -> Result<Vec<ShardProgress>, sqlx::Error> {
    let rows: Vec<(i16, i64, i64, i64)> = sqlx::query_as(
        "select shard, position, applied, greatest(applied, coalesce(total, applied)) from current_checkpoints
         where consumer = $1 and generation = $2 order by shard",
    )
    .bind(model)
    .bind(generation)
    .fetch_all(pool)
    .await?;
    let progress = rows
        .into_iter()
        .map(|(shard, position, done, total)| ShardProgress {
            shard,
            position,
            done,
            total,
            per_second: 0,
            eta_seconds: None,
        });
    Ok(progress.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(shard: i16, done: i64, total: i64) -> ShardProgress {
        ShardProgress {
            shard,
            position: done,
            done,
            total,
            per_second: 0,
            eta_seconds: None,
        }
    }

    #[test]
    fn pace_and_time_to_go_are_told_per_shard() {
        let first = [at(0, 100, 1_000), at(1, 0, 50), at(2, 10, 10)];
        let now = vec![at(0, 300, 1_000), at(1, 0, 50), at(2, 10, 10)];
        let shown: Vec<_> = paced(&first, now, Duration::from_secs(2))
            .iter()
            .map(|progress| (progress.per_second, progress.eta_seconds))
            .collect();
        assert_eq!(shown, [(100, Some(7)), (0, None), (0, Some(0))]);
    }
}
