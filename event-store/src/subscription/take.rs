//! How a worker takes what NATS brings: the next fact of each shard it holds, and nothing else.

use std::sync::atomic::Ordering;

use tokio::time::Instant;
use tracing::info;

use super::shards::OfferResult;
use super::worker::Worker;
use crate::Fact;
use crate::bus::Feed;

impl Worker {
    /// Listens to NATS, together with all other workers of this process.
    pub(super) async fn keep_feed(&mut self) {
        if let Some(feed) = &self.feed {
            self.counters.opened.store(feed.openings(), Ordering::Relaxed);
            return;
        }
        let Some(bus) = self.bus.clone() else { return };
        if Instant::now() < self.listen_after || !bus.connected() {
            return;
        }
        self.listen_after = Instant::now() + self.options.reopen;
        match bus.listen().await {
            Ok(feed) => {
                self.counters.opened.store(feed.openings(), Ordering::Relaxed);
                self.feed = Some(feed);
            }
            Err(error) => {
                info!(
                    consumer = self.consumer.name(),
                    error = &error as &dyn std::error::Error,
                    "NATS cannot be listened to at present, the log is read instead"
                );
            }
        }
    }

    /// Takes the messages that are here already; answers how many facts they brought.
    pub(super) fn take_ready(&mut self) -> usize {
        let mut taken = 0;
        while self.pending.len() < self.options.batch_max {
            let Some(facts) = self.feed.as_mut().and_then(Feed::ready) else {
                break;
            };
            taken += self.take(&facts);
        }
        taken
    }

    /// Takes what is next in its shard; answers how many facts that were.
    pub(super) fn take(&mut self, facts: &[Fact]) -> usize {
        let (mut taken, mut wanted) = (0, false);
        let first = self.pending.is_empty();
        for fact in facts {
            if self.is_paused(fact) {
                continue;
            }
            match self.shards.offer(fact.shard, fact.before, fact.position) {
                OfferResult::Next => {
                    wanted = wanted || self.consumer.wants(fact);
                    self.pending.push(fact.clone());
                    taken += 1;
                }
                OfferResult::Old | OfferResult::Gap | OfferResult::NotHeld => {
                    self.counters.dropped.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
        if taken > 0 {
            self.counters.from_bus.fetch_add(taken as u64, Ordering::Relaxed);
            self.misses = 0;
            self.weigh(first, wanted);
        }
        taken
    }

    /// Facts were taken, the `first` ones of a batch or more of them, and some of them are `wanted` or none.
    pub(super) fn weigh(&mut self, first: bool, wanted: bool) {
        if wanted {
            self.idle_since = None;
        } else if first {
            self.idle_since = Some(Instant::now());
        }
    }

    /// Until when facts that mean nothing to the consumer may wait.
    pub(super) fn idle_until(&self) -> Option<Instant> {
        self.idle_since.map(|since| since + self.options.idle_linger)
    }

    pub(super) fn is_paused(&self, fact: &Fact) -> bool {
        self.paused
            .get(&fact.shard)
            .is_some_and(|paused| fact.position >= paused.before)
    }
}
