//! How a worker commits what it has taken, and what it does when the consumer refuses.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use sqlx::PgConnection;
use tokio::time::Instant;
use traces::{Attribute, Kind};
use tracing::warn;

use super::batch::waits;
use super::worker::{Paused, Worker};
use super::{
    ApplyError, BatchResult, FanoutError, Moves, WorkerPositions, is_poison, try_apply, wait_behind,
};
use crate::spans::{FactSpans, trace_id_of};
use crate::{Fact, Position};

impl Worker {
    /// Commits what is pending, or finds out why it cannot be; answers how many facts are behind us now.
    pub(super) async fn commit(&mut self, connection: &mut PgConnection) -> Result<usize, FanoutError> {
        self.pending.sort_unstable_by_key(|fact| fact.position);
        let count = if self.one_by_one > 0 {
            1
        } else {
            self.pending.len().min(self.options.batch_max)
        };
        let rest = self.pending.split_off(count);
        let batch = std::mem::replace(&mut self.pending, rest);
        let mut after = self.shards.clone();
        let moved = after.move_over(&batch);
        let moves = Moves::Worker(WorkerPositions {
            owner: self.me,
            number: self.number + 1,
            positions: after.positions(),
            applied: after.applied(),
            moved,
        });
        let log = (self.generation, self.log.identity().log_id());
        let consumer = Arc::clone(&self.consumer);
        let parked = &self.shards.parked;
        let spans = self.spans(&batch);
        match try_apply(connection, consumer.as_ref(), log, &moves, &batch, parked).await? {
            BatchResult::Applied { live_generation } => {
                spans.done();
                self.number += 1;
                self.shards = after;
                self.settled(batch.len() as u64, live_generation);
                Ok(batch.len())
            }
            BatchResult::Lost => {
                // What of it is still ours is told with the next lease, from where it stands then.
                self.counters.lost.fetch_add(1, Ordering::Relaxed);
                self.shards.clear();
                self.pending.clear();
                self.one_by_one = 0;
                self.renew_at = Instant::now();
                Ok(0)
            }
            BatchResult::Refused(error) => {
                // Of several it is not known which one is to blame.
                if batch.len() == 1 {
                    spans.failed("refused");
                }
                self.refused(connection, batch, error).await?;
                Ok(0)
            }
        }
    }

    /// The batch in each trace it holds facts of. Those that wait behind a parked one are passed over.
    fn spans(&self, batch: &[Fact]) -> FactSpans {
        let (name, parked) = (self.consumer.name(), &self.shards.parked);
        let applied = batch.iter().filter(|fact| !waits(fact, parked));
        let mut spans = FactSpans::begin(applied, batch.len(), Kind::Consumer, || {
            format!("apply {name}").into()
        });
        spans.set(&Attribute::Consumer(name));
        spans
    }

    fn settled(&mut self, facts: u64, live_generation: Option<i32>) {
        self.counters.batches.fetch_add(1, Ordering::Relaxed);
        self.busy_until = Instant::now() + self.options.idle_after;
        metrics::counter!("tot_facts_applied_total", "consumer" => self.consumer.name()).increment(facts);
        self.tries = 0;
        self.one_by_one = self.one_by_one.saturating_sub(1);
        if live_generation.is_some_and(|live| live != self.generation) {
            self.renew_at = Instant::now();
        }
        self.signal_progress();
    }

    /// Puts facts that were not committed back in front, as far as they are still wanted.
    fn put_back(&mut self, batch: Vec<Fact>, wanted: impl Fn(&Fact) -> bool) {
        let rest = std::mem::replace(&mut self.pending, batch);
        self.pending.extend(rest);
        self.pending.retain(wanted);
    }

    async fn refused(
        &mut self,
        connection: &mut PgConnection,
        batch: Vec<Fact>,
        error: ApplyError,
    ) -> Result<(), FanoutError> {
        match error {
            ApplyError::NeedsNewerCode { position } => {
                self.give_back(batch, position);
                Ok(())
            }
            ApplyError::Poison { position, reason } => {
                let position = if let [only] = batch.as_slice() {
                    only.position
                } else {
                    position
                };
                self.try_again_or_park(connection, batch, position, &reason).await
            }
            ApplyError::Database(error) if is_poison(&error) => match batch.as_slice() {
                [only] => {
                    let position = only.position;
                    self.try_again_or_park(connection, batch, position, &error.to_string())
                        .await
                }
                several => {
                    self.one_by_one = several.len();
                    self.put_back(batch, |_| true);
                    Ok(())
                }
            },
            ApplyError::Database(error) => Err(error.into()),
        }
    }

    /// The shard of a fact that needs newer code is followed up to that fact, and then left to others.
    fn give_back(&mut self, batch: Vec<Fact>, position: Position) {
        let newer = batch.iter().find(|fact| fact.position == position).cloned();
        let shard = newer.as_ref().map(|fact| fact.shard);
        self.put_back(batch, |fact| Some(fact.shard) != shard);
        let Some(shard) = shard else { return };
        warn!(
            consumer = self.consumer.name(),
            partition.key = newer.as_ref().map(|fact| fact.partition_key.as_str()),
            trace.id = newer.as_ref().map(trace_id_of),
            shard,
            position,
            "a fact needs newer code, its shard is given back"
        );
        self.paused.insert(
            shard,
            Paused {
                before: position,
                until: Instant::now() + self.options.avoid,
            },
        );
        self.shards.take_back(shard);
        self.one_by_one = 0;
    }

    async fn try_again_or_park(
        &mut self,
        connection: &mut PgConnection,
        batch: Vec<Fact>,
        position: Position,
        reason: &str,
    ) -> Result<(), FanoutError> {
        let poison = batch.iter().find(|fact| fact.position == position).cloned();
        let Some(poison) = poison else {
            // Named a fact that was not passed: whichever it is, one by one it will be the only one.
            self.one_by_one = batch.len();
            self.put_back(batch, |_| true);
            return Ok(());
        };
        self.tries += 1;
        self.put_back(batch, |_| true);
        if self.tries < self.options.tries_max {
            return Ok(());
        }
        self.tries = 0;
        let holder = (self.generation, Some(self.me));
        if wait_behind(connection, self.consumer.as_ref(), holder, &poison, reason).await? {
            warn!(
                consumer = self.consumer.name(),
                generation = self.generation,
                partition.key = poison.partition_key,
                trace.id = trace_id_of(&poison),
                position,
                reason,
                "a partition key is parked; its later facts wait, all others go on"
            );
            self.counters.parked.fetch_add(1, Ordering::Relaxed);
            metrics::counter!("tot_parked_total", "consumer" => self.consumer.name()).increment(1);
            self.shards.parked.insert(poison.partition_key.clone(), position);
        } else {
            self.renew_at = Instant::now();
        }
        Ok(())
    }
}
