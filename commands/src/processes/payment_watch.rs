//! A payment the provider knows is looked at until it is over there: no notice is relied upon.

use crate::retry_schedule;
use domain::any_event::AnyEvent;
use domain::payment::events::PaymentEvent;

use crate::intents::Intent;
use crate::processes::{ReceivedEvent, ScheduledIntent};

/// The name under which the process is registered.
pub const NAME: &str = "payment_watch";

/// What a fact means to this process.
pub fn react(received: ReceivedEvent<'_>) -> Vec<ScheduledIntent> {
    let Some(payment_ref) = received.payment_ref() else {
        return vec![];
    };
    let due_at = match received.event {
        AnyEvent::Payment(PaymentEvent::Pending { at, .. }) => received.retries.payment_poll_at(0, *at),
        AnyEvent::Payment(PaymentEvent::Authorised {
            expires_at: Some(expires_at),
            ..
        }) => retry_schedule::later(*expires_at, received.retries.after_expiry),
        _ => return vec![],
    };
    let intent = Intent::LookAtPayment {
        payment_ref,
        round: 0,
    };
    vec![ScheduledIntent { intent, due_at }]
}
