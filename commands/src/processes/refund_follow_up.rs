//! A refund is looked at until it is over, and asked for again when it came to nothing: no notice tells of that. Then, when
//! the paper it waited for is on its way, and when an operator has dealt with one that nobody answers for, comes the next
//! one's turn.

use crate::payments::outward::plan;
use domain::any_event::AnyEvent;
use domain::payment::events::PaymentEvent;
use jiff::Timestamp;

use crate::intents::Intent;
use crate::processes::{Reaction, Seen};

/// The name under which the process is registered.
pub const NAME: &str = "refund_follow_up";

/// What a fact means to this process.
pub fn react(seen: Seen<'_>) -> Vec<Reaction> {
    let Some(whose) = seen.whose() else {
        return vec![];
    };
    let next = |at: &Timestamp| Reaction {
        intent: Intent::NextRefund { whose },
        due_at: *at,
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
        AnyEvent::Payment(PaymentEvent::RefundCancelled { at, .. }) => {
            let pursue = Reaction {
                intent: Intent::PursuePayment { whose },
                due_at: plan::later(*at, seen.plans.refund_again),
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
        AnyEvent::Payment(
            PaymentEvent::Started { .. }
            | PaymentEvent::DepositStarted { .. }
            | PaymentEvent::Pending { .. }
            | PaymentEvent::OutcomeUnknown { .. }
            | PaymentEvent::Authorised { .. }
            | PaymentEvent::Captured { .. }
            | PaymentEvent::Cancelled { .. }
            | PaymentEvent::Failed { .. }
            | PaymentEvent::ReactionRefused { .. }
            | PaymentEvent::ReactionGivenUp { .. }
            | PaymentEvent::Routed { .. }
            | PaymentEvent::LinkOffered { .. }
            | PaymentEvent::CallIntended { .. }
            | PaymentEvent::CallRefused { .. }
            | PaymentEvent::CaptureRequested { .. }
            | PaymentEvent::CancelRequested { .. }
            | PaymentEvent::GivenUp { .. }
            | PaymentEvent::RefundRequested { .. }
            | PaymentEvent::IncomeKnown { .. }
            | PaymentEvent::ReceiptDue { .. }
            | PaymentEvent::AnomalyRecorded { .. },
        )
        | AnyEvent::Booking(_)
        | AnyEvent::DoctorDay(_)
        | AnyEvent::Wallet(_)
        | AnyEvent::Payout(_)
        | AnyEvent::PriceList(_) => vec![],
    }
}
