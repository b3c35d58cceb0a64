//! Waiting until a read model shows what the reader may expect, always bounded.

use std::time::Duration;

use event_store::freshness::{FreshnessTarget, wait_until_fresh};
use event_store::{Position, shard_of};
use tokio::time::Instant;

use crate::{Model, Models, QueryError};

/// How long a reader who names a position waits for it.
pub const READ_AFTER_WAIT_MAX: Duration = Duration::from_secs(2);
/// How long a reader of one booking or payment waits for what had happened when it asked.
pub const SINGLE_READ_WAIT_MAX: Duration = Duration::from_millis(250);

/// How far the model's shard and the log have come, in one snapshot: before the first fact of the shard that is not shown
/// yet, else up to the log's end; the shard's last fact; the log's last fact. No row while no generation is live.
const SHARD: &str = "
    select coalesce((select e.position - 1 from events e
                     where e.shard = $3 and e.position > c.position order by e.position limit 1), head.position),
           coalesce((select e.position from events e where e.shard = $3 order by e.position desc limit 1), 0),
           head.position
    from read_models r
    join current_checkpoints c on c.consumer = r.model and c.generation = r.live_generation and c.shard = $3
    cross join (select coalesce(max(position), 0) as position from events) head
    where r.model = $1 and r.schema_version = $2";

/// Whether a model shows what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Everything up to there.
    Fresh,
    /// Not yet, though it was waited for.
    Stale,
}

/// What a single read can rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShardFreshness {
    /// Whether all that had happened when the question arrived is shown.
    pub freshness: Freshness,
    /// Every fact of the shard up to this position is shown, though the position may be another shard's; 0 when none is.
    pub as_of: Position,
}

/// Where a model's shard stands beside the log.
struct ShardNow {
    as_of: Position,
    shard_head: Position,
    head: Position,
}

/// Waits, at most [`READ_AFTER_WAIT_MAX`], until a model shows every fact up to `position`.
pub async fn wait_read_after(
    models: &Models,
    model: Model,
    position: Position,
) -> Result<Freshness, QueryError> {
    wait(models, model, None, position, READ_AFTER_WAIT_MAX).await
}

/// Waits, at most so long, until a model shows what has happened by now under `partition_key` (and whatever else shares
/// its shard). Usually it does already, and this is one short query.
pub async fn wait_shard(
    models: &Models,
    model: Model,
    partition_key: &str,
    at_most: Duration,
) -> Result<ShardFreshness, QueryError> {
    let shard = shard_of(partition_key);
    let asked = shard_now(models, model, shard).await?;
    let wanted = asked.as_ref().map_or(Position::MAX, |now| now.shard_head);
    if let Some(now) = &asked
        && now.as_of >= now.head
    {
        return Ok(ShardFreshness {
            freshness: Freshness::Fresh,
            as_of: now.as_of,
        });
    }
    let freshness = wait(models, model, Some(shard), wanted, at_most).await?;
    let as_of = match (freshness, asked) {
        // What has happened elsewhere up to the question concerns no other fact of this shard.
        (Freshness::Fresh, Some(asked)) => asked.head,
        (Freshness::Fresh | Freshness::Stale, _) => {
            let now = shard_now(models, model, shard).await?;
            now.map_or(0, |now| now.as_of)
        }
    };
    Ok(ShardFreshness { freshness, as_of })
}

async fn shard_now(models: &Models, model: Model, shard: i16) -> Result<Option<ShardNow>, QueryError> {
    let found: Option<(Position, Position, Position)> = sqlx::query_as(SHARD)
        .bind(model.name())
        .bind(model.schema_version())
        .bind(shard)
        .fetch_optional(&models.pool)
        .await?;
    Ok(found.map(|(as_of, shard_head, head)| ShardNow {
        as_of,
        shard_head,
        head,
    }))
}

async fn wait(
    models: &Models,
    model: Model,
    shard: Option<i16>,
    position: Position,
    at_most: Duration,
) -> Result<Freshness, QueryError> {
    let wanted = FreshnessTarget {
        model: model.name(),
        schema_version: model.schema_version(),
        shard,
        position,
    };
    let fresh = wait_until_fresh(&models.log, wanted, Instant::now() + at_most).await?;
    Ok(if fresh { Freshness::Fresh } else { Freshness::Stale })
}
