//! How long, how often and how much in talking to providers: every limit by its name, with the defaults of its crate.

use std::num::NonZeroU32;
use std::time::Duration;

use commands::RetrySchedule;
use integrations::{BreakerOptions, Limits};
use jiff::SignedDuration;

use super::Reader;

/// The limits of one request (`TOT_PROVIDER_*`).
pub fn limits(reader: &mut Reader<'_>) -> Option<Limits> {
    let default = Limits::default();
    let connect = duration(reader, "TOT_PROVIDER_CONNECT_SECONDS", default.connect);
    let act = duration(reader, "TOT_PROVIDER_ACT_SECONDS", default.act);
    let ask = duration(reader, "TOT_PROVIDER_ASK_SECONDS", default.ask);
    let ask_attempts_max = reader.number("TOT_PROVIDER_ASK_ATTEMPTS_MAX", default.ask_attempts_max);
    let ask_pause = reader.number(
        "TOT_PROVIDER_ASK_PAUSE_MILLISECONDS",
        u64::try_from(default.ask_pause.as_millis()).unwrap_or(u64::MAX),
    );
    let idle = duration(reader, "TOT_PROVIDER_IDLE_SECONDS", default.idle);
    let body_bytes_max = reader.number("TOT_PROVIDER_BODY_BYTES_MAX", default.body_bytes_max);
    let find_pages_max = reader.number("TOT_PROVIDER_FIND_PAGES_MAX", default.find_pages_max);
    Some(Limits {
        connect: connect?,
        act: act?,
        ask: ask?,
        ask_attempts_max: ask_attempts_max?,
        ask_pause: Duration::from_millis(ask_pause?),
        idle: idle?,
        body_bytes_max: body_bytes_max?,
        find_pages_max: find_pages_max?,
    })
}

/// When a failing provider is left alone (`TOT_BREAKER_*`).
pub fn breaker(reader: &mut Reader<'_>) -> Option<BreakerOptions> {
    const PERCENT: &str = "TOT_BREAKER_FAILURES_PERCENT";
    let default = BreakerOptions::default();
    let window = signed(reader, "TOT_BREAKER_WINDOW_SECONDS", default.window);
    let calls_max = reader.number("TOT_BREAKER_CALLS_MAX", default.calls_max);
    let calls_min = reader.number("TOT_BREAKER_CALLS_MIN", default.calls_min);
    let percent: Option<u8> = match reader.number(PERCENT, default.failures_percent) {
        Some(percent) if !(1..=100).contains(&percent) => {
            reader.wrong(PERCENT, "a whole number from 1 to 100".to_owned())
        }
        percent => percent,
    };
    let open_for = signed(reader, "TOT_BREAKER_OPEN_SECONDS", default.open_for);
    let open_for_max = signed(reader, "TOT_BREAKER_OPEN_SECONDS_MAX", default.open_for_max);
    let trials_needed = reader.number("TOT_BREAKER_TRIALS_NEEDED", default.trials_needed);
    let trial_within = signed(reader, "TOT_BREAKER_TRIAL_SECONDS", default.trial_within);
    Some(BreakerOptions {
        window: window?,
        calls_max: calls_max?,
        calls_min: calls_min?,
        failures_percent: percent?,
        open_for: open_for?,
        open_for_max: open_for_max?,
        trials_needed: trials_needed?,
        trial_within: trial_within?,
    })
}

/// When what is under way is looked after (`TOT_PLAN_*`).
pub fn retries(reader: &mut Reader<'_>) -> Option<RetrySchedule> {
    let default = RetrySchedule::default();
    let repeat = seconds(reader, "TOT_PLAN_REPEAT_SECONDS", default.repeat);
    let absent = seconds(reader, "TOT_PLAN_ABSENT_SECONDS", default.absent);
    let payment_poll_delays = looks(reader, "TOT_PLAN_PAYMENT_LOOKS", default.payment_poll_delays);
    let follow_up_delays = looks(reader, "TOT_PLAN_TAIL_LOOKS", default.follow_up_delays);
    let payment_polls_max = reader.number("TOT_PLAN_LOOKS_MAX", default.payment_polls_max);
    let follow_ups_max = reader.number("TOT_PLAN_TAIL_LOOKS_MAX", default.follow_ups_max);
    let refund_again = seconds(reader, "TOT_PLAN_REFUND_AGAIN_SECONDS", default.refund_again);
    let receipt_again = seconds(reader, "TOT_PLAN_RECEIPT_AGAIN_SECONDS", default.receipt_again);
    let receipt_notice = seconds(reader, "TOT_PLAN_RECEIPT_NOTICE_SECONDS", default.receipt_notice);
    let closing_receipt_timeout = seconds(
        reader,
        "TOT_PLAN_CLOSING_SECONDS",
        default.closing_receipt_timeout,
    );
    let receipt_notice_timeout = seconds(reader, "TOT_PLAN_UNHEARD_SECONDS", default.receipt_notice_timeout);
    let before_expiry = seconds(reader, "TOT_PLAN_BEFORE_EXPIRY_SECONDS", default.before_expiry);
    let after_expiry = seconds(reader, "TOT_PLAN_AFTER_EXPIRY_SECONDS", default.after_expiry);
    let list_slack = seconds(reader, "TOT_PLAN_LIST_SLACK_SECONDS", default.list_slack);
    let notice_coalescing = seconds(reader, "TOT_PLAN_CROWD_SECONDS", default.notice_coalescing);
    let notice_tries_max = reader.number("TOT_PLAN_NOTICE_TRIES_MAX", default.notice_tries_max);
    Some(RetrySchedule {
        repeat: repeat?,
        absent: absent?,
        payment_poll_delays: payment_poll_delays?,
        follow_up_delays: follow_up_delays?,
        payment_polls_max: payment_polls_max?,
        follow_ups_max: follow_ups_max?,
        refund_again: refund_again?,
        receipt_again: receipt_again?,
        receipt_notice: receipt_notice?,
        closing_receipt_timeout: closing_receipt_timeout?,
        receipt_notice_timeout: receipt_notice_timeout?,
        before_expiry: before_expiry?,
        after_expiry: after_expiry?,
        list_slack: list_slack?,
        notice_coalescing: notice_coalescing?,
        notice_tries_max: notice_tries_max?,
    })
}

/// A whole number of seconds, at least one.
fn seconds(reader: &mut Reader<'_>, variable: &'static str, default: u32) -> Option<u32> {
    reader.at_least_one(variable, default)
}

fn duration(reader: &mut Reader<'_>, variable: &'static str, default: Duration) -> Option<Duration> {
    let default = u32::try_from(default.as_secs()).unwrap_or(u32::MAX);
    seconds(reader, variable, default).map(|seconds| Duration::from_secs(u64::from(seconds)))
}

fn signed(
    reader: &mut Reader<'_>,
    variable: &'static str,
    default: SignedDuration,
) -> Option<SignedDuration> {
    let default = u32::try_from(default.as_secs()).unwrap_or(u32::MAX);
    seconds(reader, variable, default).map(|seconds| SignedDuration::from_secs(i64::from(seconds)))
}

/// Waits in seconds, one after the other.
fn looks(reader: &mut Reader<'_>, variable: &'static str, default: Vec<u32>) -> Option<Vec<u32>> {
    let Some(text) = reader.text(variable) else {
        return Some(default);
    };
    let waits: Result<Vec<NonZeroU32>, _> = text.split(',').map(|wait| wait.trim().parse()).collect();
    match waits {
        Ok(waits) => Some(waits.into_iter().map(NonZeroU32::get).collect()),
        Err(_) => reader.wrong(variable, "whole numbers of seconds, such as 10,60,600".to_owned()),
    }
}
