//! A hold that ends while its visit is still ahead is captured before it does.

use crate::retry_schedule;
use domain::any_event::AnyEvent;
use domain::payment::events::PaymentEvent;

use crate::intents::Intent;
use crate::processes::{ReceivedEvent, ScheduledIntent};

/// The name under which the process is registered.
pub const NAME: &str = "hold_keeping";

/// What a fact means to this process.
pub fn react(received: ReceivedEvent<'_>) -> Vec<ScheduledIntent> {
    let Some(payment_ref) = received.payment_ref() else {
        return vec![];
    };
    match received.event {
        AnyEvent::Payment(PaymentEvent::Authorised {
            expires_at: Some(expires_at),
            ..
        }) => vec![ScheduledIntent {
            intent: Intent::KeepHold { payment_ref },
            due_at: retry_schedule::earlier(*expires_at, received.retries.before_expiry),
        }],
        _ => vec![],
    }
}
