//! What this process has counted, in a table of fixed size: a line of eight places for each group of keys, as a cache has it.
//!
//! A place is 8 bytes: 16 bits of the key's hash and the theoretical arrival time (TAT) in microseconds since the table was made. One
//! whose TAT is past is free. Where all eight are taken, a newcomer takes over the one that is free soonest, with what is used of it:
//! memory stays as it is, and nobody gets more by coming from many addresses.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::quota::Quota;

/// How many locks the table has, a power of two.
const SHARDS: usize = 64;
/// Lines under one lock, a power of two.
const LINES: usize = 1 << 13;
/// Places of a line.
const PLACES: usize = 8;
/// Below the 16 bits of the hash: microseconds, enough for eight years.
const TIME_BITS: u32 = 48;
const TIME_MASK: u64 = (1 << TIME_BITS) - 1;

/// The most memory that a table takes, in bytes. Pages that no key fell into are never touched.
pub const BYTES_MAX: usize = SHARDS * LINES * PLACES * size_of::<u64>();

/// Counts of many keys under many policies.
pub struct Table {
    shards: Vec<Mutex<Vec<u64>>>,
}

impl Default for Table {
    fn default() -> Self {
        // Zeroed by the system, page by page, when first touched.
        let shards = (0..SHARDS).map(|_| Mutex::new(vec![0; LINES * PLACES]));
        Self {
            shards: shards.collect(),
        }
    }
}

impl Table {
    /// One more of the key with this hash, `now_us` after the table was made.
    ///
    /// # Errors
    /// In how many microseconds there is room for it.
    pub fn check(&self, hash: u64, quota: &Quota, now_us: u64) -> Result<(), u64> {
        let mut shard = self.shard(hash);
        let Some(place) = place(&mut shard, hash, now_us) else {
            return Ok(());
        };
        let next = quota.admit(*place & TIME_MASK, now_us)?;
        *place = packed(hash, next);
        Ok(())
    }

    /// Whoever has this key is known to have nothing left for so many microseconds.
    pub fn exhaust(&self, hash: u64, quota: &Quota, (now_us, wait_us): (u64, u64)) {
        let mut shard = self.shard(hash);
        if let Some(place) = place(&mut shard, hash, now_us) {
            let known = (*place & TIME_MASK).max(quota.exhausted(now_us, wait_us));
            *place = packed(hash, known);
        }
    }

    fn shard(&self, hash: u64) -> MutexGuard<'_, Vec<u64>> {
        let number = usize::try_from(hash).unwrap_or_default() % SHARDS;
        self.shards[number].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of a key: its own, or a free one, or the one that is free soonest.
fn place(shard: &mut [u64], hash: u64, now_us: u64) -> Option<&mut u64> {
    let line = usize::try_from(hash).unwrap_or_default() / SHARDS % LINES;
    let line = shard.get_mut(line * PLACES..(line + 1) * PLACES)?;
    let is_own = |word: &u64| word >> TIME_BITS == hash >> TIME_BITS && word & TIME_MASK > now_us;
    let own = line.iter().position(is_own);
    let soonest = || (0..PLACES).min_by_key(|index| line[*index] & TIME_MASK);
    line.get_mut(own.or_else(soonest)?)
}

const fn packed(hash: u64, tat_us: u64) -> u64 {
    let time = if tat_us > TIME_MASK { TIME_MASK } else { tat_us };
    hash >> TIME_BITS << TIME_BITS | time
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::num::NonZeroU32;
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn quota(count: u32, burst: u32) -> Quota {
        let of = |number| NonZeroU32::new(number).unwrap();
        Quota::new(of(count), Duration::from_secs(60), of(burst))
    }

    /// A bucket of tokens, counted in microseconds of refilling: another way to say the same limit.
    struct Bucket {
        filled_us: u64,
        at_us: u64,
    }

    impl Bucket {
        fn take(&mut self, quota: &Quota, now_us: u64) -> bool {
            self.filled_us = quota.tolerance_us.min(self.filled_us + (now_us - self.at_us));
            self.at_us = now_us;
            let enough = self.filled_us >= quota.interval_us;
            if enough {
                self.filled_us -= quota.interval_us;
            }
            enough
        }
    }

    proptest! {
        #[test]
        fn it_admits_what_a_bucket_of_tokens_does(
            (count, burst) in (1_u32..90, 1_u32..10),
            asked in prop::collection::vec((0_u64..5, 0_u64..3_000_000), 1..200),
        ) {
            let (table, quota) = (Table::default(), quota(count, burst));
            let mut buckets = HashMap::new();
            let mut now_us = 0;
            for (key, later_us) in asked {
                now_us += later_us;
                let full = Bucket { filled_us: quota.tolerance_us, at_us: now_us };
                let bucket = buckets.entry(key).or_insert(full);
                let hash = (key + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
                let admitted = table.check(hash, &quota, now_us);
                prop_assert_eq!(admitted.is_ok(), bucket.take(&quota, now_us));
                if let Err(wait_us) = admitted {
                    prop_assert!(table.check(hash, &quota, now_us + wait_us - 1).is_err());
                }
            }
        }
    }

    #[test]
    fn whoever_comes_from_more_keys_than_a_line_has_places_gets_no_more() {
        let (table, quota) = (Table::default(), quota(1, 1));
        let of_one_line = |number: u64| number << TIME_BITS;
        let admitted = (0..1_000).filter(|number| table.check(of_one_line(*number), &quota, 1).is_ok());
        assert_eq!(admitted.count(), PLACES);
    }

    #[test]
    fn whoever_is_known_to_have_nothing_left_is_refused_for_so_long() {
        let (table, quota) = (Table::default(), quota(60, 5));
        table.exhaust(7, &quota, (1_000, 2_500_000));
        assert_eq!(table.check(7, &quota, 1_000), Err(2_500_000));
        assert_eq!(table.check(7, &quota, 2_501_000), Ok(()));
        assert!(table.check(7, &quota, 2_501_000).is_err());
    }

    #[test]
    fn a_million_keys_fit_into_fifty_mebibytes_and_hardly_meet() {
        let (table, quota) = (Table::default(), quota(1, 1));
        let shards = table.shards.iter();
        let bytes: usize = shards.map(|shard| size_of_val(&shard.lock().unwrap()[..])).sum();
        assert_eq!(bytes, BYTES_MAX);
        assert!(bytes <= 50 << 20, "{bytes}");
        // Spread as a hash spreads them.
        let spread = |number: u64| {
            let mixed = (number ^ number >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
            mixed ^ mixed >> 31
        };
        let keys = (0..1_000_000_u64).map(|number| spread(number.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
        let met = keys.filter(|hash| table.check(*hash, &quota, 1).is_err()).count();
        assert!(met < 1_000, "{met} of a million share a place");
    }
}
