//! Database time in this process: the database's clock, sampled, and carried on between samples by the monotonic clock.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant, SystemTime};

use jiff::{SignedDuration, Timestamp};

/// How far this process's own wall clock may be from the database's before the process stops being ready.
pub const SKEW_MAX: Duration = Duration::from_millis(250);

/// A sample that took longer than this is used only if nothing better came for a while.
const GOOD_ROUND_TRIP: Duration = Duration::from_millis(5);

/// After so long a slow sample is better than an old one.
const STALE_AFTER: Duration = Duration::from_secs(1);

/// The database's clock, as this process knows it. Cheap to clone; all clones show the same time.
#[derive(Clone, Debug)]
pub struct Clock(Arc<ClockState>);

#[derive(Debug)]
struct ClockState {
    anchor: RwLock<ClockReference>,
    started: Instant,
    /// Own wall clock minus the database's, µs.
    skew_us: AtomicI64,
    /// When the last sample came, ms since `started`.
    sampled_ms: AtomicU64,
}

#[derive(Clone, Copy, Debug)]
struct ClockReference {
    database: Timestamp,
    at: Instant,
    /// When the database was asked for it.
    sent_at: Instant,
}

/// One answer of the database, and when it was asked and given here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClockSample {
    pub database: Timestamp,
    pub wall: Timestamp,
    pub sent_at: Instant,
    pub answered_at: Instant,
    pub own_wall: SystemTime,
}

impl Clock {
    pub(crate) fn new(first: ClockSample) -> Self {
        let clock = Self(Arc::new(ClockState {
            anchor: RwLock::new(ClockReference {
                database: first.database,
                at: first.middle(),
                sent_at: first.sent_at,
            }),
            started: Instant::now(),
            skew_us: AtomicI64::new(0),
            sampled_ms: AtomicU64::new(0),
        }));
        clock.note_skew(&first);
        clock
    }

    /// Database time now, in whole microseconds: what Postgres keeps, so that a time reads the same wherever it has been.
    pub fn now(&self) -> Timestamp {
        let anchor = *self
            .0
            .anchor
            .read()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        let now = database_time_at(anchor, Instant::now());
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }

    /// How far this process's own wall clock is ahead of (or, negative, behind) the database's.
    pub fn skew(&self) -> SignedDuration {
        SignedDuration::from_micros(self.0.skew_us.load(Ordering::Relaxed))
    }

    /// How long ago the database last told the time.
    pub fn age(&self) -> Duration {
        let sampled = Duration::from_millis(self.0.sampled_ms.load(Ordering::Relaxed));
        self.0.started.elapsed().saturating_sub(sampled)
    }

    /// Takes a sample over if it tells more than is known: it came quickly, or differs by more than its own doubt (the
    /// clock was set), or nothing came for a while.
    pub(crate) fn take(&self, sample: ClockSample) {
        let mut anchor = self
            .0
            .anchor
            .write()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        // Asked earlier and answered later: it may come from before the clock was set.
        if sample.sent_at < anchor.sent_at {
            return;
        }
        let round_trip = sample.answered_at.saturating_duration_since(sample.sent_at);
        let shown = database_time_at(*anchor, sample.middle());
        let apart = sample.database.duration_since(shown).unsigned_abs();
        let old = sample.middle().saturating_duration_since(anchor.at);
        if round_trip <= GOOD_ROUND_TRIP || apart > round_trip || old > STALE_AFTER {
            *anchor = ClockReference {
                database: sample.database,
                at: sample.middle(),
                sent_at: sample.sent_at,
            };
        }
        drop(anchor);
        self.note_skew(&sample);
    }

    fn note_skew(&self, sample: &ClockSample) {
        let own = Timestamp::try_from(sample.own_wall).unwrap_or(sample.wall);
        let apart = own.duration_since(sample.wall);
        // What the round trip alone could explain is not held against the process.
        let doubt = sample.answered_at.saturating_duration_since(sample.sent_at) / 2;
        let sure = apart.unsigned_abs().saturating_sub(doubt);
        let micros = i64::try_from(sure.as_micros()).unwrap_or(i64::MAX);
        self.0.skew_us.store(
            if apart.is_negative() { -micros } else { micros },
            Ordering::Relaxed,
        );
        let since_start = sample.answered_at.saturating_duration_since(self.0.started);
        self.0.sampled_ms.store(
            u64::try_from(since_start.as_millis()).unwrap_or(u64::MAX),
            Ordering::Relaxed,
        );
    }
}

impl ClockSample {
    /// The database looked at its clock somewhere between question and answer.
    fn middle(&self) -> Instant {
        self.sent_at + self.answered_at.saturating_duration_since(self.sent_at) / 2
    }
}

fn database_time_at(anchor: ClockReference, instant: Instant) -> Timestamp {
    let passed = if instant >= anchor.at {
        SignedDuration::try_from(instant.duration_since(anchor.at))
    } else {
        SignedDuration::try_from(anchor.at.duration_since(instant)).map(|early| -early)
    };
    passed
        .ok()
        .and_then(|passed| anchor.database.checked_add(passed).ok())
        .unwrap_or(anchor.database)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(database_s: i64, sent_at: Instant, round_trip: Duration) -> ClockSample {
        ClockSample {
            database: Timestamp::from_second(database_s).unwrap(),
            wall: Timestamp::from_second(1_000).unwrap(),
            sent_at,
            answered_at: sent_at + round_trip,
            own_wall: SystemTime::UNIX_EPOCH + Duration::from_secs(1_000),
        }
    }

    #[test]
    fn a_clock_set_forward_is_followed_even_when_the_answer_was_slow() {
        let start = Instant::now();
        let clock = Clock::new(sample(1_000, start, Duration::ZERO));
        clock.take(sample(90_000, start, Duration::from_millis(900)));
        // The sample's middle lies 450 ms ahead of this test's start.
        assert!(clock.now() >= Timestamp::from_second(89_999).unwrap());
    }

    #[test]
    fn an_answer_to_an_earlier_question_never_sets_the_clock_back() {
        let start = Instant::now();
        let clock = Clock::new(sample(1_000, start, Duration::ZERO));
        clock.take(sample(
            90_000,
            start + Duration::from_millis(10),
            Duration::from_millis(1),
        ));
        clock.take(sample(
            1_000,
            start + Duration::from_millis(5),
            Duration::from_millis(900),
        ));
        assert!(clock.now() >= Timestamp::from_second(89_999).unwrap());
    }

    #[test]
    fn a_slow_answer_that_tells_nothing_new_is_left_aside() {
        let start = Instant::now();
        let clock = Clock::new(sample(1_000, start, Duration::ZERO));
        // Half a second of doubt, and only that far off.
        let mut slow = sample(1_000, start, Duration::from_millis(900));
        slow.database = Timestamp::from_millisecond(1_000_900).unwrap();
        clock.take(slow);
        let ahead = clock.now().duration_since(Timestamp::from_second(1_000).unwrap());
        assert!(ahead < SignedDuration::from_millis(400), "{ahead}");
    }

    #[test]
    fn skew_is_what_the_round_trip_cannot_explain() {
        let start = Instant::now();
        let mut first = sample(1_000, start, Duration::from_millis(100));
        first.own_wall += Duration::from_millis(300);
        let clock = Clock::new(first);
        assert_eq!(clock.skew(), SignedDuration::from_millis(250));
    }
}
