//! What a worker renews from time to time: its leases, the generation it follows, and the keys that are parked.

use std::sync::Arc;

use sqlx::PgConnection;
use tokio::time::Instant;
use tracing::info;

use super::leases::Renewed;
use super::unpark::{ParkedKey, unpark};
use super::worker::Worker;
use super::{FanoutError, leases};

impl Worker {
    /// Renews the leases of the shards held, gives the rest up, and looks at what stands beside them.
    pub(super) async fn keep_leases(&mut self, connection: &mut PgConnection) -> Result<(), FanoutError> {
        let now = Instant::now();
        self.paused.retain(|_, paused| paused.until > now);
        let aside = !self.paused.is_empty();
        let avoided: Vec<i16> = self
            .paused
            .keys()
            .copied()
            .filter(|&shard| self.shards.is_done(shard))
            .collect();
        let renewed = self.renew(connection, (aside, &avoided)).await?;
        self.show_unseen(connection, &renewed.held).await?;
        let parks = renewed.parks || renewed.held.iter().any(|shard| !self.shards.has(shard));
        self.shards.hold(&renewed.held);
        self.number = renewed.number;
        let shards = &self.shards;
        // Facts of a shard that was lost, or lost and taken again, will be read from the log.
        self.pending.retain(|fact| {
            shards
                .get(fact.shard)
                .is_some_and(|held| held.committed < fact.position && fact.position <= held.known)
        });
        self.look_at_parked(connection, parks).await?;
        self.renew_at = now
            + match now < self.busy_until {
                true => self.options.renew,
                false => self.options.renew_when_idle.max(self.options.renew),
            };
        Ok(())
    }

    /// The lease of what is held, of the generation that is to be followed: the one readers see may have been flipped, or this one
    /// dropped.
    async fn renew(
        &mut self,
        connection: &mut PgConnection,
        sharing: (bool, &[i16]),
    ) -> Result<Renewed, FanoutError> {
        let consumer = Arc::clone(&self.consumer);
        loop {
            let holder = (self.generation, self.me);
            let renewed =
                leases::renew(connection, consumer.as_ref(), holder, sharing, &self.options).await?;
            if renewed.generation == self.generation {
                return Ok(renewed);
            }
            leases::leave(connection, (consumer.name(), self.generation), self.me).await?;
            info!(
                consumer = consumer.name(),
                generation = renewed.generation,
                "a worker follows another generation"
            );
            self.generation = renewed.generation;
            self.live = false;
            self.head_then = None;
            self.shards.clear();
            self.pending.clear();
        }
    }

    async fn look_at_parked(
        &mut self,
        connection: &mut PgConnection,
        there_are: bool,
    ) -> Result<(), FanoutError> {
        let shards = self.shards.numbers();
        if shards.is_empty() {
            return Ok(());
        }
        if !there_are {
            self.shards.parked.clear();
            return Ok(());
        }
        let rows = leases::parked(connection, (self.consumer.name(), self.generation), &shards).await?;
        self.shards.parked.clear();
        let (until, mut over) = (Instant::now() + self.options.unpark_within, false);
        for (partition_key, from, shard, asked) in rows {
            self.shards.parked.insert(partition_key.clone(), from);
            // Only between batches: the key's facts that are taken and not committed must come after these.
            let Some(fence) = self.shards.get(shard).map(|held| held.fence) else {
                continue;
            };
            if asked && self.pending.is_empty() && !over {
                let waiting = ParkedKey {
                    partition_key: partition_key.clone(),
                    from,
                    shard,
                };
                let holder = (self.generation, self.me, fence);
                if unpark(
                    connection,
                    self.consumer.as_ref(),
                    holder,
                    waiting,
                    until,
                    &self.options,
                )
                .await?
                {
                    self.shards.parked.remove(&partition_key);
                    self.signal_progress();
                }
                // Each turn does something, and not much more.
                over = Instant::now() >= until;
            }
        }
        Ok(())
    }
}
