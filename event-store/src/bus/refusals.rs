//! Messages that are not believed: counted each, told of now and then, since whoever makes them up may make up many.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tracing::warn;

use super::keys::Distrust;

/// How many messages were refused, by reason.
const METRIC: &str = "tot_bus_refused_total";
/// The least time between two warnings.
const TELL_EVERY: Duration = Duration::from_secs(60);

/// What was refused, and when somebody was told.
#[derive(Debug)]
pub(super) struct Refusals(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    told_at: Option<Instant>,
    /// Since the last warning.
    untold: u64,
    total: u64,
    last: Option<Instant>,
}

impl Refusals {
    /// None yet, which the metric shows too: an alarm needs a series to look at.
    pub fn none() -> Self {
        for why in Distrust::ALL {
            metrics::counter!(METRIC, "reason" => why.word()).increment(0);
        }
        Self(Mutex::default())
    }

    /// Notes one more; answers how many the warning that is due now speaks of, if one is.
    fn note(&self, now: Instant) -> Option<u64> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.untold += 1;
        state.total += 1;
        state.last = Some(now);
        let due = state
            .told_at
            .is_none_or(|told_at| now.duration_since(told_at) >= TELL_EVERY);
        due.then(|| {
            state.told_at = Some(now);
            std::mem::take(&mut state.untold)
        })
    }

    /// Counts a message that was dropped for this reason.
    pub fn refuse(&self, why: Distrust) {
        metrics::counter!(METRIC, "reason" => why.word()).increment(1);
        if let Some(messages) = self.note(Instant::now()) {
            warn!(
                bus.reason = why.word(),
                bus.messages = messages,
                "a message from NATS is not believed and was dropped; the log is read instead"
            );
        }
    }

    /// How many were refused.
    pub fn total(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).total
    }

    /// Whether one was refused within this time.
    pub fn within(&self, time: Duration) -> bool {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.last.is_some_and(|last| last.elapsed() <= time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_refusals_is_told_of_once_a_minute_with_its_number() {
        let (refusals, start) = (Refusals::none(), Instant::now());
        assert_eq!(refusals.note(start), Some(1));
        for second in 1..60 {
            assert_eq!(refusals.note(start + Duration::from_secs(second)), None);
        }
        assert_eq!(refusals.note(start + TELL_EVERY), Some(60));
        assert_eq!(refusals.note(start + TELL_EVERY), None);
    }
}
