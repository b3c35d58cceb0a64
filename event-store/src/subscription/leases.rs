//! Who follows which shards: registration, leases by the database's clock, fair shares.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{Consumer, StartAt, WorkerOptions, again};
use crate::Position;

/// Makes sure that the consumer is known, and answers the generation to follow. A read model without a live one is
/// built by its workers; a process has generation 1.
pub(crate) async fn register(
    connection: &mut PgConnection,
    consumer: &dyn Consumer,
) -> Result<i32, sqlx::Error> {
    match consumer.start() {
        StartAt::Beginning => {
            sqlx::query_scalar("select register_model($1, $2)")
                .bind(consumer.name())
                .bind(consumer.schema_version())
                .fetch_one(connection)
                .await
        }
        StartAt::Head => {
            sqlx::query("select register_process($1)")
                .bind(consumer.name())
                .execute(&mut *connection)
                .await?;
            if let Some(edition) = consumer.edition() {
                again::register(connection, consumer, edition).await?;
            }
            Ok(1)
        }
    }
}

/// What a worker is told when it renews its lease.
pub(crate) struct Renewed {
    /// The generation to follow from now on; where that is another than was asked for, nothing is held of it yet.
    pub generation: i32,
    /// All it holds.
    pub held: Vec<LeasedShard>,
    /// The number of its newest row of positions; 0 before the first.
    pub number: i64,
    /// Whether keys were parked when the turn began; of a shard that was taken in it, its holder before may have parked some since.
    pub parks: bool,
}

/// A shard that a worker holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LeasedShard {
    pub shard: i16,
    /// Where its checkpoint stands.
    pub position: Position,
    /// Another one each time that the shard is taken.
    pub fence: i64,
    /// Facts that its checkpoint has moved over, ever.
    pub applied: i64,
}

/// The generation, whether keys are parked, and a shard that is held with the worker's newest number; or none is.
type RenewedRow = (
    i32,
    bool,
    Option<i16>,
    Option<Position>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
);

/// A process has one generation for ever, a read model the live one, or the one that its workers build.
const GENERATION_OF_PROCESS: &str = "select 1 as number where $2::integer is not null";
const GENERATION_OF_MODEL: &str = "select register_model($1, $2) as number";

/// Renews, gives back, takes: see the function `lease_shards`. All in one statement, since every worker asks it all the time.
/// `offset 0` keeps the function from being run for a generation that is not to be followed any more.
pub(crate) async fn renew(
    connection: &mut PgConnection,
    consumer: &dyn Consumer,
    (generation, me): (i32, Uuid),
    (aside, avoided): (bool, &[i16]),
    options: &WorkerOptions,
) -> Result<Renewed, sqlx::Error> {
    let follows = match consumer.start() {
        StartAt::Beginning => GENERATION_OF_MODEL,
        StartAt::Head => GENERATION_OF_PROCESS,
    };
    let rows: Vec<RenewedRow> = sqlx::query_as(&format!(
        "select g.number, exists (select from parked p where p.consumer = $1 and p.generation = $3),
                s.shard, s.position, s.fence, s.applied, s.number
         from ({follows}) g
         left join lateral (select l.* from lease_shards($1, $3, $4, $5, $6, $7) l where g.number = $3 offset 0) s on true"
    ))
    .bind(consumer.name())
    .bind(consumer.schema_version())
    .bind(generation)
    .bind(me)
    .bind(i32::try_from(options.lease.as_millis()).unwrap_or(i32::MAX))
    .bind(aside)
    .bind(avoided)
    .fetch_all(connection)
    .await?;
    let first = rows.first();
    Ok(Renewed {
        generation: first.map_or(generation, |row| row.0),
        parks: first.is_some_and(|row| row.1),
        number: first.and_then(|row| row.6).unwrap_or_default(),
        held: rows.iter().filter_map(leased).collect(),
    })
}

fn leased(&(_, _, shard, position, fence, applied, _): &RenewedRow) -> Option<LeasedShard> {
    Some(LeasedShard {
        shard: shard?,
        position: position?,
        fence: fence?,
        applied: applied?,
    })
}

/// Gives everything back at a graceful stop.
pub(crate) async fn leave(
    connection: &mut PgConnection,
    (consumer, generation): (&str, i32),
    me: Uuid,
) -> Result<(), sqlx::Error> {
    sqlx::query("select leave_shards($1, $2, $3)")
        .bind(consumer)
        .bind(generation)
        .bind(me)
        .execute(connection)
        .await?;
    Ok(())
}

/// The keys parked in these shards: key, position from which its facts wait, shard, and whether they are to be tried again.
pub(crate) async fn parked(
    connection: &mut PgConnection,
    (consumer, generation): (&str, i32),
    shards: &[i16],
) -> Result<Vec<(String, Position, i16, bool)>, sqlx::Error> {
    sqlx::query_as(
        "select partition_key, from_position, shard, unpark_requested_at is not null from parked
         where consumer = $1 and generation = $2 and shard = any ($3)",
    )
    .bind(consumer)
    .bind(generation)
    .bind(shards)
    .fetch_all(connection)
    .await
}

/// Makes a generation that is being built by its workers the live one, once every shard has come up to `head` and
/// readers have no other yet.
pub(crate) async fn go_live(
    connection: &mut PgConnection,
    consumer: &dyn Consumer,
    generation: i32,
    head: Position,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("select go_live($1, $2, $3, $4)")
        .bind(consumer.name())
        .bind(consumer.schema_version())
        .bind(generation)
        .bind(head)
        .fetch_one(connection)
        .await
}
