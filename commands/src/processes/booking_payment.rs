//! An authorised or captured payment secures its booking; a failed one leaves it to `pay_by`.

use domain::any_event::AnyEvent;
use domain::payment::events::PaymentEvent;

use crate::intents::Intent;
use crate::processes::{ReceivedEvent, ScheduledIntent};

/// The name under which the process is registered.
pub const NAME: &str = "booking_payment";

/// What a fact means to this process.
pub fn react(received: ReceivedEvent<'_>) -> Vec<ScheduledIntent> {
    let Some(payment_ref) = received.payment_ref() else {
        return vec![];
    };
    match received.event {
        AnyEvent::Payment(PaymentEvent::Authorised { at, .. } | PaymentEvent::Captured { at, .. }) => {
            vec![ScheduledIntent {
                intent: Intent::ApplyPayment { payment_ref },
                due_at: *at,
            }]
        }
        _ => vec![],
    }
}
