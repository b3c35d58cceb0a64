//! One more of somebody: first by what this process has counted, then, if nothing is against it, by what all have.

use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroU32;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::quota::Quota;
use crate::shared::SharedLimits;
use crate::table::Table;

/// The limits of a process, and the ones it shares with others.
pub struct RateLimits {
    table: Table,
    began: Instant,
    keys: RandomState,
    shared: OnceLock<SharedLimits>,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self {
            table: Table::default(),
            began: Instant::now(),
            keys: RandomState::new(),
            shared: OnceLock::new(),
        }
    }
}

impl RateLimits {
    /// From now on they are shared with whoever uses the same Redis; the first word counts.
    pub fn share(&self, shared: SharedLimits) {
        drop(self.shared.set(shared));
    }

    /// What they are shared through, if they are.
    pub fn shared(&self) -> Option<&SharedLimits> {
        self.shared.get()
    }

    /// One more of `key` under `policy`. What this process has counted is a part of what all have: who is over the limit here is refused
    /// without a question to Redis, and who was refused by Redis is refused here until the time it named.
    ///
    /// # Errors
    /// How long until there is room for it.
    pub async fn check(&self, policy: &'static str, quota: &Quota, key: &[u8]) -> Result<(), Duration> {
        let (hash, now_us) = (self.hash(policy, key), self.now_us());
        let refused = Duration::from_micros;
        self.table.check(hash, quota, now_us).map_err(refused)?;
        let Some(shared) = self.shared() else {
            return Ok(());
        };
        match shared.check(policy, quota, key).await {
            Some(Ok(())) | None => Ok(()),
            Some(Err(wait_us)) => {
                self.table.exhaust(hash, quota, (self.now_us(), wait_us));
                Err(refused(wait_us))
            }
        }
    }

    /// Whether `key` was asked about under `policy` within the span before, in this process; from now on it was.
    pub fn is_marked(&self, policy: &'static str, key: &[u8], within: Duration) -> bool {
        let once = Quota::new(NonZeroU32::MIN, within, NonZeroU32::MIN);
        self.table
            .check(self.hash(policy, key), &once, self.now_us())
            .is_err()
    }

    /// Only a keyed hash is kept: no address lies in memory, and nobody can aim at a place.
    fn hash(&self, policy: &'static str, key: &[u8]) -> u64 {
        self.keys.hash_one((policy, key))
    }

    fn now_us(&self) -> u64 {
        // One more than nothing: at nothing the places that nobody took would not be free.
        u64::try_from(self.began.elapsed().as_micros())
            .unwrap_or(u64::MAX)
            .saturating_add(1)
    }
}
