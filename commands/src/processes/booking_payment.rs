//! An authorised or captured payment secures its booking; a failed one leaves it to `pay_by`.

use domain::any_event::AnyEvent;
use domain::payment::events::PaymentEvent;

use crate::intents::Intent;
use crate::processes::{ReceivedEvent, ScheduledIntent};

/// The name under which the process is registered.
pub const NAME: &str = "booking_payment";

/// What a fact means to this process.
pub fn react(received: ReceivedEvent<'_>) -> Vec<ScheduledIntent> {
    match received.event {
        AnyEvent::Payment(PaymentEvent::Authorised { at, .. } | PaymentEvent::Captured { at, .. }) => {
            let Some(payment_ref) = received.payment_ref() else {
                return vec![];
            };
            vec![ScheduledIntent {
                intent: Intent::ApplyPayment { payment_ref },
                due_at: *at,
            }]
        }
        AnyEvent::Payment(
            PaymentEvent::Started { .. }
            | PaymentEvent::DepositStarted { .. }
            | PaymentEvent::Pending { .. }
            | PaymentEvent::OutcomeUnknown { .. }
            | PaymentEvent::Cancelled { .. }
            | PaymentEvent::Failed { .. }
            | PaymentEvent::Refunded { .. }
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
            | PaymentEvent::AnomalyResolved { .. }
            | PaymentEvent::ReactionRefused { .. }
            | PaymentEvent::ReactionGivenUp { .. },
        )
        | AnyEvent::Booking(_)
        | AnyEvent::DoctorDay(_)
        | AnyEvent::Wallet(_)
        | AnyEvent::Payout(_)
        | AnyEvent::PriceList(_) => vec![],
    }
}
