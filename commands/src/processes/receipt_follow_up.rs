//! A receipt is looked at until it is registered, and issued again when it failed; the money does not wait for it.

use crate::retry_schedule;
use domain::any_event::AnyEvent;
use domain::payment::events::PaymentEvent;

use crate::intents::Intent;
use crate::processes::{ReceivedEvent, ScheduledIntent};

/// The name under which the process is registered.
pub const NAME: &str = "receipt_follow_up";

/// What a fact means to this process.
pub fn react(received: ReceivedEvent<'_>) -> Vec<ScheduledIntent> {
    let Some(payment_ref) = received.payment_ref() else {
        return vec![];
    };
    match received.event {
        AnyEvent::Payment(
            PaymentEvent::ReceiptDue {
                number,
                alone: false,
                at,
                ..
            }
            | PaymentEvent::ReceiptRequested { number, at, .. },
        ) => vec![ScheduledIntent {
            intent: Intent::LookAtReceipt {
                payment_ref,
                number: *number,
                round: 0,
            },
            due_at: received.retries.follow_up_at(0, *at),
        }],
        AnyEvent::Payment(PaymentEvent::ReceiptFailed { at, .. }) => vec![ScheduledIntent {
            intent: Intent::PursuePayment { payment_ref },
            due_at: retry_schedule::later(*at, received.retries.receipt_again),
        }],
        _ => vec![],
    }
}
