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
        AnyEvent::Payment(
            PaymentEvent::Started { .. }
            | PaymentEvent::DepositStarted { .. }
            | PaymentEvent::Pending { .. }
            | PaymentEvent::OutcomeUnknown { .. }
            | PaymentEvent::Authorised { .. }
            | PaymentEvent::Captured { .. }
            | PaymentEvent::Cancelled { .. }
            | PaymentEvent::Failed { .. }
            | PaymentEvent::Refunded { .. }
            | PaymentEvent::ReactionRefused { .. }
            | PaymentEvent::ReactionGivenUp { .. }
            | PaymentEvent::Routed { .. }
            | PaymentEvent::LinkOffered { .. }
            | PaymentEvent::CallIntended { .. }
            | PaymentEvent::CallRefused { .. }
            | PaymentEvent::CaptureRequested { .. }
            | PaymentEvent::CancelRequested { .. }
            | PaymentEvent::GivenUp { .. }
            | PaymentEvent::SettlementSet { .. }
            | PaymentEvent::RefundRequested { .. }
            | PaymentEvent::RefundPending { .. }
            | PaymentEvent::RefundCancelled { .. }
            | PaymentEvent::IncomeKnown { .. }
            | PaymentEvent::ReceiptDue { .. }
            | PaymentEvent::ReceiptRequested { .. }
            | PaymentEvent::ReceiptRegistered { .. }
            | PaymentEvent::ReceiptFailed { .. }
            | PaymentEvent::AnomalyRecorded { .. }
            | PaymentEvent::AnomalyResolved { .. },
        )
        | AnyEvent::Booking(_)
        | AnyEvent::DoctorDay(_)
        | AnyEvent::Wallet(_)
        | AnyEvent::Payout(_)
        | AnyEvent::PriceList(_) => vec![],
    }
}
