//! The breaker's rules, as stories and over random lives.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::{Admission, Breaker, BreakerOptions, CallOutcome, Permit};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn granted(breaker: &mut Breaker, seconds: i64) -> Permit {
    match breaker.admit(at(seconds)) {
        Admission::Granted(permit) => permit,
        Admission::Wait { until } => panic!("kept away until {until}"),
    }
}

fn call(breaker: &mut Breaker, seconds: i64, outcome: CallOutcome) {
    let permit = granted(breaker, seconds);
    breaker.record(permit, outcome, at(seconds));
}

fn opened() -> Breaker {
    let mut breaker = Breaker::new(BreakerOptions::default());
    for second in 0..5 {
        assert!(!breaker.is_open());
        call(&mut breaker, second, CallOutcome::Failed);
    }
    assert!(breaker.is_open());
    breaker
}

#[test]
fn it_opens_at_half_of_at_least_five_and_not_before() {
    opened();
    let mut breaker = Breaker::new(BreakerOptions::default());
    for second in 0..5 {
        call(&mut breaker, second, CallOutcome::Answered);
    }
    for second in 5..9 {
        call(&mut breaker, second, CallOutcome::Failed);
        assert!(!breaker.is_open());
    }
    call(&mut breaker, 9, CallOutcome::Failed);
    assert!(breaker.is_open());
}

#[test]
fn failures_long_ago_are_forgotten() {
    let mut breaker = Breaker::new(BreakerOptions::default());
    for minute in 0..20 {
        call(&mut breaker, minute * 61, CallOutcome::Failed);
    }
    assert!(!breaker.is_open());
}

#[test]
fn it_waits_tries_one_at_a_time_and_closes_after_two() {
    let mut breaker = opened();
    assert_eq!(breaker.admit(at(18)), Admission::Wait { until: at(19) });
    let trial = granted(&mut breaker, 19);
    assert!(trial.trial);
    assert_eq!(
        breaker.admit(at(20)),
        Admission::Wait { until: at(21) },
        "the others come back soon, not when a trial would be given up"
    );
    breaker.record(trial, CallOutcome::Answered, at(20));
    assert!(breaker.is_open());
    call(&mut breaker, 20, CallOutcome::Answered);
    assert!(!breaker.is_open());
    assert!(!granted(&mut breaker, 20).trial);
}

#[test]
fn a_failed_trial_doubles_the_wait_up_to_its_limit() {
    let mut breaker = opened();
    let (mut second, mut wait) = (4, 15);
    for _ in 0..8 {
        second += wait;
        assert_eq!(
            breaker.admit(at(second - 1)),
            Admission::Wait { until: at(second) }
        );
        call(&mut breaker, second, CallOutcome::Failed);
        wait = (wait * 2).min(300);
    }
    assert_eq!(wait, 300);
}

#[test]
fn a_trial_that_never_reports_blocks_nobody_for_ever_and_speaks_for_no_other() {
    let mut breaker = opened();
    let lost = granted(&mut breaker, 19);
    let next = granted(&mut breaker, 79);
    breaker.record(lost, CallOutcome::Failed, at(80));
    assert!(
        matches!(breaker.admit(at(80)), Admission::Wait { .. }),
        "the second trial still runs"
    );
    breaker.record(next, CallOutcome::NotMade, at(81));
    assert!(granted(&mut breaker, 81).trial);
}

#[test]
fn what_was_sent_before_it_opened_is_no_news() {
    let mut breaker = Breaker::new(BreakerOptions::default());
    let early = granted(&mut breaker, 0);
    for second in 0..5 {
        call(&mut breaker, second, CallOutcome::Failed);
    }
    let _trial = granted(&mut breaker, 19);
    breaker.record(early, CallOutcome::Answered, at(20));
    breaker.record(early, CallOutcome::Answered, at(20));
    assert!(breaker.is_open());
}

#[test]
fn throttling_keeps_calls_away_without_opening() {
    let mut breaker = Breaker::new(BreakerOptions::default());
    for second in 0..20 {
        call(&mut breaker, second, CallOutcome::Throttled { until: at(second) });
    }
    call(&mut breaker, 20, CallOutcome::Throttled { until: at(30) });
    assert!(!breaker.is_open());
    assert_eq!(breaker.admit(at(29)), Admission::Wait { until: at(30) });
    assert!(!granted(&mut breaker, 30).trial);
}

proptest! {
    /// Time passes, calls are made where they may be, and some of them never report back.
    #[test]
    fn it_keeps_its_word_over_any_life(life in prop::collection::vec((0..40_i64, 0..5_u8), 1..400)) {
        let options = BreakerOptions::default();
        let mut breaker = Breaker::new(options);
        let (mut second, mut promised, mut failed_ever) = (0, at(0), 0);
        for (passed, what) in life {
            second += passed;
            let (now, admits) = (at(second), breaker.admits(at(second)));
            match breaker.admit(now) {
                Admission::Wait { until } => {
                    prop_assert!(!admits);
                    prop_assert!(until > now);
                    prop_assert!(until <= now + options.open_for_max.max(options.trial_within));
                    prop_assert!(promised <= now || until <= promised, "a wait is never prolonged by waiting");
                    promised = until;
                }
                Admission::Granted(permit) => {
                    prop_assert!(admits);
                    prop_assert!(promised <= now, "nobody is let in before the moment that was named");
                    prop_assert_eq!(permit.trial, breaker.is_open());
                    let outcome = match what {
                        0 | 1 => CallOutcome::Failed,
                        2 => CallOutcome::Answered,
                        3 => CallOutcome::NotMade,
                        _ => continue,
                    };
                    failed_ever += usize::from(outcome == CallOutcome::Failed);
                    breaker.record(permit, outcome, now);
                    prop_assert!(!breaker.is_open() || failed_ever >= 3, "it opens only after failures");
                }
            }
        }
        // Left alone, it always lets somebody try again.
        let later = at(second) + options.open_for_max + options.trial_within + SignedDuration::from_secs(1);
        prop_assert!(breaker.admits(later));
    }

    #[test]
    fn whoever_answers_is_never_kept_away(steps in prop::collection::vec(0..100_i64, 1..300)) {
        let mut breaker = Breaker::new(BreakerOptions::default());
        let mut second = 0;
        for passed in steps {
            second += passed;
            call(&mut breaker, second, CallOutcome::Answered);
        }
        prop_assert!(!breaker.is_open());
    }
}
