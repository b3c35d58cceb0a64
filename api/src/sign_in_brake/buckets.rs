//! How often each of many keys failed of late, in bounded memory: a million keys share half a million counters of eight bytes.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rate_limits::{Counted, FailureRule};

/// Counters of one kind. Whoever fails from more keys than there are counters shares them.
const BUCKETS: usize = 1 << 19;
/// The most failures that are told apart.
const FAILURES_MAX: u64 = 1 << 20;

/// For how many seconds after the last of so many failures nobody may try.
const fn wait_s(rule: &FailureRule, failures: u64) -> u64 {
    if failures < rule.free {
        return 0;
    }
    let doublings = failures - rule.free;
    if doublings >= 32 {
        return rule.wait_max_s;
    }
    let wait = rule.first_wait_s << doublings;
    if wait < rule.wait_max_s {
        wait
    } else {
        rule.wait_max_s
    }
}

/// Failures of one key, and when the last of them was.
#[derive(Clone, Copy, Default)]
struct Failures {
    count: u64,
    last_s: u64,
}

impl Failures {
    const fn unpacked(word: u64) -> Self {
        Self {
            count: word & (FAILURES_MAX - 1),
            last_s: word / FAILURES_MAX,
        }
    }

    const fn packed(self) -> u64 {
        self.last_s * FAILURES_MAX + self.count
    }

    /// Those that are not forgotten yet.
    const fn left(self, rule: &FailureRule, now_s: u64) -> u64 {
        let forgotten = now_s.saturating_sub(self.last_s) / rule.forgotten_after_s;
        self.count.saturating_sub(forgotten)
    }
}

/// The counters. Pages of memory that no key fell into were never touched.
pub(super) struct Buckets {
    words: Mutex<Vec<u64>>,
}

impl Buckets {
    pub(super) fn new() -> Self {
        Self {
            words: Mutex::new(vec![0; BUCKETS]),
        }
    }

    /// Counts a try as a failure, until it turns out not to be one.
    ///
    /// # Errors
    /// How many seconds to wait, at least one.
    pub(super) fn count(&self, key: u64, rule: &FailureRule, now_s: u64) -> Result<(), u64> {
        let mut words = self.lock();
        let Some(word) = words.get_mut(place(key)) else {
            return Ok(());
        };
        let before = Failures::unpacked(*word);
        let left = before.left(rule, now_s);
        let waited = now_s.saturating_sub(before.last_s);
        let wait = wait_s(rule, left);
        if waited < wait {
            return Err(wait - waited);
        }
        let count = (left + 1).min(FAILURES_MAX - 1);
        *word = Failures {
            count,
            last_s: now_s.max(before.last_s),
        }
        .packed();
        Ok(())
    }

    /// What all processes together have counted.
    pub(super) fn learn(&self, key: u64, counted: Counted) {
        let mut words = self.lock();
        if let Some(word) = words.get_mut(place(key)) {
            let count = counted.failures.min(FAILURES_MAX - 1);
            let last_s = counted.last_s;
            *word = Failures { count, last_s }.packed();
        }
    }

    /// The try was no failure.
    pub(super) fn uncount(&self, key: u64) {
        let mut words = self.lock();
        if let Some(word) = words.get_mut(place(key)) {
            let Failures { count, last_s } = Failures::unpacked(*word);
            let count = count.saturating_sub(1);
            *word = Failures { count, last_s }.packed();
        }
    }

    /// Whoever it is has proven who they are.
    pub(super) fn clear(&self, key: u64) {
        let mut words = self.lock();
        if let Some(word) = words.get_mut(place(key)) {
            *word = 0;
        }
    }

    /// How many failures are not forgotten.
    pub(super) fn failures(&self, key: u64, rule: &FailureRule, now_s: u64) -> u64 {
        let words = self.lock();
        let word = words.get(place(key)).copied().unwrap_or_default();
        Failures::unpacked(word).left(rule, now_s)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<u64>> {
        self.words.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn place(key: u64) -> usize {
    usize::try_from(key).unwrap_or(usize::MAX) % BUCKETS
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: FailureRule = FailureRule {
        free: 3,
        first_wait_s: 4,
        wait_max_s: 60,
        forgotten_after_s: 100,
    };

    #[test]
    fn waits_grow_with_failures_and_failures_are_forgotten_one_by_one() {
        let buckets = Buckets::new();
        for now_s in [1_000, 1_001, 1_002] {
            assert_eq!(buckets.count(7, &RULE, now_s), Ok(()));
        }
        assert_eq!(buckets.count(7, &RULE, 1_002), Err(4));
        assert_eq!(buckets.count(7, &RULE, 1_005), Err(1));
        assert_eq!(buckets.count(7, &RULE, 1_006), Ok(()));
        assert_eq!(buckets.count(7, &RULE, 1_006), Err(8));
        // Another key is not touched by it.
        assert_eq!(buckets.count(8, &RULE, 1_006), Ok(()));
        let (after_a_try, later) = (1_006, 1_006 + 200);
        assert_eq!(buckets.failures(7, &RULE, after_a_try), 4);
        assert_eq!(buckets.failures(7, &RULE, later), 2);
        assert_eq!(buckets.count(7, &RULE, later), Ok(()));
    }

    #[test]
    fn the_longest_wait_is_the_longest() {
        assert_eq!(
            [2, 3, 4, 6, 7, 40].map(|failures| wait_s(&RULE, failures)),
            [0, 4, 8, 32, 60, 60]
        );
    }

    #[test]
    fn a_try_that_was_no_failure_counts_for_nothing() {
        let buckets = Buckets::new();
        for _ in 0..20 {
            assert_eq!(buckets.count(7, &RULE, 1_000), Ok(()));
            buckets.uncount(7);
        }
        for _ in 0..3 {
            assert_eq!(buckets.count(7, &RULE, 1_000), Ok(()));
        }
        buckets.clear(7);
        assert_eq!(buckets.failures(7, &RULE, 1_000), 0);
    }

    #[test]
    fn a_clock_that_goes_back_frees_nobody() {
        let buckets = Buckets::new();
        for _ in 0..3 {
            assert_eq!(buckets.count(7, &RULE, 1_000), Ok(()));
        }
        assert_eq!(buckets.count(7, &RULE, 900), Err(4));
    }
}
