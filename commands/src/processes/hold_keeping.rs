//! A hold that ends while its visit is still ahead is captured before it does.

use crate::payments::outward::plan;
use domain::any_event::AnyEvent;
use domain::payment::events::PaymentEvent;

use crate::intents::Intent;
use crate::processes::{Reaction, Seen};

/// The name under which the process is registered.
pub const NAME: &str = "hold_keeping";

/// What a fact means to this process.
pub fn react(seen: Seen<'_>) -> Vec<Reaction> {
    let Some(whose) = seen.whose() else {
        return vec![];
    };
    match seen.event {
        AnyEvent::Payment(PaymentEvent::Authorised {
            expires_at: Some(expires_at),
            ..
        }) => vec![Reaction {
            intent: Intent::KeepHold { whose },
            due_at: plan::earlier(*expires_at, seen.plans.before_expiry),
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
