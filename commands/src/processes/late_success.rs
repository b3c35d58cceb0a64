//! Money that came too late for its booking to be revived goes back in full.

use domain::any_event::AnyEvent;
use domain::booking::events::{BookingEvent, Unwanted};

use crate::intents::Intent;
use crate::processes::{ReceivedEvent, ScheduledIntent};

/// The name under which the process is registered.
pub const NAME: &str = "late_success";

/// What a fact means to this process.
pub fn react(received: ReceivedEvent<'_>) -> Vec<ScheduledIntent> {
    give_back(received, Unwanted::TooLate)
}

/// Gives back money that its booking refused for this reason; each reason has a process of its own.
pub(super) fn give_back(received: ReceivedEvent<'_>, reason: Unwanted) -> Vec<ScheduledIntent> {
    let Some(booking_id) = received.booking_id() else {
        return vec![];
    };
    match received.event {
        AnyEvent::Booking(BookingEvent::LatePaymentRefused {
            payment_id,
            because,
            at,
        }) if *because == reason => vec![ScheduledIntent {
            intent: Intent::ReturnMoney {
                booking_id,
                payment_id: *payment_id,
            },
            due_at: *at,
        }],
        _ => vec![],
    }
}
