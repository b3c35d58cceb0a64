//! When a provider is asked again: soon at first, then ever more rarely, never for ever. Every number can be told
//! differently per deployment; the defaults fit what the providers say of themselves.

use jiff::{SignedDuration, Timestamp};

/// When what is under way with a provider is looked after. All waits are in seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetrySchedule {
    /// A request without an answer is sent again, under its key, after this; YooKassa asks for about once a minute.
    pub repeat: u32,
    /// A provider whose keys are not set up is asked for again after this.
    pub absent: u32,
    /// The waits before each look at a payment; the last one repeats.
    pub payment_poll_delays: Vec<u32>,
    /// The waits before each look at a refund or receipt; the last one repeats.
    pub follow_up_delays: Vec<u32>,
    /// How many looks at a payment there are before an operator must look.
    pub payment_polls_max: u32,
    /// How many looks at a refund, receipt or payout there are before an operator must look.
    pub follow_ups_max: u32,
    /// A refund that came to nothing is tried again after this: most often the day's takings were too small for it.
    pub refund_again: u32,
    /// A receipt that the cash register gave up is tried again after this.
    pub receipt_again: u32,
    /// How long the notice of a receipt is waited for, where the cash register cannot be asked, before an operator must look.
    pub receipt_notice: u32,
    /// How long a refund waits for the receipt that must close the advance before, once that was asked for.
    pub closing_receipt_timeout: u32,
    /// How long the notice of a receipt that may have been printed is waited for before it is sent again, where every
    /// sending prints; then as long again as has passed.
    pub receipt_notice_timeout: u32,
    /// How long before its end a hold is captured: long enough for an hour of a provider that does not answer.
    pub before_expiry: u32,
    /// How long after the end of a hold the provider is asked whether it ended.
    pub after_expiry: u32,
    /// How far a provider's clock may be from ours where its list is searched.
    pub list_slack: u32,
    /// While hints about one object crowd, one look does for all of them within this.
    pub notice_coalescing: u32,
    /// How often a notice is followed when the provider does not answer.
    pub notice_tries_max: u32,
}

impl Default for RetrySchedule {
    fn default() -> Self {
        Self {
            repeat: 60,
            absent: 300,
            payment_poll_delays: vec![10, 30, 60, 120, 180, 300, 480, 600],
            follow_up_delays: vec![10, 60, 600, 3_600, 21_600, 86_400],
            payment_polls_max: 300,
            follow_ups_max: 30,
            refund_again: 6 * 3_600,
            receipt_again: 3_600,
            receipt_notice: 72 * 3_600,
            closing_receipt_timeout: 600,
            receipt_notice_timeout: 120,
            before_expiry: 2 * 3_600,
            after_expiry: 60,
            list_slack: 3_600,
            notice_coalescing: 30,
            notice_tries_max: 60,
        }
    }
}

impl RetrySchedule {
    /// When a payment is looked at for the `round`th time, from 0.
    pub fn payment_poll_at(&self, round: u32, from: Timestamp) -> Timestamp {
        self.look(&self.payment_poll_delays, round, from)
    }

    /// When a refund or receipt is looked at for the `round`th time, from 0.
    pub fn follow_up_at(&self, round: u32, from: Timestamp) -> Timestamp {
        self.look(&self.follow_up_delays, round, from)
    }

    fn look(&self, waits: &[u32], round: u32, from: Timestamp) -> Timestamp {
        let index = usize::try_from(round).unwrap_or(usize::MAX);
        let wait = waits.get(index).or(waits.last()).copied();
        later(from, wait.unwrap_or(self.repeat))
    }
}

pub(crate) fn later(from: Timestamp, seconds: u32) -> Timestamp {
    moved(from, i64::from(seconds))
}

pub(crate) fn earlier(from: Timestamp, seconds: u32) -> Timestamp {
    moved(from, -i64::from(seconds))
}

fn moved(from: Timestamp, seconds: i64) -> Timestamp {
    let bound = if seconds < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    };
    from.checked_add(SignedDuration::from_secs(seconds))
        .unwrap_or(bound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_grow_rarer_and_the_last_wait_repeats() {
        let retries = RetrySchedule {
            payment_poll_delays: vec![1, 5],
            follow_up_delays: vec![],
            repeat: 7,
            ..RetrySchedule::default()
        };
        let from = Timestamp::UNIX_EPOCH;
        let waits = |at: Timestamp| at.duration_since(from).as_secs();
        let payment: Vec<_> = (0..4)
            .map(|round| waits(retries.payment_poll_at(round, from)))
            .collect();
        assert_eq!(payment, [1, 5, 5, 5]);
        assert_eq!(
            waits(retries.follow_up_at(0, from)),
            7,
            "nothing planned is a repeat"
        );
    }

    #[test]
    fn an_operator_is_told_within_weeks_of_whatever_nobody_answers() {
        let retries = RetrySchedule::default();
        let day = SignedDuration::from_hours(24);
        let last_at = |looks: u32, look: fn(&RetrySchedule, u32, Timestamp) -> Timestamp| {
            let from = Timestamp::UNIX_EPOCH;
            let last = (0..=looks).fold(from, |at, round| look(&retries, round, at));
            last.duration_since(from)
        };
        assert!(last_at(retries.payment_polls_max, RetrySchedule::payment_poll_at) < day * 3);
        assert!(last_at(retries.follow_ups_max, RetrySchedule::follow_up_at) < day * 28);
    }

    #[test]
    fn nothing_lies_beyond_the_ends_of_time() {
        assert_eq!(later(Timestamp::MAX, 1), Timestamp::MAX);
        assert_eq!(earlier(Timestamp::MIN, 1), Timestamp::MIN);
    }
}
