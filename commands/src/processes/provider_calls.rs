//! What a payment wants of its provider is asked of it: begun, captured, given up, given back, receipted.

use domain::any_event::AnyEvent;
use domain::payment::events::PaymentEvent;
use domain::payment::provider::Call;

use crate::intents::Intent;
use crate::processes::{ReceivedEvent, ScheduledIntent};

/// The name under which the process is registered.
pub const NAME: &str = "provider_calls";

/// What a fact means to this process.
pub fn react(received: ReceivedEvent<'_>) -> Vec<ScheduledIntent> {
    let Some(payment_ref) = received.payment_ref() else {
        return vec![];
    };
    let (call, due_at) = match received.event {
        AnyEvent::Payment(PaymentEvent::Routed { at, .. }) => (Call::Create, at),
        AnyEvent::Payment(PaymentEvent::CaptureRequested { at, .. }) => (Call::Capture, at),
        AnyEvent::Payment(PaymentEvent::CancelRequested { at }) => (Call::Cancel, at),
        AnyEvent::Payment(PaymentEvent::RefundRequested { number, at, .. }) => {
            (Call::Refund { number: *number }, at)
        }
        AnyEvent::Payment(PaymentEvent::ReceiptDue {
            number,
            alone: true,
            at,
            ..
        }) => (Call::Receipt { number: *number }, at),
        _ => return vec![],
    };
    let intent = Intent::CallProvider { payment_ref, call };
    vec![ScheduledIntent {
        intent,
        due_at: *due_at,
    }]
}
