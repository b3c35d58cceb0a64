//! How checkpoints move: a worker writes where all its shards stand as the next row of its own; a rebuild moves one shard.

use sqlx::{PgConnection, Row};
use uuid::Uuid;

use super::Consumer;
use super::session::PLAN_ONCE;
use crate::Position;

/// How a batch moves checkpoints.
pub(crate) enum Moves {
    /// Of a worker: refused once one of the shards moved has another owner, or somebody took this number.
    Worker(WorkerPositions),
    /// Of a rebuild: refused once the shard is no longer where it was, or a worker follows it.
    Shard(ShardMove),
}

/// Where a worker's shards stand after a batch.
pub(crate) struct WorkerPositions {
    pub owner: Uuid,
    /// The number of its last row, and 1.
    pub number: i64,
    /// Of every shard in order; 0 for those it does not hold.
    pub positions: Vec<Position>,
    /// Facts that each of them has moved over, ever.
    pub applied: Vec<i64>,
    /// The shards that the batch moves.
    pub moved: Vec<i16>,
}

/// How one checkpoint moves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ShardMove {
    pub shard: i16,
    pub from: Position,
    pub to: Position,
    pub facts: i64,
}

/// What is learned by the way.
pub(super) struct Moved {
    /// The generation readers see at that moment, if they see one.
    pub live_generation: Option<i32>,
    pub log_id: Uuid,
}

/// Moves the checkpoints, as the first statement of a batch; nothing when it is refused. Of two that want a worker's next number, one
/// finds no row to replace.
pub(super) async fn move_on(
    connection: &mut PgConnection,
    consumer: &dyn Consumer,
    generation: i32,
    moves: &Moves,
) -> Result<Option<Moved>, sqlx::Error> {
    let row = match moves {
        Moves::Worker(after) => write_next(connection, consumer, generation, after).await?,
        Moves::Shard(moved) => move_shard(connection, consumer, generation, *moved).await?,
    };
    row.map(|row| {
        Ok(Moved {
            live_generation: row.try_get("live")?,
            log_id: row.try_get("log_id")?,
        })
    })
    .transpose()
}

async fn write_next(
    connection: &mut PgConnection,
    consumer: &dyn Consumer,
    generation: i32,
    after: &WorkerPositions,
) -> Result<Option<sqlx::postgres::PgRow>, sqlx::Error> {
    sqlx::query(&format!(
        "with replaced as (
             delete from worker_positions
             where consumer = $1 and generation = $2 and owner = $3 and number = $4 - 1
             returning number
         )
         insert into worker_positions (consumer, generation, owner, number, positions, applied, edition)
         select $1, $2, $3, $4, $5, $6, $7 from replaced
         where (select count(*) from checkpoints c
                where c.consumer = $1 and c.generation = $2 and c.owner = $3 and c.shard = any ($8)) = cardinality($8)
         returning (select r.live_generation from read_models r where r.model = $1 and r.schema_version = $9) as live,
                   (select i.log_id from log_identity i) as log_id, {PLAN_ONCE}",
    ))
    .bind(consumer.name())
    .bind(generation)
    .bind(after.owner)
    .bind(after.number)
    .bind(&after.positions)
    .bind(&after.applied)
    .bind(consumer.edition())
    .bind(&after.moved)
    .bind(consumer.schema_version())
    .fetch_optional(connection)
    .await
}

async fn move_shard(
    connection: &mut PgConnection,
    consumer: &dyn Consumer,
    generation: i32,
    moved: ShardMove,
) -> Result<Option<sqlx::postgres::PgRow>, sqlx::Error> {
    sqlx::query(&format!(
        "update checkpoints c set position = $5, applied = c.applied + $6
         where c.consumer = $1 and c.generation = $2 and c.shard = $3 and c.position = $4 and c.owner is null
         returning (select r.live_generation from read_models r where r.model = $1 and r.schema_version = $7) as live,
                   (select i.log_id from log_identity i) as log_id, {PLAN_ONCE}",
    ))
    .bind(consumer.name())
    .bind(generation)
    .bind(moved.shard)
    .bind(moved.from)
    .bind(moved.to)
    .bind(moved.facts)
    .bind(consumer.schema_version())
    .fetch_optional(connection)
    .await
}
