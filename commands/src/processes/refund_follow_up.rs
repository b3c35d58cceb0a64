//! A refund is looked at until it is over, and asked for again when it came to nothing: no notice tells of that.

use crate::payments::outward::plan;
use domain::any_event::AnyEvent;
use domain::payment::events::PaymentEvent;

use crate::intents::Intent;
use crate::processes::{Reaction, Seen};

/// The name under which the process is registered.
pub const NAME: &str = "refund_follow_up";

/// What a fact means to this process.
pub fn react(seen: Seen<'_>) -> Vec<Reaction> {
    let Some(whose) = seen.whose() else {
        return vec![];
    };
    match seen.event {
        AnyEvent::Payment(PaymentEvent::RefundPending { number, at, .. }) => vec![Reaction {
            intent: Intent::LookAtRefund {
                whose,
                number: *number,
                round: 0,
            },
            due_at: seen.plans.tail_look(0, *at),
        }],
        AnyEvent::Payment(PaymentEvent::RefundCancelled { at, .. }) => vec![Reaction {
            intent: Intent::PursuePayment { whose },
            due_at: plan::later(*at, seen.plans.refund_again),
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
