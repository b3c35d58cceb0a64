//! A visit that is over, and whose money is taken, earns its doctor a part of it: whichever of the two comes last.

use domain::any_event::AnyEvent;
use domain::booking::events::BookingEvent;
use domain::payment::events::PaymentEvent;

use crate::intents::Intent;
use crate::processes::{ReceivedEvent, ScheduledIntent};

/// The name under which the process is registered.
pub const NAME: &str = "doctor_earnings";

/// What a fact means to this process.
pub fn react(received: ReceivedEvent<'_>) -> Vec<ScheduledIntent> {
    let Some(booking_id) = received.booking_id() else {
        return vec![];
    };
    let due_at =
        match received.event {
            AnyEvent::Booking(BookingEvent::Completed { at, .. })
            | AnyEvent::Payment(PaymentEvent::Captured { at, .. }) => *at,
            AnyEvent::Booking(
                BookingEvent::NoShow { fee, at, .. } | BookingEvent::Cancelled { fee, at, .. },
            ) if fee.is_positive() => *at,
            _ => return vec![],
        };
    vec![ScheduledIntent {
        intent: Intent::EarnVisit { booking_id },
        due_at,
    }]
}
