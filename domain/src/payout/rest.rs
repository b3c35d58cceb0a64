//! A bank account that is new gets no money at once: whoever stole a session names one, and its owner has time to notice.

use jiff::{SignedDuration, Timestamp};

use crate::payout::refusal::PayoutRefusal;

/// How long after it was first named a bank account gets nothing.
pub const DESTINATION_REST: SignedDuration = SignedDuration::from_hours(24);

/// From when on money goes to a bank account that was first named then.
pub fn rests_until(named_at: Timestamp) -> Timestamp {
    named_at.checked_add(DESTINATION_REST).unwrap_or(Timestamp::MAX)
}

/// Lets money go to a bank account that was first named long enough ago.
///
/// # Errors
/// [`PayoutRefusal::DestinationResting`].
pub fn require_rested(named_at: Timestamp, now: Timestamp) -> Result<(), PayoutRefusal> {
    let until = rests_until(named_at);
    if now < until {
        Err(PayoutRefusal::DestinationResting { until })
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_goes_to_a_bank_account_a_day_after_it_was_first_named_and_not_a_second_before() {
        let named_at: Timestamp = "2026-12-01T09:00:00Z".parse().unwrap();
        let until: Timestamp = "2026-12-02T09:00:00Z".parse().unwrap();
        let resting = Err(PayoutRefusal::DestinationResting { until });
        assert_eq!(require_rested(named_at, named_at), resting);
        assert_eq!(
            require_rested(named_at, until - SignedDuration::from_secs(1)),
            resting
        );
        assert_eq!(require_rested(named_at, until), Ok(()));
    }
}
