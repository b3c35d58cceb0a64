//! When a provider is asked again: soon at first, then ever more rarely, never for ever.

use jiff::{SignedDuration, Timestamp};

/// A request without an answer is sent again, under its key, after this many seconds.
pub(crate) const REPEAT_SECONDS: i64 = 60;
/// A provider whose keys are not set up is asked for again after this many seconds.
pub(crate) const ABSENT_SECONDS: i64 = 300;
/// The waits before each look at a payment, in seconds.
const PAYMENT_LOOKS: [i64; 8] = [10, 30, 60, 120, 180, 300, 480, 600];
/// The waits before each look at a refund or receipt, in seconds.
const TAIL_LOOKS: [i64; 6] = [10, 60, 600, 3_600, 21_600, 86_400];
/// How many looks at a payment, refund or receipt there are before an operator must look.
pub(crate) const LOOKS_MAX: u32 = 300;

/// When a payment is looked at for the `round`th time, from 0.
pub(crate) fn payment(round: u32, from: Timestamp) -> Timestamp {
    after(&PAYMENT_LOOKS, round, from)
}

/// When a refund or receipt is looked at for the `round`th time, from 0.
pub(crate) fn tail(round: u32, from: Timestamp) -> Timestamp {
    after(&TAIL_LOOKS, round, from)
}

/// So many seconds later.
pub(crate) fn later(from: Timestamp, seconds: i64) -> Timestamp {
    from.checked_add(SignedDuration::from_secs(seconds))
        .unwrap_or(Timestamp::MAX)
}

fn after(waits: &[i64], round: u32, from: Timestamp) -> Timestamp {
    let index = usize::try_from(round).unwrap_or(usize::MAX);
    let wait = waits.get(index).or(waits.last()).copied();
    later(from, wait.unwrap_or(REPEAT_SECONDS))
}
