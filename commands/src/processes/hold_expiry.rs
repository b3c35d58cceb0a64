//! At `pay_by` the booking is asked to expire; a move may have cut it to the new start.

use domain::any_event::AnyEvent;
use domain::booking::events::BookingEvent;
use domain::ids::BookingId;
use jiff::Timestamp;

use crate::context::HOLD_EXPIRY;
use crate::intents::Intent;
use crate::processes::{ReceivedEvent, ScheduledIntent};

/// The name under which the process is registered.
pub const NAME: &str = HOLD_EXPIRY;

/// What a fact means to this process.
pub fn react(received: ReceivedEvent<'_>) -> Vec<ScheduledIntent> {
    match received.event {
        AnyEvent::Booking(BookingEvent::Requested {
            booking_id, pay_by, ..
        }) => {
            vec![expire(*booking_id, *pay_by)]
        }
        // Whether it is paid is not known here: a paid one will not expire.
        AnyEvent::Booking(BookingEvent::Rescheduled { to, .. }) => received
            .booking_id()
            .map(|booking_id| expire(booking_id, to.visit.start()))
            .into_iter()
            .collect(),
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
            | BookingEvent::Arrived { .. }
            | BookingEvent::Missed { .. }
            | BookingEvent::NobodyFound { .. }
            | BookingEvent::Escalated { .. }
            | BookingEvent::ChangeAccepted { .. }
            | BookingEvent::Completed { .. }
            | BookingEvent::NoShow { .. }
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

const fn expire(booking_id: BookingId, due_at: Timestamp) -> ScheduledIntent {
    ScheduledIntent {
        intent: Intent::ExpireBooking { booking_id },
        due_at,
    }
}
