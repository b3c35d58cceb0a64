//! A quota as GCRA counts it: every admission moves the theoretical arrival time (TAT) on by the interval between two of them, and
//! the TAT may lie ahead of now by as many intervals as may come at once.

use std::num::NonZeroU32;
use std::time::Duration;

/// So many in a span, evenly, of which so many may come at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Between two admissions in the long run, in microseconds; at least one.
    pub(crate) interval_us: u64,
    /// How far the TAT may lie ahead, in microseconds.
    pub(crate) tolerance_us: u64,
}

impl Quota {
    /// `count` in `span`, of which `burst` at once.
    pub fn new(count: NonZeroU32, span: Duration, burst: NonZeroU32) -> Self {
        let span_us = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
        let interval_us = (span_us / u64::from(count.get())).max(1);
        Self {
            interval_us,
            tolerance_us: interval_us.saturating_mul(u64::from(burst.get())),
        }
    }

    /// The TAT after one more admission at `now_us`.
    ///
    /// # Errors
    /// In how many microseconds there is room for it.
    pub(crate) fn admit(&self, tat_us: u64, now_us: u64) -> Result<u64, u64> {
        let next = tat_us.max(now_us).saturating_add(self.interval_us);
        let latest = now_us.saturating_add(self.tolerance_us);
        match next.checked_sub(latest) {
            None | Some(0) => Ok(next),
            Some(wait_us) => Err(wait_us),
        }
    }

    /// The TAT with which nobody is admitted before `now_us + wait_us`.
    pub(crate) fn exhausted(&self, now_us: u64, wait_us: u64) -> u64 {
        let room = self.tolerance_us.saturating_sub(self.interval_us);
        now_us.saturating_add(wait_us).saturating_add(room)
    }
}
