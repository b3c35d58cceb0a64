//! Money that its booking refused goes back in full: money that came too late for the booking to be revived, and money beside
//! the money that secured it. One rule, registered under two names.

use domain::any_event::AnyEvent;
use domain::booking::events::{BookingEvent, Unwanted};

use crate::intents::Intent;
use crate::processes::{ReceivedEvent, ScheduledIntent};

/// The name under which the process of late money is registered.
pub const LATE: &str = "late_success";
/// The name under which the process of double money is registered.
pub const DOUBLE: &str = "double_payment";

/// What a fact means to the process of late money.
pub fn late(received: ReceivedEvent<'_>) -> Vec<ScheduledIntent> {
    refused(received, Unwanted::TooLate)
}

/// What a fact means to the process of double money.
pub fn double(received: ReceivedEvent<'_>) -> Vec<ScheduledIntent> {
    refused(received, Unwanted::PaidAlready)
}

fn refused(received: ReceivedEvent<'_>, reason: Unwanted) -> Vec<ScheduledIntent> {
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
