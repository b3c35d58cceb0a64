//! Lets a parked key catch up: its waiting facts are read from the log again, in the lease holder's transaction.

use sqlx::{Connection, PgConnection};
use tokio::time::Instant;
use tracing::{info, warn};
use uuid::Uuid;

use super::session::PLAN_ANEW;
use super::{ApplyError, Consumer, FanoutError, WorkerOptions, is_poison, read_key};
use crate::Position;
use crate::spans::trace_id_of;

/// A parked key somebody asked to try again.
#[derive(Debug)]
pub(crate) struct ParkedKey {
    pub partition_key: String,
    pub from: Position,
    pub shard: i16,
}

/// Applies what waits behind a parked key, in pieces of `unpark_max` facts; answers whether the key is free again. A piece
/// that is refused once more leaves the key parked from where it stands, with the new reason. At `until` it stops between two
/// pieces, to go on in the next turn of the leases, which everything else this worker follows depends on.
pub(crate) async fn unpark(
    connection: &mut PgConnection,
    consumer: &dyn Consumer,
    (generation, owner, fence): (i32, Uuid, i64),
    mut waiting: ParkedKey,
    until: Instant,
    options: &WorkerOptions,
) -> Result<bool, FanoutError> {
    loop {
        let mut transaction = connection.begin().await?;
        let Some(upto) = lock(
            &mut transaction,
            consumer,
            (generation, owner, fence),
            waiting.shard,
        )
        .await?
        else {
            transaction.rollback().await?;
            return Ok(false);
        };
        let range = (waiting.from, upto);
        let facts = read_key(
            &mut transaction,
            &waiting.partition_key,
            range,
            options.unpark_max,
        )
        .await?;
        let reached = match facts.last() {
            Some(last) if facts.len() >= options.unpark_max as usize => last.position,
            Some(_) | None => upto,
        };
        let applied = match facts.is_empty() {
            true => Ok(()),
            false => consumer.apply(&mut transaction, generation, &facts).await,
        };
        match applied {
            Ok(()) if reached < upto => {
                waiting.from = reached + 1;
                keep(&mut transaction, consumer, generation, &waiting, None).await?;
                transaction.commit().await?;
                if Instant::now() >= until {
                    return Ok(false);
                }
            }
            Ok(()) => {
                forget(&mut transaction, consumer, generation, &waiting).await?;
                transaction.commit().await?;
                info!(
                    consumer = consumer.name(),
                    generation,
                    partition.key = waiting.partition_key,
                    "a parked key has caught up and goes on"
                );
                return Ok(true);
            }
            Err(ApplyError::Database(error)) if !is_poison(&error) => return Err(error.into()),
            Err(error) => {
                transaction.rollback().await?;
                let trace_id = facts.first().map(trace_id_of);
                stay_parked(
                    connection,
                    consumer,
                    generation,
                    (&waiting, trace_id.as_deref()),
                    &error,
                )
                .await?;
                return Ok(false);
            }
        }
    }
}

/// Leaves the key parked from where it stands, with the new reason.
async fn stay_parked(
    connection: &mut PgConnection,
    consumer: &dyn Consumer,
    generation: i32,
    (waiting, trace_id): (&ParkedKey, Option<&str>),
    error: &ApplyError,
) -> Result<(), sqlx::Error> {
    warn!(
        consumer = consumer.name(),
        generation,
        partition.key = waiting.partition_key,
        trace.id = trace_id,
        error = %error,
        "a parked key was tried again in vain"
    );
    keep(
        connection,
        consumer,
        generation,
        waiting,
        Some(&error.to_string()),
    )
    .await
}

/// Locks the checkpoint under the fence and answers its position, which a flip may have moved while the lock was waited for; `None` when the shard is no longer ours.
async fn lock(
    connection: &mut PgConnection,
    consumer: &dyn Consumer,
    (generation, owner, fence): (i32, Uuid, i64),
    shard: i16,
) -> Result<Option<Position>, sqlx::Error> {
    sqlx::query_scalar(&format!(
        "with locked as (
             select c.consumer, c.generation, c.shard, c.position from checkpoints c
             where c.consumer = $1 and c.generation = $2 and c.shard = $3 and c.owner = $4 and c.fence = $5 for update
         )
         select greatest(l.position, k.position), {PLAN_ANEW} from locked l
         join current_checkpoints k on k.consumer = l.consumer and k.generation = l.generation and k.shard = l.shard"
    ))
    .bind(consumer.name())
    .bind(generation)
    .bind(shard)
    .bind(owner)
    .bind(fence)
    .fetch_optional(connection)
    .await
}

/// Leaves the key parked from `waiting.from`; with a reason, the request is answered and taken back, unless somebody else has got
/// further meanwhile.
async fn keep(
    connection: &mut PgConnection,
    consumer: &dyn Consumer,
    generation: i32,
    waiting: &ParkedKey,
    reason: Option<&str>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update parked set from_position = $4, reason = coalesce(left($5, 1000), reason),
                unpark_requested_at = case when $5::text is null then unpark_requested_at end
         where consumer = $1 and generation = $2 and partition_key = $3 and ($5::text is null or from_position = $4)",
    )
    .bind(consumer.name())
    .bind(generation)
    .bind(&waiting.partition_key)
    .bind(waiting.from)
    .bind(reason)
    .execute(connection)
    .await?;
    Ok(())
}

async fn forget(
    connection: &mut PgConnection,
    consumer: &dyn Consumer,
    generation: i32,
    waiting: &ParkedKey,
) -> Result<(), sqlx::Error> {
    sqlx::query("delete from parked where consumer = $1 and generation = $2 and partition_key = $3")
        .bind(consumer.name())
        .bind(generation)
        .bind(&waiting.partition_key)
        .execute(connection)
        .await?;
    Ok(())
}
