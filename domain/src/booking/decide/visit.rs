//! The visit itself: a doctor is set, sets out, arrives, finishes, or waits in vain.

use jiff::SignedDuration;

use crate::booking::Booking;
use crate::booking::commands::{Assign, Complete, Depart, NoShow, Start, Unassign};
use crate::booking::decide::{Decision, cancel, not_now};
use crate::booking::events::BookingEvent;
use crate::booking::refusal::BookingRefusal;
use crate::policy::cancellation::NO_SHOW_AFTER_MINUTES;

/// A doctor is set for a secured booking.
pub(super) fn assign(booking: &Booking, wish: Assign) -> Decision {
    match booking {
        Booking::Secured(_) if wish.appointment.visit.start() < wish.at => Err(BookingRefusal::InThePast),
        Booking::Secured(_) => Ok(vec![BookingEvent::Assigned {
            appointment: wish.appointment,
            by: wish.by,
            at: wish.at,
        }]),
        Booking::Assigned(agreement) if agreement.appointment.as_ref() == Some(&wish.appointment) => {
            Ok(vec![])
        }
        Booking::Absent
        | Booking::Requested(_)
        | Booking::Assigned(_)
        | Booking::EnRoute(_)
        | Booking::InProgress(_)
        | Booking::Completed(_)
        | Booking::Cancelled(_)
        | Booking::Expired(_)
        | Booking::NoShow(_) => Err(not_now(booking)),
    }
}

/// The doctor is taken off; the booking waits for another one.
pub(super) fn unassign(booking: &Booking, wish: &Unassign) -> Decision {
    match booking {
        Booking::Assigned(agreement) | Booking::EnRoute(agreement) => Ok(agreement
            .doctor_id()
            .map(|doctor_id| BookingEvent::Unassigned {
                doctor_id,
                by: wish.by,
                at: wish.at,
            })
            .into_iter()
            .collect()),
        Booking::Secured(_) => Ok(vec![]),
        Booking::Absent
        | Booking::Requested(_)
        | Booking::InProgress(_)
        | Booking::Completed(_)
        | Booking::Cancelled(_)
        | Booking::Expired(_)
        | Booking::NoShow(_) => Err(not_now(booking)),
    }
}

/// The doctor sets out.
pub(super) fn depart(booking: &Booking, wish: &Depart) -> Decision {
    match booking {
        Booking::Assigned(_) => Ok(vec![BookingEvent::Departed {
            by: wish.by,
            at: wish.at,
        }]),
        Booking::EnRoute(_) => Ok(vec![]),
        Booking::Absent
        | Booking::Requested(_)
        | Booking::Secured(_)
        | Booking::InProgress(_)
        | Booking::Completed(_)
        | Booking::Cancelled(_)
        | Booking::Expired(_)
        | Booking::NoShow(_) => Err(not_now(booking)),
    }
}

/// The visit begins.
pub(super) fn start(booking: &Booking, wish: &Start) -> Decision {
    match booking {
        Booking::EnRoute(_) => Ok(vec![BookingEvent::Started {
            by: wish.by,
            at: wish.at,
        }]),
        Booking::InProgress(_) => Ok(vec![]),
        Booking::Absent
        | Booking::Requested(_)
        | Booking::Secured(_)
        | Booking::Assigned(_)
        | Booking::Completed(_)
        | Booking::Cancelled(_)
        | Booking::Expired(_)
        | Booking::NoShow(_) => Err(not_now(booking)),
    }
}

/// The visit is over; the whole price is due.
pub(super) fn complete(booking: &Booking, wish: &Complete) -> Decision {
    match booking {
        Booking::InProgress(agreement) => Ok(vec![BookingEvent::Completed {
            by: wish.by,
            due: agreement.price,
            at: wish.at,
        }]),
        Booking::Completed(_) => Ok(vec![]),
        Booking::Absent
        | Booking::Requested(_)
        | Booking::Secured(_)
        | Booking::Assigned(_)
        | Booking::EnRoute(_)
        | Booking::Cancelled(_)
        | Booking::Expired(_)
        | Booking::NoShow(_) => Err(not_now(booking)),
    }
}

/// The patient is not there a quarter of an hour after the start.
pub(super) fn no_show(booking: &Booking, wish: &NoShow) -> Decision {
    match booking {
        Booking::Assigned(agreement) | Booking::EnRoute(agreement) => {
            let waited = agreement
                .starts_at()
                .map(|starts_at| wish.at.duration_since(starts_at));
            if waited.is_none_or(|waited| waited < SignedDuration::from_mins(NO_SHOW_AFTER_MINUTES)) {
                return Err(BookingRefusal::TooEarly);
            }
            let fee = cancel::no_show_fee(agreement)?;
            Ok(vec![BookingEvent::NoShow {
                by: wish.by,
                fee,
                at: wish.at,
            }])
        }
        Booking::NoShow(_) => Ok(vec![]),
        Booking::Absent
        | Booking::Requested(_)
        | Booking::Secured(_)
        | Booking::InProgress(_)
        | Booking::Completed(_)
        | Booking::Cancelled(_)
        | Booking::Expired(_) => Err(not_now(booking)),
    }
}
