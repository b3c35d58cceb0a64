//! At `pay_by` the booking is asked to expire; a move may have cut it to the new start.

use domain::any_event::AnyEvent;
use domain::booking::events::BookingEvent;

use crate::context::HOLD_EXPIRY;
use crate::intents::Intent;
use crate::processes::{ReceivedEvent, ScheduledIntent};

/// The name under which the process is registered.
pub const NAME: &str = HOLD_EXPIRY;

/// What a fact means to this process.
pub fn react(received: ReceivedEvent<'_>) -> Vec<ScheduledIntent> {
    let Some(booking_id) = received.booking_id() else {
        return vec![];
    };
    let due_at = match received.event {
        AnyEvent::Booking(BookingEvent::Requested { pay_by, .. }) => *pay_by,
        // Whether it is paid is not known here: a paid one will not expire.
        AnyEvent::Booking(BookingEvent::Rescheduled { to, .. }) => to.visit.start(),
        _ => return vec![],
    };
    vec![ScheduledIntent {
        intent: Intent::ExpireBooking { booking_id },
        due_at,
    }]
}
