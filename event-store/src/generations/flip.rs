//! The flip: points the readers of a model at a new generation, in one moment, without losing a fact.

use std::collections::HashMap;

use sqlx::{Connection, PgConnection};
use tracing::info;

use crate::log::EventLog;
use crate::subscription::session::{self, PLAN_ANEW};
use crate::subscription::{Consumer, FanoutError, read_shards};
use crate::{Fact, Position};

/// How many facts a flip applies by itself while both generations stand still.
const CATCH_UP_MAX: i64 = 5_000;

/// What became of a flip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flip {
    /// Readers see the new generation; the one before it, if any, stays until it is dropped.
    Done {
        /// The generation before it.
        retired: Option<i32>,
    },
    /// The new generation is too far behind in these shards: build on and try again.
    Behind(Vec<i16>),
    /// So many keys are parked in the new generation: look at them, or force the flip.
    Parked(i64),
}

/// Locks the checkpoints of both generations, brings the new one up to the old one in every shard, and moves the
/// pointer: all in one transaction.
///
/// # Errors
/// When there is no such generation being built, or the database cannot be used.
pub async fn flip(
    log: &EventLog,
    consumer: &dyn Consumer,
    generation: i32,
    force: bool,
) -> Result<Flip, FanoutError> {
    let mut connection = session::open(log).await?;
    index(&mut connection, consumer, generation).await?;
    let outcome = flip_on(&mut connection, consumer, generation, force).await;
    session::close(connection).await;
    if let Ok(Flip::Done { .. }) = outcome {
        info!(
            consumer = consumer.name(),
            generation, "readers see a new generation"
        );
        log.wake_ups().note_progress(consumer.name(), std::iter::empty());
    }
    outcome
}

/// Makes the indexes that a rebuilt generation does not have yet, while nobody waits for it.
pub(crate) async fn index(
    connection: &mut PgConnection,
    consumer: &dyn Consumer,
    generation: i32,
) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin().await?;
    // Sorting a large table takes as long as it takes.
    sqlx::query("set local statement_timeout = 0")
        .execute(&mut *transaction)
        .await?;
    sqlx::query("select index_generation($1, $2)")
        .bind(consumer.name())
        .bind(generation)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await
}

async fn flip_on(
    connection: &mut PgConnection,
    consumer: &dyn Consumer,
    generation: i32,
    force: bool,
) -> Result<Flip, FanoutError> {
    let mut transaction = connection.begin().await?;
    let old = lock_model(&mut transaction, consumer, generation).await?;
    let parked = parked(&mut transaction, consumer, generation).await?;
    if !parked.is_empty() && !force {
        transaction.rollback().await?;
        return Ok(Flip::Parked(i64::try_from(parked.len()).unwrap_or(i64::MAX)));
    }
    if let Some(old) = old {
        let behind = catch_up(&mut transaction, consumer, (old, generation), &parked).await?;
        if !behind.is_empty() {
            transaction.rollback().await?;
            return Ok(Flip::Behind(behind));
        }
    }
    sqlx::query("select make_live($1, $2, $3)")
        .bind(consumer.name())
        .bind(consumer.schema_version())
        .bind(generation)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(Flip::Done { retired: old })
}

/// Takes the model's lock, so that flips and drops take turns, and answers the generation now live.
async fn lock_model(
    connection: &mut PgConnection,
    consumer: &dyn Consumer,
    generation: i32,
) -> Result<Option<i32>, FanoutError> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('generations of ' || $1, 0))")
        .bind(consumer.name())
        .execute(&mut *connection)
        .await?;
    let found: Option<(Option<i32>,)> = sqlx::query_as(
        "select r.live_generation from generations g
         join read_models r on r.model = g.model and r.schema_version = g.schema_version
         where g.model = $1 and g.generation = $2 and g.schema_version = $3 and g.state <> 'live'",
    )
    .bind(consumer.name())
    .bind(generation)
    .bind(consumer.schema_version())
    .fetch_optional(connection)
    .await?;
    found
        .map(|(live,)| live)
        .ok_or_else(|| FanoutError::NoSuchGeneration {
            model: consumer.name().to_owned(),
            generation,
        })
}

async fn parked(
    connection: &mut PgConnection,
    consumer: &dyn Consumer,
    generation: i32,
) -> Result<HashMap<String, Position>, sqlx::Error> {
    let rows: Vec<(String, Position)> = sqlx::query_as(
        "select partition_key, from_position from parked where consumer = $1 and generation = $2",
    )
    .bind(consumer.name())
    .bind(generation)
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().collect())
}

/// Applies the last facts that the old generation has and the new one has not. Neither moves meanwhile. Answers the
/// shards that are too far behind, or cannot be brought up; nothing is kept then.
async fn catch_up(
    connection: &mut PgConnection,
    consumer: &dyn Consumer,
    (old, new): (i32, i32),
    parked: &HashMap<String, Position>,
) -> Result<Vec<i16>, FanoutError> {
    let then = hold_still(connection, consumer, old).await?;
    let now = hold_still(connection, consumer, new).await?;
    let behind: Vec<(i16, Position)> = now
        .iter()
        .filter(|(shard, here)| then.get(*shard).is_some_and(|there| there > *here))
        .map(|(s, p)| (*s, *p))
        .collect();
    if behind.is_empty() {
        return Ok(vec![]);
    }
    let mut facts = read_shards(connection, &behind, CATCH_UP_MAX + 1).await?;
    facts.retain(|fact| then.get(&fact.shard).is_some_and(|there| fact.position <= *there));
    if i64::try_from(facts.len()).unwrap_or(i64::MAX) > CATCH_UP_MAX {
        return Ok(behind.into_iter().map(|(shard, _)| shard).collect());
    }
    facts.sort_unstable_by_key(|fact| fact.position);
    let counted = facts.len();
    let open: Vec<Fact> = facts
        .into_iter()
        .filter(|fact| {
            parked
                .get(&fact.partition_key)
                .is_none_or(|from| fact.position < *from)
        })
        .collect();
    if consumer.apply(connection, new, &open).await.is_err() {
        // The next round of the rebuild finds out why, and parks what has to be parked.
        return Ok(behind.into_iter().map(|(shard, _)| shard).collect());
    }
    info!(
        consumer = consumer.name(),
        facts = counted,
        "the last facts before a flip"
    );
    sqlx::query(
        "update checkpoints n set position = o.position,
                applied = n.applied + (select count(*) from events e
                                       where e.shard = n.shard and e.position > n.position and e.position <= o.position)
         from checkpoints o
         where n.consumer = $1 and n.generation = $3 and o.consumer = $1 and o.generation = $2
           and o.shard = n.shard and o.position > n.position",
    )
    .bind(consumer.name())
    .bind(old)
    .bind(new)
    .execute(connection)
    .await?;
    Ok(vec![])
}

/// Where each shard stands, and stays until the transaction ends.
async fn hold_still(
    connection: &mut PgConnection,
    consumer: &dyn Consumer,
    generation: i32,
) -> Result<HashMap<i16, Position>, sqlx::Error> {
    let rows: Vec<(i16, Position)> = sqlx::query_as(&format!(
        "select s.shard, s.position, {PLAN_ANEW} from hold_still($1, $2) s"
    ))
    .bind(consumer.name())
    .bind(generation)
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().collect())
}
