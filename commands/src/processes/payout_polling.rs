//! A payout the gateway has is looked at until it is over there: no notice is relied upon.

use domain::any_event::AnyEvent;
use domain::payout::events::PayoutEvent;

use crate::intents::Intent;
use crate::processes::{ReceivedEvent, ScheduledIntent};

/// The name under which the process is registered.
pub const NAME: &str = "payout_watch";

/// What a fact means to this process.
pub fn react(received: ReceivedEvent<'_>) -> Vec<ScheduledIntent> {
    let due_at = match received.event {
        AnyEvent::Payout(PayoutEvent::Pending { at, .. }) => received.retries.follow_up_at(0, *at),
        AnyEvent::Payout(
            PayoutEvent::Requested { .. }
            | PayoutEvent::CallIntended { .. }
            | PayoutEvent::CallRefused { .. }
            | PayoutEvent::OutcomeUnknown { .. }
            | PayoutEvent::Paid { .. }
            | PayoutEvent::Cancelled { .. }
            | PayoutEvent::AnomalyRecorded { .. }
            | PayoutEvent::AnomalyResolved { .. }
            | PayoutEvent::ReactionRefused { .. }
            | PayoutEvent::ReactionGivenUp { .. },
        )
        | AnyEvent::Booking(_)
        | AnyEvent::DoctorDay(_)
        | AnyEvent::Payment(_)
        | AnyEvent::Wallet(_)
        | AnyEvent::PriceList(_) => return vec![],
    };
    let intent = received
        .payout()
        .map(|(owner_id, payout_id)| Intent::LookAtPayout {
            owner_id,
            payout_id,
            round: 0,
        });
    intent
        .map(|intent| ScheduledIntent { intent, due_at })
        .into_iter()
        .collect()
}
