//! Forgets what is over: deliveries of long ago, events that nobody waits for, and all of an endpoint that was deleted.

use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::options::KeepOptions;
use crate::queue::milliseconds;

/// Forgets every so often until stopped.
pub async fn keep_deliveries(pool: PgPool, options: KeepOptions, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match forget(&pool, &options).await {
            // There may be more of it.
            Ok(forgotten) if forgotten > 0 => continue,
            Ok(_) => {}
            Err(error) => warn!(error = %error, "old deliveries could not be forgotten"),
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(options.every) => {}
        }
    }
}

/// One batch of each; answers how many rows that were.
///
/// # Errors
/// When the database cannot be used.
pub async fn forget(pool: &PgPool, options: &KeepOptions) -> Result<u64, sqlx::Error> {
    const STATEMENTS: [&str; 4] = [
        "delete from webhooks.deliveries where ctid in ( \
             select ctid from webhooks.deliveries \
             where state <> 'waiting' and queued_at < house_now() - $1 * interval '1 millisecond' limit $2)",
        // A day more: no list shows a delivery without its event.
        "delete from webhooks.events where ctid in ( \
             select e.ctid from webhooks.events e \
             where e.told_at < house_now() - $1 * interval '1 millisecond' - interval '1 day' \
               and not exists (select from webhooks.deliveries d where d.position = e.position and d.state = 'waiting') limit $2)",
        "delete from webhooks.deliveries where ctid in ( \
             select d.ctid from webhooks.endpoints e join webhooks.deliveries d on d.endpoint_id = e.id \
             where e.state = 'deleted' and $1::bigint is not null limit $2)",
        "delete from webhooks.endpoints where id in ( \
             select e.id from webhooks.endpoints e \
             where e.state = 'deleted' and $1::bigint is not null \
               and not exists (select from webhooks.deliveries d where d.endpoint_id = e.id) \
             order by e.id limit $2)",
    ];
    let mut forgotten = 0;
    for statement in STATEMENTS {
        let done = sqlx::query(statement)
            .bind(milliseconds(options.keep))
            .bind(options.batch)
            .execute(pool)
            .await?;
        forgotten += done.rows_affected();
    }
    Ok(forgotten)
}
