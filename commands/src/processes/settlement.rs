//! A visit that is completed, called off, missed or never found a doctor captures what is due (price, fee or nothing)
//! and frees the rest.

use domain::any_event::AnyEvent;
use domain::booking::events::BookingEvent;
use domain::money::Money;
use jiff::Timestamp;

use crate::intents::Intent;
use crate::processes::{ReceivedEvent, ScheduledIntent};

/// The name under which the process is registered.
pub const NAME: &str = "settlement";

/// What a fact means to this process.
pub fn react(received: ReceivedEvent<'_>) -> Vec<ScheduledIntent> {
    match received.event {
        AnyEvent::Booking(BookingEvent::Completed { due, at, .. }) => settle(received, *due, *at),
        AnyEvent::Booking(BookingEvent::NoShow { fee, at, .. } | BookingEvent::Cancelled { fee, at, .. }) => {
            settle(received, *fee, *at)
        }
        AnyEvent::Booking(BookingEvent::Missed { at, .. } | BookingEvent::NobodyFound { at }) => {
            settle(received, Money::ZERO, *at)
        }
        AnyEvent::Booking(
            BookingEvent::Requested { .. }
            | BookingEvent::PaymentStarted { .. }
            | BookingEvent::Secured { .. }
            | BookingEvent::Expired { .. }
            | BookingEvent::Revived { .. }
            | BookingEvent::LatePaymentRefused { .. }
            | BookingEvent::Assigned { .. }
            | BookingEvent::Unassigned { .. }
            | BookingEvent::Departed { .. }
            | BookingEvent::Arrived { .. }
            | BookingEvent::Started { .. }
            | BookingEvent::ChangeAccepted { .. }
            | BookingEvent::Escalated { .. }
            | BookingEvent::Rescheduled { .. }
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

fn settle(received: ReceivedEvent<'_>, due: Money, due_at: Timestamp) -> Vec<ScheduledIntent> {
    let intent = received
        .booking_id()
        .map(|booking_id| Intent::SettleBooking { booking_id, due });
    intent
        .map(|intent| ScheduledIntent { intent, due_at })
        .into_iter()
        .collect()
}
