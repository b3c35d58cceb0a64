//! The first of a burst alone is recorded where somebody could have as many recorded as they like.

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;

/// How many callers are told apart, eight bytes each. Two that share a slot are both recorded more often, never less.
const SLOTS: usize = 1 << 13;

/// Who was recorded in this minute.
pub struct Bursts {
    slots: Box<[AtomicU64]>,
    keys: RandomState,
}

impl Default for Bursts {
    fn default() -> Self {
        Self {
            slots: (0..SLOTS).map(|_| AtomicU64::new(0)).collect(),
            keys: RandomState::new(),
        }
    }
}

impl Bursts {
    /// Whether it is the first of this key in its minute.
    pub fn is_first(&self, key: impl Hash, now: Timestamp) -> bool {
        let hash = self.keys.hash_one(key);
        let minute = u64::try_from(now.as_second() / 60).unwrap_or_default();
        let mark = (minute << 32) | (hash >> 32);
        let slot = usize::try_from(hash).unwrap_or_default() % SLOTS;
        self.slots
            .get(slot)
            .is_none_or(|slot| slot.swap(mark, Ordering::Relaxed) != mark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_is_recorded_once_in_a_minute() {
        let bursts = Bursts::default();
        let at = |second| Timestamp::from_second(second).unwrap();
        assert!(bursts.is_first(("limit", 1), at(600)));
        assert!(!bursts.is_first(("limit", 1), at(659)));
        assert!(bursts.is_first(("limit", 1), at(660)));
        assert!(bursts.is_first(("limit", 2), at(660)));
    }
}
