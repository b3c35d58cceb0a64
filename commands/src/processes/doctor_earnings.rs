//! A visit that is over, and whose money is taken, earns its doctor a part of it: whichever of the two comes last.

use domain::any_event::AnyEvent;
use domain::booking::events::BookingEvent;
use domain::payment::events::PaymentEvent;
use jiff::Timestamp;

use crate::intents::Intent;
use crate::processes::{ReceivedEvent, ScheduledIntent};

/// The name under which the process is registered.
pub const NAME: &str = "doctor_earnings";

/// What a fact means to this process.
pub fn react(received: ReceivedEvent<'_>) -> Vec<ScheduledIntent> {
    let due_at = match received.event {
        AnyEvent::Booking(fact) => owed_from(fact),
        AnyEvent::Payment(fact) => taken_at(fact),
        AnyEvent::DoctorDay(_) | AnyEvent::Wallet(_) | AnyEvent::Payout(_) | AnyEvent::PriceList(_) => None,
    };
    let Some((booking_id, due_at)) = received.booking_id().zip(due_at) else {
        return vec![];
    };
    vec![ScheduledIntent {
        intent: Intent::EarnVisit { booking_id },
        due_at,
    }]
}

/// When the patient came to owe something for the visit.
fn owed_from(fact: &BookingEvent) -> Option<Timestamp> {
    match fact {
        BookingEvent::Completed { at, .. } => Some(*at),
        BookingEvent::NoShow { fee, at, .. } | BookingEvent::Cancelled { fee, at, .. }
            if fee.is_positive() =>
        {
            Some(*at)
        }
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
        | BookingEvent::Arrived { .. }
        | BookingEvent::Missed { .. }
        | BookingEvent::NobodyFound { .. }
        | BookingEvent::Escalated { .. }
        | BookingEvent::ChangeAccepted { .. }
        | BookingEvent::Rescheduled { .. }
        | BookingEvent::Earned { .. }
        | BookingEvent::ReactionRefused { .. }
        | BookingEvent::ReactionGivenUp { .. } => None,
    }
}

/// When money was taken.
const fn taken_at(fact: &PaymentEvent) -> Option<Timestamp> {
    if let PaymentEvent::Captured { at, .. } = fact {
        Some(*at)
    } else {
        None
    }
}
