//! Closed intents: kept in a table of their own for a while, then pruned, a bounded part at a time.

use std::time::Duration;

use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::log::EventLog;

/// How closed intents are kept.
#[derive(Clone, Copy, Debug)]
pub struct ClosedOptions {
    /// How long a closed intent is kept.
    pub keep: Duration,
    /// How many are moved or pruned in one transaction.
    pub batch: i64,
    /// How often the queue is looked after.
    pub every: Duration,
    /// The pause between two transactions while there is more to do.
    pub pause: Duration,
}

impl Default for ClosedOptions {
    fn default() -> Self {
        Self {
            keep: Duration::from_hours(90 * 24),
            batch: 1_000,
            every: Duration::from_mins(1),
            pause: Duration::from_millis(200),
        }
    }
}

/// Moves what an older release closed in place, at most so many; answers how many.
///
/// # Errors
/// When the database cannot be used.
pub async fn sweep(pool: &PgPool, batch: i64) -> Result<u64, sqlx::Error> {
    let moved = sqlx::query(
        "with gone as (
             delete from intents where id in (
                 select id from intents where state in ('done', 'refused', 'given_up') limit $1 for update skip locked)
             returning *
         )
         insert into closed_intents (id, process, partition_key, ordinal, caused_by, body, due_at, state, attempts,
                                     last_error, created_at, closed_at, outcome, lane)
         select id, process, partition_key, ordinal, caused_by, body, due_at, state, attempts, last_error, created_at,
                coalesce(closed_at, clock_timestamp()), outcome, lane
         from gone on conflict (id) do nothing",
    )
    .bind(batch)
    .execute(pool)
    .await?;
    Ok(moved.rows_affected())
}

/// Forgets intents that were closed longer ago than `keep`, at most so many; answers how many.
///
/// # Errors
/// When the database cannot be used.
pub async fn prune(pool: &PgPool, keep: Duration, batch: i64) -> Result<u64, sqlx::Error> {
    let pruned = sqlx::query(
        "delete from closed_intents where id in (
             select id from closed_intents where closed_at < clock_timestamp() - $1 * interval '1 second'
             limit $2 for update skip locked)",
    )
    .bind(i64::try_from(keep.as_secs()).unwrap_or(i64::MAX))
    .bind(batch)
    .execute(pool)
    .await?;
    Ok(pruned.rows_affected())
}

/// Lets intents be claimed again that are marked as standing behind a poisoned one that is gone: an older release that
/// frees a key does not know of the mark. Answers how many.
///
/// # Errors
/// When the database cannot be used.
pub async fn unblock_freed(pool: &PgPool) -> Result<u64, sqlx::Error> {
    let freed = sqlx::query(
        "update intents o set blocked = false
         where o.blocked
           and not exists (select from intents p where p.partition_key = o.partition_key and p.state = 'poisoned')",
    )
    .execute(pool)
    .await?;
    Ok(freed.rows_affected())
}

/// Keeps the queue small until stopped; any number may.
pub async fn keep_closed(log: EventLog, options: ClosedOptions, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let rest = match once(log.pool(), options).await {
            Ok(true) => options.pause,
            Ok(false) => options.every,
            Err(error) => {
                tracing::warn!(error = %error, "closed intents could not be moved or pruned");
                options.every
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(rest) => {}
        }
    }
}

/// One bounded turn; whether there may be more to do.
async fn once(pool: &PgPool, options: ClosedOptions) -> Result<bool, sqlx::Error> {
    let full = u64::try_from(options.batch).unwrap_or(u64::MAX);
    let moved = sweep(pool, options.batch).await?;
    let pruned = prune(pool, options.keep, options.batch).await?;
    metrics::counter!("tot_intents_pruned_total").increment(pruned);
    unblock_freed(pool).await?;
    Ok(moved >= full || pruned >= full)
}
