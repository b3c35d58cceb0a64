//! Builds a new generation of a read model from the log, shard by shard; killed at any moment, it resumes.

use std::collections::HashMap;
use std::sync::Arc;

use sqlx::{Connection, PgConnection};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::flip::{Flip, flip};
use super::{Pace, ShardProgress, progress};
use crate::log::EventLog;
use crate::subscription::{
    ApplyError, BatchResult, Consumer, FanoutError, Moves, ShardMove, is_poison, read_shard, session,
    try_apply, wait_behind,
};
use crate::{Fact, Position, SHARDS};

/// Named limits of a rebuild.
#[derive(Clone, Debug)]
pub struct RebuildOptions {
    /// How many facts of one shard go into one transaction.
    pub batch_max: usize,
    /// How many shards are built at the same time.
    pub lanes: i16,
    /// How many times a fact is tried before its partition key is parked in the new generation.
    pub tries_max: u32,
    /// How many times a flip is tried that finds the new generation behind.
    pub flips_max: u32,
}

impl Default for RebuildOptions {
    fn default() -> Self {
        Self {
            batch_max: 4_000,
            lanes: 2,
            tries_max: 3,
            flips_max: 20,
        }
    }
}

/// What one step of a rebuild did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RebuildStep {
    /// Facts whose checkpoint was moved over.
    pub applied: usize,
    /// The shard had no more at that moment.
    pub complete: bool,
}

/// A rebuild under way. All its state is in the database.
pub struct Rebuild {
    log: EventLog,
    consumer: Arc<dyn Consumer>,
    generation: i32,
    options: RebuildOptions,
    pace: Pace,
    /// The connection of the last single step, kept for the next one.
    idle: Mutex<Option<PgConnection>>,
}

impl Rebuild {
    /// Begins a new generation.
    ///
    /// # Errors
    /// When the database cannot be used.
    pub async fn begin(
        log: EventLog,
        consumer: Arc<dyn Consumer>,
        options: RebuildOptions,
    ) -> Result<Self, FanoutError> {
        let generation = sqlx::query_scalar("select begin_rebuild($1, $2)")
            .bind(consumer.name())
            .bind(consumer.schema_version())
            .fetch_one(log.pool())
            .await?;
        Self::resume(log, consumer, generation, options).await
    }

    /// Goes on with a generation that was begun.
    ///
    /// # Errors
    /// When there is no such generation, or the database cannot be used.
    pub async fn resume(
        log: EventLog,
        consumer: Arc<dyn Consumer>,
        generation: i32,
        options: RebuildOptions,
    ) -> Result<Self, FanoutError> {
        let mut connection = log.pool().acquire().await?;
        let mut transaction = connection.begin().await?;
        // Counting a long log takes as long as it takes.
        sqlx::query("set local statement_timeout = 0")
            .execute(&mut *transaction)
            .await?;
        let counted = sqlx::query(
            "update checkpoints c
             set total = k.applied + (select count(*) from events e where e.shard = k.shard and e.position > k.position)
             from generations g, current_checkpoints k
             where g.model = $1 and g.generation = $2 and g.state = 'building'
               and c.consumer = g.model and c.generation = g.generation
               and k.consumer = c.consumer and k.generation = c.generation and k.shard = c.shard",
        )
        .bind(consumer.name())
        .bind(generation)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        drop(connection);
        if counted.rows_affected() == 0 {
            return Err(FanoutError::NoSuchGeneration {
                model: consumer.name().to_owned(),
                generation,
            });
        }
        let pace = Pace::begin(progress(log.pool(), consumer.name(), generation).await?);
        Ok(Self {
            log,
            consumer,
            generation,
            options,
            pace,
            idle: Mutex::default(),
        })
    }

    /// The number of the generation being built.
    pub fn generation(&self) -> i32 {
        self.generation
    }

    /// Done, total, pace and time to go, per shard.
    ///
    /// # Errors
    /// When the database cannot be used.
    pub async fn progress(&self) -> Result<Vec<ShardProgress>, FanoutError> {
        Ok(self
            .pace
            .of(progress(self.log.pool(), self.consumer.name(), self.generation).await?))
    }

    /// One batch of one shard, in one transaction.
    ///
    /// # Errors
    /// When a fact needs newer code, or the database cannot be used. The next step, of whatever process, goes on.
    pub async fn step(&self, shard: i16) -> Result<RebuildStep, FanoutError> {
        let mut idle = self.idle.lock().await;
        let mut connection = match idle.take() {
            Some(connection) => connection,
            None => session::open(&self.log).await?,
        };
        let step = self.step_on(&mut connection, shard).await?;
        *idle = Some(connection);
        Ok(step)
    }

    /// Builds all shards up to the heads of the log, in lanes; answers how many facts that were. Ends early when
    /// stopped.
    ///
    /// # Errors
    /// See [`Rebuild::step`].
    pub async fn run(&self, stop: &CancellationToken) -> Result<u64, FanoutError> {
        let lanes = (0..self.options.lanes.max(1)).map(|lane| self.run_lane(lane, stop));
        Ok(futures::future::try_join_all(lanes).await?.into_iter().sum())
    }

    /// Builds what is missing and points the readers at the new generation.
    ///
    /// # Errors
    /// See [`Rebuild::step`].
    pub async fn finish(&self, force: bool, stop: &CancellationToken) -> Result<Flip, FanoutError> {
        let mut outcome = Flip::Behind(Vec::new());
        for _ in 0..self.options.flips_max {
            self.run(stop).await?;
            if stop.is_cancelled() {
                break;
            }
            outcome = flip(&self.log, self.consumer.as_ref(), self.generation, force).await?;
            match outcome {
                Flip::Behind(_) => {}
                Flip::Done { .. } | Flip::Parked(_) => break,
            }
        }
        Ok(outcome)
    }

    async fn run_lane(&self, lane: i16, stop: &CancellationToken) -> Result<u64, FanoutError> {
        let mut connection = session::open(&self.log).await?;
        let mut applied = 0;
        let lanes = usize::from(self.options.lanes.max(1).unsigned_abs());
        for shard in (lane..SHARDS).step_by(lanes) {
            while !stop.is_cancelled() {
                let step = self.step_on(&mut connection, shard).await?;
                applied += step.applied as u64;
                if step.complete {
                    break;
                }
            }
        }
        session::close(connection).await;
        Ok(applied)
    }

    async fn step_on(&self, connection: &mut PgConnection, shard: i16) -> Result<RebuildStep, FanoutError> {
        let from = self.checkpoint(connection, shard).await?;
        let limit = i64::try_from(self.options.batch_max).unwrap_or(i64::MAX);
        let facts = read_shard(connection, shard, from, limit).await?;
        let read = facts.len();
        let applied = self.apply(connection, shard, from, facts).await?;
        let complete = applied == read && read < self.options.batch_max;
        if applied < read {
            self.look_whether_held(connection, shard).await?;
        }
        Ok(RebuildStep { applied, complete })
    }

    /// A generation that nobody reads yet is built by its workers while there are some, and not by two.
    async fn look_whether_held(&self, connection: &mut PgConnection, shard: i16) -> Result<(), FanoutError> {
        let held = sqlx::query_scalar::<_, bool>(
            "select owner is not null from checkpoints where consumer = $1 and generation = $2 and shard = $3",
        )
        .bind(self.consumer.name())
        .bind(self.generation)
        .bind(shard)
        .fetch_optional(connection)
        .await?;
        match held {
            Some(true) => Err(FanoutError::HeldByWorkers {
                model: self.consumer.name().to_owned(),
                generation: self.generation,
            }),
            Some(false) | None => Ok(()),
        }
    }

    async fn checkpoint(&self, connection: &mut PgConnection, shard: i16) -> Result<Position, FanoutError> {
        sqlx::query_scalar(
            "select c.position from current_checkpoints c join generations g on g.model = c.consumer and g.generation = c.generation
             where c.consumer = $1 and c.generation = $2 and c.shard = $3 and g.state = 'building'",
        )
        .bind(self.consumer.name())
        .bind(self.generation)
        .bind(shard)
        .fetch_optional(connection)
        .await?
        .ok_or_else(|| FanoutError::NoSuchGeneration {
            model: self.consumer.name().to_owned(),
            generation: self.generation,
        })
    }

    /// Applies facts of one shard; what cannot be applied is parked. Stops early when somebody else moved the
    /// checkpoint meanwhile.
    async fn apply(
        &self,
        connection: &mut PgConnection,
        shard: i16,
        mut from: Position,
        mut facts: Vec<Fact>,
    ) -> Result<usize, FanoutError> {
        let (mut applied, mut tries, mut one_by_one) = (0, 0, false);
        let mut parked = self.parked(connection, shard).await?;
        let log = (self.generation, self.log.identity().log_id());
        while let Some(last) = facts.last() {
            let count = if one_by_one { 1 } else { facts.len() };
            let to = if one_by_one {
                facts.first().map_or(last.position, |first| first.position)
            } else {
                last.position
            };
            let moves = Moves::Shard(ShardMove {
                shard,
                from,
                to,
                facts: i64::try_from(count).unwrap_or(i64::MAX),
            });
            let batch = facts.get(..count).unwrap_or_default();
            match try_apply(connection, self.consumer.as_ref(), log, &moves, batch, &parked).await? {
                BatchResult::Applied { .. } => {
                    applied += count;
                    from = to;
                    tries = 0;
                    facts.drain(..count);
                }
                BatchResult::Lost => break,
                BatchResult::Refused(ApplyError::NeedsNewerCode { position }) => {
                    return Err(FanoutError::NeedsNewerCode { position });
                }
                BatchResult::Refused(ApplyError::Database(error)) if !is_poison(&error) => {
                    return Err(error.into());
                }
                BatchResult::Refused(ApplyError::Database(_)) if count > 1 => one_by_one = true,
                BatchResult::Refused(error) => {
                    tries += 1;
                    if tries >= self.options.tries_max {
                        tries = 0;
                        self.park(connection, batch, &error, &mut parked).await?;
                    }
                }
            }
        }
        Ok(applied)
    }

    async fn park(
        &self,
        connection: &mut PgConnection,
        batch: &[Fact],
        error: &ApplyError,
        parked: &mut HashMap<String, Position>,
    ) -> Result<(), FanoutError> {
        let guilty = match error {
            ApplyError::Poison { position, .. } => batch.iter().find(|fact| fact.position == *position),
            ApplyError::Database(_) | ApplyError::NeedsNewerCode { .. } => batch.first(),
        };
        let Some(fact) = guilty else { return Ok(()) };
        let holder = (self.generation, None);
        wait_behind(
            connection,
            self.consumer.as_ref(),
            holder,
            fact,
            &error.to_string(),
        )
        .await?;
        warn!(
            consumer = self.consumer.name(),
            generation = self.generation,
            position = fact.position,
            "a partition key is parked in the generation being built"
        );
        parked.insert(fact.partition_key.clone(), fact.position);
        Ok(())
    }

    async fn parked(
        &self,
        connection: &mut PgConnection,
        shard: i16,
    ) -> Result<HashMap<String, Position>, FanoutError> {
        let rows: Vec<(String, Position)> = sqlx::query_as(
            "select partition_key, from_position from parked where consumer = $1 and generation = $2 and shard = $3",
        )
        .bind(self.consumer.name())
        .bind(self.generation)
        .bind(shard)
        .fetch_all(connection)
        .await?;
        Ok(rows.into_iter().collect())
    }
}
