//! Money beside the money that secured the booking goes back in full.

use domain::any_event::AnyEvent;
use domain::booking::events::{BookingEvent, Unwanted};

use crate::intents::Intent;
use crate::processes::{Reaction, Seen};

/// The name under which the process is registered.
pub const NAME: &str = "double_payment";

/// What a fact means to this process.
pub fn react(seen: Seen<'_>) -> Vec<Reaction> {
    match seen.event {
        AnyEvent::Booking(BookingEvent::LatePaymentRefused {
            payment_id,
            because: Unwanted::PaidAlready,
            at,
        }) => {
            let Some(booking_id) = seen.booking_id() else {
                return vec![];
            };
            vec![Reaction {
                intent: Intent::ReturnMoney {
                    booking_id,
                    payment_id: *payment_id,
                },
                due_at: *at,
            }]
        }
        AnyEvent::Booking(
            BookingEvent::Requested { .. }
            | BookingEvent::LatePaymentRefused {
                because: Unwanted::TooLate,
                ..
            }
            | BookingEvent::PaymentStarted { .. }
            | BookingEvent::Secured { .. }
            | BookingEvent::Expired { .. }
            | BookingEvent::Revived { .. }
            | BookingEvent::Assigned { .. }
            | BookingEvent::Unassigned { .. }
            | BookingEvent::Departed { .. }
            | BookingEvent::Started { .. }
            | BookingEvent::Completed { .. }
            | BookingEvent::NoShow { .. }
            | BookingEvent::Rescheduled { .. }
            | BookingEvent::Cancelled { .. }
            | BookingEvent::ReactionRefused { .. }
            | BookingEvent::ReactionGivenUp { .. },
        )
        | AnyEvent::DoctorDay(_)
        | AnyEvent::Payment(_)
        | AnyEvent::Wallet(_) => vec![],
    }
}
