//! Sums of the ledger over ranges of positions, so that a page of an account's statement costs a page and not the account.

use std::time::Duration;

use event_store::Position;
use sqlx::PgPool;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::Model;

/// How many positions are summed at once: what follows the last range, a statement adds up line by line.
pub const RANGE: Position = 8_192;

/// How often it is looked whether there is another range.
const LOOK_EVERY: Duration = Duration::from_secs(20);

/// Sums the ranges of `size` positions that every shard has passed, in each generation that readers see; answers how many.
///
/// # Errors
/// When the database cannot be used; what was summed before stays.
pub async fn sum_ranges(pool: &PgPool, size: Position) -> Result<u64, sqlx::Error> {
    let live: Vec<i32> =
        sqlx::query_scalar("select generation from generations where model = $1 and state = 'live'")
            .bind(Model::PaymentLedger.name())
            .fetch_all(pool)
            .await?;
    let mut summed = 0;
    for generation in live {
        while sqlx::query_scalar("select sum_ledger_range($1, $2)")
            .bind(generation)
            .bind(size)
            .fetch_one(pool)
            .await?
        {
            summed += 1;
        }
    }
    Ok(summed)
}

/// Sums what can be summed, now and then, until stopped. Any number of processes may do so.
pub(crate) async fn run(pool: PgPool, stop: CancellationToken) {
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = looks.tick() => {}
        }
        let summed = tokio::select! {
            () = stop.cancelled() => return,
            summed = sum_ranges(&pool, RANGE) => summed,
        };
        if let Err(error) = summed {
            warn!(
                error = &error as &dyn std::error::Error,
                "the ledger's sums are behind: statements cost more"
            );
        }
    }
}
