//! A paid booking that nobody takes further is brought before an operator, and later asked to end.
//!
//! The facts say from when on it makes sense to ask. When exactly something becomes of a booking stands in its own state
//! and in the windows it was booked under: asked too early, it says when to ask again.

use domain::any_event::AnyEvent;
use domain::booking::events::{Appointment, BookingEvent};
use jiff::{SignedDuration, Timestamp};

use crate::intents::Intent;
use crate::processes::{ReceivedEvent, ScheduledIntent};

/// The name under which the process is registered.
pub const NAME: &str = "visit_watch";

/// How long after it was secured a booking is first asked whether it has found a doctor: most have by then, and are not
/// asked again, and for the others an operator is told.
const FIRST_ASKED_AFTER_MINUTES: i64 = 10;

/// What a fact means to this process.
pub fn react(received: ReceivedEvent<'_>) -> Vec<ScheduledIntent> {
    match received.event {
        AnyEvent::Booking(BookingEvent::Secured { at, .. } | BookingEvent::Revived { at, .. }) => {
            let first = SignedDuration::from_mins(FIRST_ASKED_AFTER_MINUTES);
            search(received, at.checked_add(first).unwrap_or(Timestamp::MAX))
        }
        AnyEvent::Booking(BookingEvent::Unassigned { at, .. }) => search(received, *at),
        AnyEvent::Booking(
            BookingEvent::Assigned { appointment, .. } | BookingEvent::Rescheduled { to: appointment, .. },
        ) => visit(received, appointment),
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
            | BookingEvent::Escalated { .. }
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

fn search(received: ReceivedEvent<'_>, due_at: Timestamp) -> Vec<ScheduledIntent> {
    received
        .booking_id()
        .map(|booking_id| ScheduledIntent {
            intent: Intent::WatchSearch { booking_id },
            due_at,
        })
        .into_iter()
        .collect()
}

fn visit(received: ReceivedEvent<'_>, appointment: &Appointment) -> Vec<ScheduledIntent> {
    received
        .booking_id()
        .map(|booking_id| ScheduledIntent {
            intent: Intent::WatchVisit { booking_id },
            due_at: appointment.visit.end(),
        })
        .into_iter()
        .collect()
}
