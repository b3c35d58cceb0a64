//! A visit that is completed, called off, missed or never found a doctor captures what is due (price, fee or nothing)
//! and frees the rest.

use domain::any_event::AnyEvent;
use domain::booking::events::BookingEvent;
use domain::money::Money;

use crate::intents::Intent;
use crate::processes::{ReceivedEvent, ScheduledIntent};

/// The name under which the process is registered.
pub const NAME: &str = "settlement";

/// What a fact means to this process.
pub fn react(received: ReceivedEvent<'_>) -> Vec<ScheduledIntent> {
    let Some(booking_id) = received.booking_id() else {
        return vec![];
    };
    let (due, due_at) = match received.event {
        AnyEvent::Booking(BookingEvent::Completed { due, at, .. }) => (*due, *at),
        AnyEvent::Booking(BookingEvent::NoShow { fee, at, .. } | BookingEvent::Cancelled { fee, at, .. }) => {
            (*fee, *at)
        }
        AnyEvent::Booking(BookingEvent::Missed { at, .. } | BookingEvent::NobodyFound { at }) => {
            (Money::ZERO, *at)
        }
        _ => return vec![],
    };
    vec![ScheduledIntent {
        intent: Intent::SettleBooking { booking_id, due },
        due_at,
    }]
}
