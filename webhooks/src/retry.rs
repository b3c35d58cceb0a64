//! When a delivery that was not taken is tried again, and when an endpoint that takes nothing is.

use std::time::Duration;

use rand::Rng as _;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// The pauses between attempts, in seconds: 75 hours and 35 minutes together. Source: the example of the specification of Standard
/// Webhooks, "Retry schedule".
const PAUSES: [u64; 9] = [
    5,
    5 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    14 * HOUR,
    20 * HOUR,
    24 * HOUR,
];
/// A tenth at most is added, so that many that failed together do not come back together.
const JITTER_PERCENT_MAX: u64 = 10;
/// How long an endpoint that takes nothing is left alone, in seconds, by the number of turns in a row; then the last again and again.
/// Short, since other bookings' events wait for it, too.
const PROBES: [u64; 5] = [0, 5, 30, 2 * MINUTE, 5 * MINUTE];
/// An endpoint may ask for a longer pause than ours, up to this.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * HOUR);
/// An endpoint that took nothing for so long is not called any more.
pub const FAILING_MAX: Duration = Duration::from_secs(4 * 24 * HOUR);

/// How long to wait after the `attempts`th attempt failed; nothing if it was the last.
pub fn next_attempt(attempts: u32, asked: Option<Duration>) -> Option<Duration> {
    let place = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    let pause = jittered(*PAUSES.get(place)?);
    Some(pause.max(asked.unwrap_or_default().min(RETRY_AFTER_MAX)))
}

/// How long to leave an endpoint alone after so many turns in a row in which it took nothing.
pub fn next_probe(failures: u32, asked: Option<Duration>) -> Duration {
    let place = usize::try_from(failures.saturating_sub(1)).unwrap_or(usize::MAX);
    let last = PROBES.len() - 1;
    let pause = PROBES.get(place.min(last)).copied().unwrap_or_default();
    jittered(pause).max(asked.unwrap_or_default().min(RETRY_AFTER_MAX))
}

fn jittered(seconds: u64) -> Duration {
    let most = seconds * 1_000 * JITTER_PERCENT_MAX / 100;
    Duration::from_millis(seconds * 1_000 + rand::rng().random_range(0..=most))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ATTEMPTS_MAX: u32 = 10;

    #[test]
    fn ten_attempts_are_spread_over_three_days() {
        let pauses: Vec<Duration> = (1..ATTEMPTS_MAX)
            .map(|attempt| next_attempt(attempt, None).unwrap())
            .collect();
        assert!(pauses.is_sorted());
        let whole: Duration = pauses.iter().sum();
        assert!(
            whole >= Duration::from_secs(3 * 24 * HOUR) && whole < FAILING_MAX,
            "{whole:?}"
        );
        assert_eq!(next_attempt(ATTEMPTS_MAX, None), None);
    }

    #[test]
    fn a_pause_that_is_asked_for_is_kept_within_a_day() {
        let hour = Duration::from_secs(HOUR);
        assert_eq!(next_attempt(1, Some(hour)), Some(hour));
        assert_eq!(next_attempt(1, Some(Duration::MAX)), Some(RETRY_AFTER_MAX));
        assert!(next_attempt(4, Some(Duration::from_secs(1))).unwrap() >= 2 * hour);
        assert_eq!(next_probe(1, Some(hour)), hour);
    }

    #[test]
    fn an_endpoint_that_takes_nothing_is_probed_every_five_minutes() {
        assert_eq!(next_probe(1, None), Duration::ZERO);
        for failures in [5, 6, 1_000] {
            let pause = next_probe(failures, None);
            assert!(
                pause >= Duration::from_secs(300) && pause <= Duration::from_secs(330),
                "{pause:?}"
            );
        }
    }
}
