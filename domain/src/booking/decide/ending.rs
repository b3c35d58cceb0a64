//! A paid booking that nobody serves ends by itself: nothing is due, the money goes back.

use jiff::Timestamp;

use crate::booking::Booking;
use crate::booking::commands::{Missed, NobodyFound};
use crate::booking::decide::Decision;
use crate::booking::events::BookingEvent;
use crate::booking::windows;

/// No doctor was found in time, or none took over before the visit's own time came. Asked too early, or of a booking
/// that has a doctor or is over, it changes nothing.
pub(super) fn nobody_found(booking: &Booking, wish: &NobodyFound) -> Decision {
    super::present(booking)?;
    let due = is_due(windows::nobody_found_at(booking, &wish.windows), wish.at);
    Ok(due
        .then_some(BookingEvent::NobodyFound { at: wish.at })
        .into_iter()
        .collect())
}

/// A doctor was set and never set out. Asked too early, or of a booking that went on or is over, it changes nothing.
pub(super) fn missed(booking: &Booking, wish: &Missed) -> Decision {
    super::present(booking)?;
    let due = is_due(windows::missed_at(booking, &wish.windows), wish.at);
    let doctor_id = booking.agreement().and_then(|agreement| agreement.doctor_id());
    Ok(doctor_id
        .filter(|_| due)
        .map(|doctor_id| BookingEvent::Missed {
            doctor_id,
            at: wish.at,
        })
        .into_iter()
        .collect())
}

fn is_due(deadline: Option<Timestamp>, at: Timestamp) -> bool {
    deadline.is_some_and(|deadline| deadline <= at)
}
