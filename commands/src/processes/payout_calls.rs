//! A payout that was asked for is asked of its gateway.

use domain::any_event::AnyEvent;
use domain::payout::events::PayoutEvent;

use crate::intents::Intent;
use crate::processes::{ReceivedEvent, ScheduledIntent};

/// The name under which the process is registered.
pub const NAME: &str = "payout_calls";

/// What a fact means to this process.
pub fn react(received: ReceivedEvent<'_>) -> Vec<ScheduledIntent> {
    let due_at = match received.event {
        AnyEvent::Payout(PayoutEvent::Requested { at, .. }) => *at,
        AnyEvent::Payout(
            PayoutEvent::CallIntended { .. }
            | PayoutEvent::CallRefused { .. }
            | PayoutEvent::OutcomeUnknown { .. }
            | PayoutEvent::Pending { .. }
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
        .map(|(owner_id, payout_id)| Intent::CallPayout { owner_id, payout_id });
    intent
        .map(|intent| ScheduledIntent { intent, due_at })
        .into_iter()
        .collect()
}
