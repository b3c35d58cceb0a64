//! A paid booking that nobody takes further is brought before an operator, and later asked to end.
//!
//! The facts say from when on it makes sense to ask. When exactly something becomes of a booking stands in its own state
//! and in the windows it was booked under: asked too early, it says when to ask again.

use domain::any_event::AnyEvent;
use domain::booking::events::BookingEvent;
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
    let Some(booking_id) = received.booking_id() else {
        return vec![];
    };
    let (intent, due_at) = match received.event {
        AnyEvent::Booking(BookingEvent::Secured { at, .. } | BookingEvent::Revived { at, .. }) => {
            let first = SignedDuration::from_mins(FIRST_ASKED_AFTER_MINUTES);
            let due_at = at.checked_add(first).unwrap_or(Timestamp::MAX);
            (Intent::WatchSearch { booking_id }, due_at)
        }
        AnyEvent::Booking(BookingEvent::Unassigned { at, .. }) => (Intent::WatchSearch { booking_id }, *at),
        AnyEvent::Booking(
            BookingEvent::Assigned { appointment, .. } | BookingEvent::Rescheduled { to: appointment, .. },
        ) => (Intent::WatchVisit { booking_id }, appointment.visit.end()),
        _ => return vec![],
    };
    vec![ScheduledIntent { intent, due_at }]
}
