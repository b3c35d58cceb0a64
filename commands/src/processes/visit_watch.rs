//! A paid booking that nobody serves is asked to end: one that found no doctor, and one whose doctor never set out.
//!
//! The facts say from when on it makes sense to ask. When exactly a booking ends stands in its own state and in the windows
//! in force: asked too early, it says when to ask again, and asked in vain, it says nothing.

use domain::any_event::AnyEvent;
use domain::booking::events::{Appointment, BookingEvent};
use jiff::{SignedDuration, Timestamp};

use crate::intents::Intent;
use crate::processes::{Reaction, Seen};

/// The name under which the process is registered.
pub const NAME: &str = "visit_watch";

/// How long after it was secured a booking is first asked whether it has found a doctor: most have by then, and are not
/// asked again.
const FIRST_ASKED_AFTER_MINUTES: i64 = 10;

/// What a fact means to this process.
pub fn react(seen: Seen<'_>) -> Vec<Reaction> {
    match seen.event {
        AnyEvent::Booking(BookingEvent::Secured { at, .. } | BookingEvent::Revived { at, .. }) => {
            let first = SignedDuration::from_mins(FIRST_ASKED_AFTER_MINUTES);
            nobody_found(seen, at.checked_add(first).unwrap_or(Timestamp::MAX))
        }
        AnyEvent::Booking(BookingEvent::Unassigned { at, .. }) => nobody_found(seen, *at),
        AnyEvent::Booking(
            BookingEvent::Assigned { appointment, .. } | BookingEvent::Rescheduled { to: appointment, .. },
        ) => missed(seen, appointment),
        AnyEvent::Booking(
            BookingEvent::Requested { .. }
            | BookingEvent::PaymentStarted { .. }
            | BookingEvent::Expired { .. }
            | BookingEvent::LatePaymentRefused { .. }
            | BookingEvent::Departed { .. }
            | BookingEvent::Arrived { .. }
            | BookingEvent::Started { .. }
            | BookingEvent::Completed { .. }
            | BookingEvent::NoShow { .. }
            | BookingEvent::Missed { .. }
            | BookingEvent::NobodyFound { .. }
            | BookingEvent::ChangeAccepted { .. }
            | BookingEvent::Cancelled { .. }
            | BookingEvent::Earned { .. }
            | BookingEvent::ReactionRefused { .. }
            | BookingEvent::ReactionGivenUp { .. },
        )
        | AnyEvent::DoctorDay(_)
        | AnyEvent::Payment(_)
        | AnyEvent::Wallet(_)
        | AnyEvent::Payout(_)
        | AnyEvent::PriceList(_) => vec![],
    }
}

fn nobody_found(seen: Seen<'_>, due_at: Timestamp) -> Vec<Reaction> {
    let intent = seen
        .booking_id()
        .map(|booking_id| Intent::NobodyFound { booking_id });
    intent
        .map(|intent| Reaction { intent, due_at })
        .into_iter()
        .collect()
}

fn missed(seen: Seen<'_>, appointment: &Appointment) -> Vec<Reaction> {
    let intent = seen
        .booking_id()
        .map(|booking_id| Intent::BookingMissed { booking_id });
    let due_at = appointment.visit.end();
    intent
        .map(|intent| Reaction { intent, due_at })
        .into_iter()
        .collect()
}
