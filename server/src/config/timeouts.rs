//! How long, how often and how much in talking to providers: every limit by its name, with the defaults of its crate.

use std::num::NonZeroU32;
use std::time::Duration;

use commands::RetrySchedule;
use integrations::{BreakerOptions, Limits};
use jiff::SignedDuration;

use super::Reader;

/// The limits of one request (`TOT_PROVIDER_*`).
pub fn limits(reader: &mut Reader<'_>) -> Limits {
    const PAUSE: &str = "TOT_PROVIDER_ASK_PAUSE_MILLISECONDS";
    let default = Limits::default();
    let pause_ms = u64::try_from(default.ask_pause.as_millis()).unwrap_or(u64::MAX);
    Limits {
        connect: duration(reader, "TOT_PROVIDER_CONNECT_SECONDS", default.connect),
        act: duration(reader, "TOT_PROVIDER_ACT_SECONDS", default.act),
        ask: duration(reader, "TOT_PROVIDER_ASK_SECONDS", default.ask),
        ask_attempts_max: reader.number("TOT_PROVIDER_ASK_ATTEMPTS_MAX", default.ask_attempts_max),
        ask_pause: Duration::from_millis(reader.number(PAUSE, pause_ms)),
        idle: duration(reader, "TOT_PROVIDER_IDLE_SECONDS", default.idle),
        body_bytes_max: reader.number("TOT_PROVIDER_BODY_BYTES_MAX", default.body_bytes_max),
        find_pages_max: reader.number("TOT_PROVIDER_FIND_PAGES_MAX", default.find_pages_max),
    }
}

/// When a failing provider is left alone (`TOT_BREAKER_*`).
pub fn breaker(reader: &mut Reader<'_>) -> BreakerOptions {
    let default = BreakerOptions::default();
    BreakerOptions {
        window: signed(reader, "TOT_BREAKER_WINDOW_SECONDS", default.window),
        calls_max: reader.number("TOT_BREAKER_CALLS_MAX", default.calls_max),
        calls_min: reader.number("TOT_BREAKER_CALLS_MIN", default.calls_min),
        failures_percent: percent(reader, "TOT_BREAKER_FAILURES_PERCENT", default.failures_percent),
        open_for: signed(reader, "TOT_BREAKER_OPEN_SECONDS", default.open_for),
        open_for_max: signed(reader, "TOT_BREAKER_OPEN_SECONDS_MAX", default.open_for_max),
        trials_needed: reader.number("TOT_BREAKER_TRIALS_NEEDED", default.trials_needed),
        trial_within: signed(reader, "TOT_BREAKER_TRIAL_SECONDS", default.trial_within),
    }
}

/// When what is under way is looked after (`TOT_PLAN_*`).
pub fn retries(reader: &mut Reader<'_>) -> RetrySchedule {
    const CLOSING: &str = "TOT_PLAN_CLOSING_SECONDS";
    const UNHEARD: &str = "TOT_PLAN_UNHEARD_SECONDS";
    let default = RetrySchedule::default();
    RetrySchedule {
        repeat: reader.at_least_one("TOT_PLAN_REPEAT_SECONDS", default.repeat),
        absent: reader.at_least_one("TOT_PLAN_ABSENT_SECONDS", default.absent),
        payment_poll_delays: looks(reader, "TOT_PLAN_PAYMENT_LOOKS", default.payment_poll_delays),
        follow_up_delays: looks(reader, "TOT_PLAN_TAIL_LOOKS", default.follow_up_delays),
        payment_polls_max: reader.number("TOT_PLAN_LOOKS_MAX", default.payment_polls_max),
        follow_ups_max: reader.number("TOT_PLAN_TAIL_LOOKS_MAX", default.follow_ups_max),
        refund_again: reader.at_least_one("TOT_PLAN_REFUND_AGAIN_SECONDS", default.refund_again),
        receipt_again: reader.at_least_one("TOT_PLAN_RECEIPT_AGAIN_SECONDS", default.receipt_again),
        receipt_notice: reader.at_least_one("TOT_PLAN_RECEIPT_NOTICE_SECONDS", default.receipt_notice),
        closing_receipt_timeout: reader.at_least_one(CLOSING, default.closing_receipt_timeout),
        receipt_notice_timeout: reader.at_least_one(UNHEARD, default.receipt_notice_timeout),
        before_expiry: reader.at_least_one("TOT_PLAN_BEFORE_EXPIRY_SECONDS", default.before_expiry),
        after_expiry: reader.at_least_one("TOT_PLAN_AFTER_EXPIRY_SECONDS", default.after_expiry),
        list_slack: reader.at_least_one("TOT_PLAN_LIST_SLACK_SECONDS", default.list_slack),
        notice_coalescing: reader.at_least_one("TOT_PLAN_CROWD_SECONDS", default.notice_coalescing),
        notice_tries_max: reader.number("TOT_PLAN_NOTICE_TRIES_MAX", default.notice_tries_max),
    }
}

/// 1 to 100.
fn percent(reader: &mut Reader<'_>, variable: &'static str, default: u8) -> u8 {
    let percent = reader.number(variable, default);
    if !(1..=100).contains(&percent) {
        reader.wrong(variable, "a whole number from 1 to 100");
    }
    percent
}

/// A whole number of seconds, at least one.
pub fn duration(reader: &mut Reader<'_>, variable: &'static str, default: Duration) -> Duration {
    let default = u32::try_from(default.as_secs()).unwrap_or(u32::MAX);
    Duration::from_secs(reader.at_least_one(variable, default).into())
}

fn signed(reader: &mut Reader<'_>, variable: &'static str, default: SignedDuration) -> SignedDuration {
    let default = u32::try_from(default.as_secs()).unwrap_or(u32::MAX);
    SignedDuration::from_secs(reader.at_least_one(variable, default).into())
}

/// Waits in seconds, one after the other.
fn looks(reader: &mut Reader<'_>, variable: &'static str, default: Vec<u32>) -> Vec<u32> {
    let read = |text: &str| {
        let waits = text.split(',').map(|wait| wait.trim().parse::<NonZeroU32>());
        waits.map(|wait| wait.ok().map(NonZeroU32::get)).collect()
    };
    reader.parsed_or(
        variable,
        default,
        read,
        "whole numbers of seconds, such as 10,60,600",
    )
}
