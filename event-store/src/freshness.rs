//! Whether a read model shows everything up to a position, and waiting until it does.

use std::time::Duration;

use sqlx::PgPool;
use tokio::time::{Instant, timeout_at};

use crate::Position;
use crate::log::EventLog;

/// How often a wait looks by itself, when no worker of this process wakes it.
const POLL: Duration = Duration::from_millis(10);

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// The read model.
    pub model: &'a str,
    /// The version of its tables that the reader reads.
    pub schema_version: i32,
    /// Only this shard, or all of them.
    pub shard: Option<i16>,
    /// Up to this position, included.
    pub position: Position,
}

/// Whether no shard of the model has a fact between its checkpoint and `position`, included. The function
/// `model_is_fresh(model, schema_version, position)` says the same within a query, hence in the snapshot of its rows.
///
/// # Errors
/// When the database cannot be used.
pub async fn fresh_to(
    pool: &PgPool,
    model: &str,
    schema_version: i32,
    position: Position,
) -> Result<bool, sqlx::Error> {
    is_fresh(
        pool,
        Wanted {
            model,
            schema_version,
            shard: None,
            position,
        },
    )
    .await
}

/// The same for one shard: `shard_is_fresh(model, schema_version, shard, position)` in SQL.
///
/// # Errors
/// When the database cannot be used.
pub async fn shard_fresh(
    pool: &PgPool,
    model: &str,
    schema_version: i32,
    shard: i16,
    position: Position,
) -> Result<bool, sqlx::Error> {
    is_fresh(
        pool,
        Wanted {
            model,
            schema_version,
            shard: Some(shard),
            position,
        },
    )
    .await
}

/// Waits until it is so, or the deadline has passed; answers whether it is so. The workers of this process are asked to
/// compare with the log at once.
///
/// # Errors
/// When the database cannot be used.
pub async fn wait_until_fresh(
    log: &EventLog,
    wanted: Wanted<'_>,
    deadline: Instant,
) -> Result<bool, sqlx::Error> {
    let mut moved = log.signals().moved(wanted.model);
    if is_fresh(log.pool(), wanted).await? {
        return Ok(true);
    }
    log.signals().ask(wanted.model);
    loop {
        let until = deadline.min(Instant::now() + POLL);
        // A wake-up, the poll and the deadline all lead to one more look.
        let woken = timeout_at(until, moved.changed()).await;
        if is_fresh(log.pool(), wanted).await? {
            return Ok(true);
        }
        if Instant::now() >= deadline {
            return Ok(false);
        }
        if let Ok(Err(_closed)) = woken {
            tokio::time::sleep_until(until).await;
        }
    }
}

async fn is_fresh(pool: &PgPool, wanted: Wanted<'_>) -> Result<bool, sqlx::Error> {
    match wanted.shard {
        None => {
            sqlx::query_scalar("select model_is_fresh($1, $2, $3)")
                .bind(wanted.model)
                .bind(wanted.schema_version)
                .bind(wanted.position)
                .fetch_one(pool)
                .await
        }
        Some(shard) => {
            sqlx::query_scalar("select shard_is_fresh($1, $2, $3, $4)")
                .bind(wanted.model)
                .bind(wanted.schema_version)
                .bind(shard)
                .bind(wanted.position)
                .fetch_one(pool)
                .await
        }
    }
}
