//! A payment the provider knows is looked at until it is over there: no notice is relied upon.

use crate::payments::outward::plan;
use domain::any_event::AnyEvent;
use domain::payment::events::PaymentEvent;

use crate::intents::Intent;
use crate::processes::{Reaction, Seen};

/// The name under which the process is registered.
pub const NAME: &str = "payment_watch";

/// What a fact means to this process.
pub fn react(seen: Seen<'_>) -> Vec<Reaction> {
    let Some(whose) = seen.whose() else {
        return vec![];
    };
    let due_at = match seen.event {
        AnyEvent::Payment(PaymentEvent::Pending { at, .. }) => seen.plans.payment_look(0, *at),
        AnyEvent::Payment(PaymentEvent::Authorised {
            expires_at: Some(expires_at),
            ..
        }) => plan::later(*expires_at, seen.plans.after_expiry),
        AnyEvent::Payment(
            PaymentEvent::Started { .. }
            | PaymentEvent::DepositStarted { .. }
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
        | AnyEvent::PriceList(_) => return vec![],
    };
    let intent = Intent::LookAtPayment { whose, round: 0 };
    vec![Reaction { intent, due_at }]
}
