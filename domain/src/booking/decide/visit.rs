//! The visit itself: a doctor is set, sets out, arrives, finishes, or waits in vain; each step in its time.

use crate::booking::commands::{Arrive, Assign, Complete, Depart, NoShow, Start, Unassign};
use crate::booking::decide::{Decision, cancel, not_now};
use crate::booking::events::{BookingEvent, CallType};
use crate::booking::refusal::BookingRefusal;
use crate::booking::windows::{StepWindows, Window};
use crate::booking::{Agreement, Booking};
use crate::policy::visit::VisitWindows;

/// A doctor is set for a secured booking.
pub(super) fn assign(booking: &Booking, command: Assign) -> Decision {
    match booking {
        Booking::Secured(_) if command.appointment.visit.start() < command.at => {
            Err(BookingRefusal::InThePast)
        }
        Booking::Secured(_) => Ok(vec![BookingEvent::Assigned {
            appointment: command.appointment,
            by: command.by,
            at: command.at,
        }]),
        Booking::Assigned(agreement) if agreement.appointment.as_ref() == Some(&command.appointment) => {
            Ok(vec![])
        }
        Booking::Absent
        | Booking::Requested(_)
        | Booking::Assigned(_)
        | Booking::EnRoute(_)
        | Booking::Arrived(_)
        | Booking::InProgress(_)
        | Booking::Completed(_)
        | Booking::Cancelled(_)
        | Booking::Expired(_)
        | Booking::NoShow(_)
        | Booking::Missed(_) => Err(not_now(booking)),
    }
}

/// The doctor is taken off; the booking waits for another one.
pub(super) fn unassign(booking: &Booking, command: &Unassign) -> Decision {
    match booking {
        Booking::Assigned(agreement) | Booking::EnRoute(agreement) | Booking::Arrived(agreement) => {
            Ok(agreement
                .doctor_id()
                .map(|doctor_id| BookingEvent::Unassigned {
                    doctor_id,
                    by: command.by,
                    at: command.at,
                })
                .into_iter()
                .collect())
        }
        Booking::Secured(_) => Ok(vec![]),
        Booking::Absent
        | Booking::Requested(_)
        | Booking::InProgress(_)
        | Booking::Completed(_)
        | Booking::Cancelled(_)
        | Booking::Expired(_)
        | Booking::NoShow(_)
        | Booking::Missed(_) => Err(not_now(booking)),
    }
}

/// The doctor sets out; to a consultation nobody does.
pub(super) fn depart(booking: &Booking, command: &Depart) -> Decision {
    match booking {
        Booking::Assigned(agreement) => {
            let window = window(booking, agreement, &command.windows, |steps| steps.depart)?;
            window.admit(command.at)?;
            Ok(vec![BookingEvent::Departed {
                by: command.by,
                at: command.at,
            }])
        }
        Booking::EnRoute(_) => Ok(vec![]),
        Booking::Absent
        | Booking::Requested(_)
        | Booking::Secured(_)
        | Booking::Arrived(_)
        | Booking::InProgress(_)
        | Booking::Completed(_)
        | Booking::Cancelled(_)
        | Booking::Expired(_)
        | Booking::NoShow(_)
        | Booking::Missed(_) => Err(not_now(booking)),
    }
}

/// The doctor is at the door after a journey, or in the room of a consultation.
pub(super) fn arrive(booking: &Booking, command: &Arrive) -> Decision {
    match booking {
        Booking::Assigned(agreement) if agreement.call_type != CallType::Consultation => {
            Err(not_now(booking))
        }
        Booking::Assigned(agreement) | Booking::EnRoute(agreement) => {
            let window = window(booking, agreement, &command.windows, |steps| steps.arrive)?;
            window.admit(command.at)?;
            Ok(vec![BookingEvent::Arrived {
                by: command.by,
                at: command.at,
            }])
        }
        Booking::Arrived(_) => Ok(vec![]),
        Booking::Absent
        | Booking::Requested(_)
        | Booking::Secured(_)
        | Booking::InProgress(_)
        | Booking::Completed(_)
        | Booking::Cancelled(_)
        | Booking::Expired(_)
        | Booking::NoShow(_)
        | Booking::Missed(_) => Err(not_now(booking)),
    }
}

/// The visit begins. Who starts it from the road has arrived.
pub(super) fn start(booking: &Booking, command: &Start) -> Decision {
    let (by, at) = (command.by, command.at);
    match booking {
        Booking::EnRoute(agreement) | Booking::Arrived(agreement) => {
            window(booking, agreement, &command.windows, |steps| steps.start)?.admit(at)?;
            let arrived = matches!(booking, Booking::EnRoute(_)).then_some(BookingEvent::Arrived { by, at });
            let started = BookingEvent::Started { by, at };
            Ok(arrived.into_iter().chain([started]).collect())
        }
        Booking::InProgress(_) => Ok(vec![]),
        Booking::Absent
        | Booking::Requested(_)
        | Booking::Secured(_)
        | Booking::Assigned(_)
        | Booking::Completed(_)
        | Booking::Cancelled(_)
        | Booking::Expired(_)
        | Booking::NoShow(_)
        | Booking::Missed(_) => Err(not_now(booking)),
    }
}

/// The visit is over; the whole price is due.
pub(super) fn complete(booking: &Booking, command: &Complete) -> Decision {
    match booking {
        Booking::InProgress(agreement) => {
            let window = window(booking, agreement, &command.windows, |steps| steps.complete)?;
            window.admit(command.at)?;
            Ok(vec![BookingEvent::Completed {
                by: command.by,
                due: agreement.price,
                at: command.at,
            }])
        }
        Booking::Completed(_) => Ok(vec![]),
        Booking::Absent
        | Booking::Requested(_)
        | Booking::Secured(_)
        | Booking::Assigned(_)
        | Booking::EnRoute(_)
        | Booking::Arrived(_)
        | Booking::Cancelled(_)
        | Booking::Expired(_)
        | Booking::NoShow(_)
        | Booking::Missed(_) => Err(not_now(booking)),
    }
}

/// The doctor is there and has waited long enough; the patient is not.
pub(super) fn no_show(booking: &Booking, command: &NoShow) -> Decision {
    match booking {
        Booking::Arrived(agreement) => {
            let window = window(booking, agreement, &command.windows, |steps| steps.no_show)?;
            window.admit(command.at)?;
            let fee = cancel::no_show_fee(agreement)?;
            Ok(vec![BookingEvent::NoShow {
                by: command.by,
                fee,
                at: command.at,
            }])
        }
        Booking::NoShow(_) => Ok(vec![]),
        Booking::Absent
        | Booking::Requested(_)
        | Booking::Secured(_)
        | Booking::Assigned(_)
        | Booking::EnRoute(_)
        | Booking::InProgress(_)
        | Booking::Completed(_)
        | Booking::Cancelled(_)
        | Booking::Expired(_)
        | Booking::Missed(_) => Err(not_now(booking)),
    }
}

/// The window of one step, if this visit has that step at all.
fn window(
    booking: &Booking,
    agreement: &Agreement,
    windows: &VisitWindows,
    step: fn(StepWindows) -> Option<Window>,
) -> Result<Window, BookingRefusal> {
    step(StepWindows::of(agreement, windows)).ok_or_else(|| not_now(booking))
}
