//! A paid booking that nobody takes further: an operator is told, and later it ends by itself, with nothing due.

use crate::booking::Booking;
use crate::booking::commands::PassDeadline;
use crate::booking::deadline::{self, Deadline};
use crate::booking::decide::Decision;
use crate::booking::events::BookingEvent;

/// What becomes of the booking once its time has come. Asked too early, or of a booking that went on or is over, it
/// changes nothing.
pub(super) fn pass_deadline(booking: &Booking, command: &PassDeadline) -> Decision {
    super::present(booking)?;
    let at = command.at;
    let fact = deadline::passed(booking, &command.windows, at).map(|deadline| match deadline {
        Deadline::Escalation(reason) => BookingEvent::Escalated { reason, at },
        Deadline::NobodyFound => BookingEvent::NobodyFound { at },
        Deadline::Missed(doctor_id) => BookingEvent::Missed { doctor_id, at },
    });
    Ok(fact.into_iter().collect())
}
