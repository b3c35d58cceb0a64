//! A payout that came to nothing because of where it went makes that bank account doubtful: its owner names another.

use domain::any_event::AnyEvent;
use domain::payout::events::PayoutEvent;
use domain::payout::failure::FailureCause;

use crate::intents::Intent;
use crate::processes::{ReceivedEvent, ScheduledIntent};

/// The name under which the process is registered.
pub const NAME: &str = "payout_destinations";

/// What a fact means to this process.
pub fn react(received: ReceivedEvent<'_>) -> Vec<ScheduledIntent> {
    let Some((owner_id, payout_id)) = received.payout() else {
        return vec![];
    };
    let due_at = match received.event {
        AnyEvent::Payout(PayoutEvent::Cancelled { code, at, .. })
            if FailureCause::of(code) == FailureCause::Recipient =>
        {
            *at
        }
        _ => return vec![],
    };
    let intent = Intent::DoubtDestination { owner_id, payout_id };
    vec![ScheduledIntent { intent, due_at }]
}
