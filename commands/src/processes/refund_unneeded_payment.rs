//! What late and double money have in common: money that its booking refused goes back in full.

use domain::any_event::AnyEvent;
use domain::booking::events::{BookingEvent, Unwanted};

use crate::intents::Intent;
use crate::processes::{ReceivedEvent, ScheduledIntent};

/// The way back for money that was refused for this very reason; other facts mean nothing here.
pub(super) fn goes_back(received: ReceivedEvent<'_>, reason: Unwanted) -> Vec<ScheduledIntent> {
    match received.event {
        AnyEvent::Booking(BookingEvent::LatePaymentRefused {
            payment_id,
            because,
            at,
        }) if *because == reason => {
            let Some(booking_id) = received.booking_id() else {
                return vec![];
            };
            vec![ScheduledIntent {
                intent: Intent::ReturnMoney {
                    booking_id,
                    payment_id: *payment_id,
                },
                due_at: *at,
            }]
        }
        AnyEvent::Booking(
            BookingEvent::LatePaymentRefused { .. }
            | BookingEvent::Requested { .. }
            | BookingEvent::PaymentStarted { .. }
            | BookingEvent::Secured { .. }
            | BookingEvent::Expired { .. }
            | BookingEvent::Revived { .. }
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
