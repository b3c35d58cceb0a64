//! A refund is looked at until it is over, and asked for again when it came to nothing: no notice tells of that. Then, when
//! the paper it waited for is on its way, and when an operator has dealt with one that nobody answers for, comes the next
//! one's turn.

use crate::retry_schedule;
use domain::any_event::AnyEvent;
use domain::payment::events::PaymentEvent;
use jiff::Timestamp;

use crate::intents::Intent;
use crate::processes::{ReceivedEvent, ScheduledIntent};

/// The name under which the process is registered.
pub const NAME: &str = "refund_follow_up";

/// What a fact means to this process.
pub fn react(received: ReceivedEvent<'_>) -> Vec<ScheduledIntent> {
    let Some(payment_ref) = received.payment_ref() else {
        return vec![];
    };
    let next = |at: &Timestamp| ScheduledIntent {
        intent: Intent::NextRefund { payment_ref },
        due_at: *at,
    };
    match received.event {
        AnyEvent::Payment(PaymentEvent::RefundPending { number, at, .. }) => vec![ScheduledIntent {
            intent: Intent::LookAtRefund {
                payment_ref,
                number: *number,
                round: 0,
            },
            due_at: received.retries.follow_up_at(0, *at),
        }],
        AnyEvent::Payment(PaymentEvent::RefundCancelled { at, .. }) => {
            let pursue = ScheduledIntent {
                intent: Intent::PursuePayment { payment_ref },
                due_at: retry_schedule::later(*at, received.retries.refund_again),
            };
            vec![pursue, next(at)]
        }
        AnyEvent::Payment(
            PaymentEvent::Refunded { at, .. }
            | PaymentEvent::SettlementSet { at, .. }
            | PaymentEvent::ReceiptRequested { at, .. }
            | PaymentEvent::ReceiptRegistered { at, .. }
            | PaymentEvent::ReceiptFailed { at, .. }
            | PaymentEvent::AnomalyResolved { at, .. },
        ) => vec![next(at)],
        _ => vec![],
    }
}
