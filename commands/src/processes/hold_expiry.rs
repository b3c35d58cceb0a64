//! At `pay_by` the booking is asked to expire.

use domain::any_event::AnyEvent;
use domain::booking::events::BookingEvent;

use crate::intents::Intent;
use crate::processes::{Reaction, Seen};

/// The name under which the process is registered.
pub const NAME: &str = "hold_expiry";

/// What a fact means to this process.
pub fn react(seen: Seen<'_>) -> Vec<Reaction> {
    match seen.event {
        AnyEvent::Booking(BookingEvent::Requested {
            booking_id, pay_by, ..
        }) => {
            vec![Reaction {
                intent: Intent::ExpireBooking {
                    booking_id: *booking_id,
                },
                due_at: *pay_by,
            }]
        }
        AnyEvent::Booking(
            BookingEvent::PaymentStarted { .. }
            | BookingEvent::Secured { .. }
            | BookingEvent::Expired { .. }
            | BookingEvent::Revived { .. }
            | BookingEvent::LatePaymentRefused { .. }
            | BookingEvent::Assigned { .. }
            | BookingEvent::Unassigned { .. }
            | BookingEvent::Departed { .. }
            | BookingEvent::Started { .. }
            | BookingEvent::Completed { .. }
            | BookingEvent::NoShow { .. }
            | BookingEvent::Rescheduled { .. }
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
