//! A visit that is over, and whose money is taken, earns its doctor a part of it: whichever of the two comes last.

use domain::any_event::AnyEvent;
use domain::booking::events::BookingEvent;
use domain::payment::events::PaymentEvent;

use crate::intents::Intent;
use crate::processes::{Reaction, Seen};

/// The name under which the process is registered.
pub const NAME: &str = "doctor_earnings";

/// What a fact means to this process.
pub fn react(seen: Seen<'_>) -> Vec<Reaction> {
    let due_at =
        match seen.event {
            AnyEvent::Booking(BookingEvent::Completed { at, .. })
            | AnyEvent::Payment(PaymentEvent::Captured { at, .. }) => *at,
            AnyEvent::Booking(
                BookingEvent::NoShow { fee, at, .. } | BookingEvent::Cancelled { fee, at, .. },
            ) if fee.is_positive() => *at,
            AnyEvent::Booking(
                BookingEvent::NoShow { .. }
                | BookingEvent::Cancelled { .. }
                | BookingEvent::Requested { .. }
                | BookingEvent::PaymentStarted { .. }
                | BookingEvent::Secured { .. }
                | BookingEvent::Expired { .. }
                | BookingEvent::Revived { .. }
                | BookingEvent::LatePaymentRefused { .. }
                | BookingEvent::Assigned { .. }
                | BookingEvent::Unassigned { .. }
                | BookingEvent::Departed { .. }
                | BookingEvent::Started { .. }
                | BookingEvent::Rescheduled { .. }
                | BookingEvent::Earned { .. }
                | BookingEvent::ReactionRefused { .. }
                | BookingEvent::ReactionGivenUp { .. },
            )
            | AnyEvent::Payment(
                PaymentEvent::Started { .. }
                | PaymentEvent::DepositStarted { .. }
                | PaymentEvent::Pending { .. }
                | PaymentEvent::OutcomeUnknown { .. }
                | PaymentEvent::Authorised { .. }
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
            | AnyEvent::DoctorDay(_)
            | AnyEvent::Wallet(_)
            | AnyEvent::Payout(_)
            | AnyEvent::PriceList(_) => return vec![],
        };
    let intent = seen
        .booking_id()
        .map(|booking_id| Intent::EarnVisit { booking_id });
    intent
        .map(|intent| Reaction { intent, due_at })
        .into_iter()
        .collect()
}
