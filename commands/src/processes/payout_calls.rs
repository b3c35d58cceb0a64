//! A payout that was asked for is asked of its gateway.

use domain::any_event::AnyEvent;
use domain::payout::events::PayoutEvent;

use crate::intents::Intent;
use crate::processes::{ReceivedEvent, ScheduledIntent};

/// The name under which the process is registered.
pub const NAME: &str = "payout_calls";

/// What a fact means to this process.
pub fn react(received: ReceivedEvent<'_>) -> Vec<ScheduledIntent> {
    let Some((owner_id, payout_id)) = received.payout() else {
        return vec![];
    };
    let due_at = match received.event {
        AnyEvent::Payout(PayoutEvent::Requested { at, .. }) => *at,
        _ => return vec![],
    };
    let intent = Intent::CallPayout { owner_id, payout_id };
    vec![ScheduledIntent { intent, due_at }]
}
