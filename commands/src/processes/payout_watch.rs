//! A payout the gateway has is looked at until it is over there: no notice is relied upon.

use domain::any_event::AnyEvent;
use domain::payout::events::PayoutEvent;

use crate::intents::Intent;
use crate::processes::{ReceivedEvent, ScheduledIntent};

/// The name under which the process is registered.
pub const NAME: &str = "payout_watch";

/// What a fact means to this process.
pub fn react(received: ReceivedEvent<'_>) -> Vec<ScheduledIntent> {
    let Some((owner_id, payout_id)) = received.payout() else {
        return vec![];
    };
    let due_at = match received.event {
        AnyEvent::Payout(PayoutEvent::Pending { at, .. }) => received.retries.follow_up_at(0, *at),
        _ => return vec![],
    };
    let intent = Intent::LookAtPayout {
        owner_id,
        payout_id,
        round: 0,
    };
    vec![ScheduledIntent { intent, due_at }]
}
