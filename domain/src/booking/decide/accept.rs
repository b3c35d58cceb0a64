//! The patient accepts what others changed: from here on the visit is again as agreed, and so is what it costs.

use crate::booking::Booking;
use crate::booking::commands::AcceptChange;
use crate::booking::decide::{Decision, not_now};
use crate::booking::events::BookingEvent;

/// The present doctor and time become what the patient agreed to; nothing happens when they are that already, or while
/// there is no doctor to agree to.
pub(super) fn accept_change(booking: &Booking, command: &AcceptChange) -> Decision {
    match booking {
        Booking::Secured(agreement) | Booking::Assigned(agreement) | Booking::EnRoute(agreement) => {
            Ok(agreement
                .change_to_accept()
                .map(|appointment| BookingEvent::ChangeAccepted {
                    appointment: appointment.clone(),
                    by: command.by,
                    at: command.at,
                })
                .into_iter()
                .collect())
        }
        Booking::Absent
        | Booking::Requested(_)
        | Booking::Arrived(_)
        | Booking::InProgress(_)
        | Booking::Completed(_)
        | Booking::Cancelled(_)
        | Booking::Expired(_)
        | Booking::NoShow(_)
        | Booking::Missed(_) => Err(not_now(booking)),
    }
}
