//! Reading the log shard by shard: its heads, and what comes after a position in each of several shards.

use sqlx::{FromRow, PgConnection};

use crate::{Fact, Position};

/// The last position of each of these shards; 0 for an empty one.
pub(crate) async fn heads(
    connection: &mut PgConnection,
    shards: &[i16],
) -> Result<Vec<(i16, Position)>, sqlx::Error> {
    sqlx::query_as(
        "select w.shard, coalesce((select e.position from events e where e.shard = w.shard
                                   order by e.position desc limit 1), 0)
         from unnest($1::smallint[]) as w (shard)",
    )
    .bind(shards)
    .fetch_all(connection)
    .await
}

/// Up to `each_max` facts of each shard after its position, shard by shard in order. Complete and final, like every
/// reading of the log by position.
pub(crate) async fn read_shards(
    connection: &mut PgConnection,
    after: &[(i16, Position)],
    each_max: i64,
) -> Result<Vec<Fact>, sqlx::Error> {
    let (shards, positions): (Vec<i16>, Vec<Position>) = after.iter().copied().unzip();
    let rows = sqlx::query(
        "select e.position, lag(e.position, 1, w.after) over (partition by w.shard order by e.position) as before,
                e.shard, e.partition_key, e.aggregate_type, e.aggregate_id, e.sequence, e.event_type,
                e.event_version, e.payload, e.metadata, e.recorded_at, e.command_id
         from unnest($1::smallint[], $2::bigint[]) as w (shard, after)
         cross join lateral (
             select * from events e where e.shard = w.shard and e.position > w.after
             order by e.position limit $3
         ) e
         order by w.shard, e.position",
    )
    .bind(shards)
    .bind(positions)
    .bind(each_max)
    .fetch_all(connection)
    .await?;
    rows.iter().map(Fact::from_row).collect()
}

/// Up to `limit` facts of one shard after a position, in order: the same without a sort, for whoever reads a long log.
pub(crate) async fn read_shard(
    connection: &mut PgConnection,
    shard: i16,
    after: Position,
    limit: i64,
) -> Result<Vec<Fact>, sqlx::Error> {
    let rows = sqlx::query(
        "select e.position, lag(e.position, 1, $2) over (order by e.position) as before, e.shard, e.partition_key,
                e.aggregate_type, e.aggregate_id, e.sequence, e.event_type, e.event_version, e.payload, e.metadata,
                e.recorded_at, e.command_id
         from (select * from events e where e.shard = $1 and e.position > $2 order by e.position limit $3) e
         order by e.position",
    )
    .bind(shard)
    .bind(after)
    .bind(limit)
    .fetch_all(connection)
    .await?;
    rows.iter().map(Fact::from_row).collect()
}
