//! Facts that code of another edition has moved a checkpoint over are shown again, to a process that knows more by now.

use std::collections::HashMap;

use sqlx::{Connection, PgConnection};
use tracing::{info, warn};
use uuid::Uuid;

use super::batch::waits;
use super::catch_up::read_shards;
use super::leases::LeasedShard;
use super::worker::Worker;
use super::{ApplyError, Consumer, FanoutError};
use crate::spans::trace_id_of;
use crate::{Fact, Position};

/// How many facts are shown in one transaction.
const SHOWN_AT_ONCE: i64 = 500;

/// A worker in the leases: its consumer's generation and itself.
type LeaseHolder = (i32, Uuid);

/// A held shard that has come further than this edition has seen.
#[derive(Debug, sqlx::FromRow)]
struct Unseen {
    shard: i16,
    fence: i64,
    seen: Position,
    position: Position,
}

/// Makes the edition known: it begins at the present head of the log.
pub(crate) async fn register(
    connection: &mut PgConnection,
    consumer: &dyn Consumer,
    edition: Uuid,
) -> Result<(), sqlx::Error> {
    sqlx::query("select register_edition($1, $2)")
        .bind(consumer.name())
        .bind(edition)
        .execute(connection)
        .await?;
    Ok(())
}

impl Worker {
    /// Shows the consumer what code of its edition has not seen of shards that were just taken, before anything of them is
    /// committed: what is committed counts as seen.
    pub(super) async fn show_unseen(
        &mut self,
        connection: &mut PgConnection,
        held: &[LeasedShard],
    ) -> Result<(), FanoutError> {
        let Some(edition) = self.consumer.edition() else {
            return Ok(());
        };
        let taken: Vec<i16> = held
            .iter()
            .filter(|held| self.shown.get(&held.shard) != Some(&held.fence))
            .map(|held| held.shard)
            .collect();
        if !taken.is_empty() {
            let holder = (self.generation, self.me);
            show(connection, self.consumer.as_ref(), edition, holder, &taken).await?;
        }
        self.shown = held.iter().map(|held| (held.shard, held.fence)).collect();
        Ok(())
    }
}

/// Shows what this edition has not seen of these shards. A shard lost meanwhile is left to whoever holds it now.
async fn show(
    connection: &mut PgConnection,
    consumer: &dyn Consumer,
    edition: Uuid,
    holder: LeaseHolder,
    shards: &[i16],
) -> Result<(), FanoutError> {
    for mut unseen in unseen(connection, consumer, edition, holder, shards).await? {
        info!(
            consumer = consumer.name(),
            shard = unseen.shard,
            from = unseen.seen,
            to = unseen.position,
            "facts that code of another edition moved over are looked at again"
        );
        while unseen.seen < unseen.position
            && show_some(connection, consumer, edition, holder, &mut unseen).await?
        {}
    }
    Ok(())
}

async fn unseen(
    connection: &mut PgConnection,
    consumer: &dyn Consumer,
    edition: Uuid,
    (generation, owner): LeaseHolder,
    shards: &[i16],
) -> Result<Vec<Unseen>, sqlx::Error> {
    sqlx::query_as(
        "select c.shard, c.fence, c.position, coalesce((c.seen ->> $3::text)::bigint, e.position) as seen
         from current_checkpoints c join editions e on e.process = c.consumer and e.edition = $3
         where c.consumer = $1 and c.generation = $2 and c.owner = $4 and c.shard = any ($5)
           and coalesce((c.seen ->> $3::text)::bigint, e.position) < c.position
         order by c.shard",
    )
    .bind(consumer.name())
    .bind(generation)
    .bind(edition)
    .bind(owner)
    .bind(shards)
    .fetch_all(connection)
    .await
}

/// Shows a part, and remembers how far that went, in one transaction; false when the shard is ours no longer.
async fn show_some(
    connection: &mut PgConnection,
    consumer: &dyn Consumer,
    edition: Uuid,
    (generation, owner): LeaseHolder,
    unseen: &mut Unseen,
) -> Result<bool, FanoutError> {
    let mut facts = read_shards(connection, &[(unseen.shard, unseen.seen)], SHOWN_AT_ONCE).await?;
    facts.retain(|fact| fact.position <= unseen.position);
    let upto = facts.last().map_or(unseen.position, |last| last.position);
    loop {
        let mut transaction = connection.begin().await?;
        let parked = parked(&mut transaction, consumer, generation, unseen.shard).await?;
        facts.retain(|fact| !waits(fact, &parked));
        let shown = match facts.is_empty() {
            true => Ok(()),
            false => consumer.apply(&mut transaction, generation, &facts).await,
        };
        match shown {
            Ok(()) => {
                let moved = sqlx::query(
                    "update checkpoints set seen = seen || jsonb_build_object($6::text, $7::bigint)
                     where consumer = $1 and generation = $2 and shard = $3 and owner = $4 and fence = $5",
                )
                .bind(consumer.name())
                .bind(generation)
                .bind(unseen.shard)
                .bind(owner)
                .bind(unseen.fence)
                .bind(edition.to_string())
                .bind(upto)
                .execute(&mut *transaction)
                .await?;
                if moved.rows_affected() == 0 {
                    transaction.rollback().await?;
                    return Ok(false);
                }
                transaction.commit().await?;
                unseen.seen = upto;
                return Ok(true);
            }
            // Code that knew more moved over it, and all of ours knew it then.
            Err(ApplyError::NeedsNewerCode { position }) => {
                transaction.rollback().await?;
                facts.retain(|fact| fact.position != position);
            }
            Err(ApplyError::Poison { position, reason }) => {
                transaction.rollback().await?;
                let Some(fact) = facts.iter().find(|fact| fact.position == position) else {
                    return Err(FanoutError::Database(sqlx::Error::Decode(reason.into())));
                };
                warn!(
                    consumer = consumer.name(),
                    partition.key = fact.partition_key,
                    trace.id = trace_id_of(fact),
                    position,
                    reason,
                    "a partition key is parked; it was looked at again in vain"
                );
                park(connection, consumer, generation, fact, &reason).await?;
            }
            Err(ApplyError::Database(error)) => return Err(error.into()),
        }
    }
}

/// The keys of a shard that wait, and from where on.
async fn parked(
    connection: &mut PgConnection,
    consumer: &dyn Consumer,
    generation: i32,
    shard: i16,
) -> Result<HashMap<String, Position>, sqlx::Error> {
    let rows = super::leases::parked(connection, (consumer.name(), generation), &[shard]).await?;
    Ok(rows.into_iter().map(|(key, from, _, _)| (key, from)).collect())
}

/// Parks the key of a fact that lies before the checkpoint.
async fn park(
    connection: &mut PgConnection,
    consumer: &dyn Consumer,
    generation: i32,
    fact: &Fact,
    reason: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into parked (consumer, generation, partition_key, shard, from_position, reason)
         values ($1, $2, $3, $4, $5, left($6, 1000))
         on conflict (consumer, generation, partition_key)
         do update set from_position = least(parked.from_position, excluded.from_position)",
    )
    .bind(consumer.name())
    .bind(generation)
    .bind(&fact.partition_key)
    .bind(fact.shard)
    .bind(fact.position)
    .bind(reason)
    .execute(connection)
    .await?;
    Ok(())
}
