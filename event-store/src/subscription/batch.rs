//! One batch, one transaction: checkpoints moved, rows written, all or nothing.

use std::collections::HashMap;

use sqlx::{Connection, FromRow, PgConnection};
use uuid::Uuid;

use super::positions::{Moves, move_on};
use super::{ApplyError, Consumer, FanoutError};
use crate::{Fact, Position};

/// What became of a batch.
#[derive(Debug)]
pub(crate) enum BatchResult {
    /// It is committed. The generation readers see at that moment, if they see one.
    Applied { live_generation: Option<i32> },
    /// Shards are no longer ours, or have moved: nothing was written.
    Lost,
    /// The consumer did not take it: nothing was written.
    Refused(ApplyError),
}

/// Moves the checkpoints and applies the facts in one transaction. Facts of parked keys are passed over.
pub(crate) async fn try_apply(
    connection: &mut PgConnection,
    consumer: &dyn Consumer,
    (generation, log_id): (i32, Uuid),
    moves: &Moves,
    facts: &[Fact],
    parked: &HashMap<String, Position>,
) -> Result<BatchResult, FanoutError> {
    let mut transaction = connection.begin().await?;
    let Some(moved) = move_on(&mut transaction, consumer, generation, moves).await? else {
        transaction.rollback().await?;
        return Ok(BatchResult::Lost);
    };
    if moved.log_id != log_id {
        transaction.rollback().await?;
        return Err(FanoutError::AnotherLog);
    }
    let applied = if parked.is_empty() {
        consumer.apply(&mut transaction, generation, facts).await
    } else {
        let open: Vec<Fact> = facts
            .iter()
            .filter(|fact| !waits(fact, parked))
            .cloned()
            .collect();
        if open.is_empty() {
            Ok(())
        } else {
            consumer.apply(&mut transaction, generation, &open).await
        }
    };
    match applied {
        Ok(()) => {
            transaction.commit().await?;
            Ok(BatchResult::Applied {
                live_generation: moved.live_generation,
            })
        }
        Err(error) => {
            transaction.rollback().await?;
            Ok(BatchResult::Refused(error))
        }
    }
}

/// Whether this fact waits behind a parked one of its key.
pub(super) fn waits(fact: &Fact, parked: &HashMap<String, Position>) -> bool {
    parked
        .get(&fact.partition_key)
        .is_some_and(|&from| fact.position >= from)
}

/// Whether the database refused the data, rather than failed: trying again cannot help.
pub(crate) fn is_poison(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(database) => database
            .code()
            .is_some_and(|code| code.starts_with("22") || code.starts_with("23")),
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::Encode(_) => true,
        sqlx::Error::Configuration(_)
        | sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::RowNotFound
        | sqlx::Error::TypeNotFound { .. }
        | sqlx::Error::ColumnIndexOutOfBounds { .. }
        | sqlx::Error::ColumnNotFound(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | _ => false,
    }
}

/// Parks the partition key of a fact: from it on, its facts wait. Refused (false) when the shard is no longer ours.
pub(crate) async fn wait_behind(
    connection: &mut PgConnection,
    consumer: &dyn Consumer,
    (generation, owner): (i32, Option<Uuid>),
    fact: &Fact,
    reason: &str,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "with ours as (
             select c.shard, c.position from checkpoints c
             where c.consumer = $1 and c.generation = $2 and c.shard = $3 and c.owner is not distinct from $4
             for update
         )
         insert into parked (consumer, generation, partition_key, shard, from_position, reason)
         select $1, $2, $6, o.shard, $5, left($7, 1000) from ours o
         join current_checkpoints k on k.consumer = $1 and k.generation = $2 and k.shard = o.shard
             and greatest(o.position, k.position) < $5
         on conflict (consumer, generation, partition_key) do nothing",
    )
    .bind(consumer.name())
    .bind(generation)
    .bind(fact.shard)
    .bind(owner)
    .bind(fact.position)
    .bind(&fact.partition_key)
    .bind(reason)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The facts of one partition key in a range of positions, both ends included, at most `limit` of them. Read by the streams
/// that began under the key, never by its shard: a key's facts may lie far apart.
pub(crate) async fn read_key(
    connection: &mut PgConnection,
    partition_key: &str,
    (from, to): (Position, Position),
    limit: u32,
) -> Result<Vec<Fact>, sqlx::Error> {
    let rows = sqlx::query(
        "select e.position, 0::bigint as before, e.shard, e.partition_key, e.aggregate_type, e.aggregate_id,
                e.sequence, e.event_type, e.event_version, e.payload, e.metadata, e.recorded_at, e.command_id
         from events s
         join events e on e.aggregate_type = s.aggregate_type and e.aggregate_id = s.aggregate_id
         where s.partition_key = $1 and s.sequence = 1 and e.position between $2 and $3
         order by e.position limit $4",
    )
    .bind(partition_key)
    .bind(from)
    .bind(to)
    .bind(i64::from(limit))
    .fetch_all(connection)
    .await?;
    rows.iter().map(Fact::from_row).collect()
}
