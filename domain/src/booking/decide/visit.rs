//! The visit itself: a doctor is set, sets out, arrives, finishes, or waits in vain; each step in its time.

use jiff::Timestamp;

use crate::booking::commands::{Arrive, Assign, Complete, Depart, NoShow, StartVisit, Unassign};
use crate::booking::decide::{Decision, cancel, not_now};
use crate::booking::events::{BookingEvent, CallType};
use crate::booking::refusal::BookingRefusal;
use crate::booking::windows::{StepWindows, Window};
use crate::booking::{Agreement, Booking};
use crate::policy::visit::VisitWindows;

/// The steps of a visit.
#[derive(Clone, Copy)]
enum Step {
    Assign,
    Unassign,
    Depart,
    Arrive,
    Start,
    Complete,
    NoShow,
}

impl Step {
    /// When it may be taken; none where the visit has no such step, or the step has no time of its own.
    const fn window(self, windows: &StepWindows) -> Option<Window> {
        match self {
            Self::Depart => windows.depart,
            Self::Arrive => windows.arrive,
            Self::Start => windows.start,
            Self::Complete => windows.complete,
            Self::NoShow => windows.no_show,
            Self::Assign | Self::Unassign => None,
        }
    }
}

/// What a step comes to.
#[derive(Clone, Copy)]
enum Cell {
    /// It is taken.
    Go,
    /// It was taken already: nothing happens.
    Is,
    /// It cannot be taken now.
    No,
}

/// Where each step leads from each state: the table at the head of `booking`. A consultation has no journey.
#[rustfmt::skip]
const fn steps(booking: &Booking) -> [Cell; 7] {
    use Cell::{Go, Is, No};
    match booking {
        //                        assign  unassign  depart  arrive  start  complete  no_show
        Booking::Secured(_)    => [Go,     Is,       No,     No,     No,    No,       No],
        Booking::Assigned(_)   => [No,     Go,       Go,     Go,     No,    No,       No],
        Booking::EnRoute(_)    => [No,     Go,       Is,     Go,     Go,    No,       No],
        Booking::Arrived(_)    => [No,     Go,       No,     Is,     Go,    No,       Go],
        Booking::InProgress(_) => [No,     No,       No,     No,     Is,    Go,       No],
        Booking::Completed(_)  => [No,     No,       No,     No,     No,    Is,       No],
        Booking::NoShow(_)     => [No,     No,       No,     No,     No,    No,       Is],
        Booking::Absent
        | Booking::Requested(_)
        | Booking::Cancelled(_)
        | Booking::Expired(_)
        | Booking::Missed(_)   => [No; 7],
    }
}

/// Takes a step: `events` of the agreement where the table lets it go, and nothing where it was taken already.
fn take(booking: &Booking, step: Step, events: impl FnOnce(&Agreement) -> Decision) -> Decision {
    match (steps(booking)[step as usize], booking.agreement()) {
        (Cell::Go, Some(agreement)) => events(agreement),
        (Cell::Is, _) => Ok(vec![]),
        (Cell::Go | Cell::No, _) => Err(not_now(booking)),
    }
}

/// The same for a step that has its time, if this visit has that step at all.
fn take_in_time(
    booking: &Booking,
    step: Step,
    windows: &VisitWindows,
    at: Timestamp,
    events: impl FnOnce(&Agreement) -> Decision,
) -> Decision {
    take(booking, step, |agreement| {
        let window = step.window(&StepWindows::of(agreement, windows));
        window.ok_or_else(|| not_now(booking))?.admit(at)?;
        events(agreement)
    })
}

/// A doctor is set for a secured booking.
pub(super) fn assign(booking: &Booking, command: Assign) -> Decision {
    if let Booking::Assigned(agreement) = booking
        && agreement.appointment.as_ref() == Some(&command.appointment)
    {
        return Ok(vec![]);
    }
    take(booking, Step::Assign, |_| {
        if command.appointment.visit.start() < command.at {
            return Err(BookingRefusal::InThePast);
        }
        Ok(vec![BookingEvent::Assigned {
            appointment: command.appointment,
            by: command.by,
            at: command.at,
        }])
    })
}

/// The doctor is taken off; the booking waits for another one.
pub(super) fn unassign(booking: &Booking, command: &Unassign) -> Decision {
    let (by, at) = (command.by, command.at);
    take(booking, Step::Unassign, |agreement| {
        let doctor_id = agreement.doctor_id();
        let event = doctor_id.map(|doctor_id| BookingEvent::Unassigned { doctor_id, by, at });
        Ok(event.into_iter().collect())
    })
}

/// The doctor sets out; to a consultation nobody does.
pub(super) fn depart(booking: &Booking, command: &Depart) -> Decision {
    let (by, at) = (command.by, command.at);
    take_in_time(booking, Step::Depart, &command.windows, at, |_| {
        Ok(vec![BookingEvent::Departed { by, at }])
    })
}

/// The doctor is at the door after a journey, or in the room of a consultation.
pub(super) fn arrive(booking: &Booking, command: &Arrive) -> Decision {
    let (by, at) = (command.by, command.at);
    if let Booking::Assigned(agreement) = booking
        && agreement.call_type != CallType::Consultation
    {
        return Err(not_now(booking));
    }
    take_in_time(booking, Step::Arrive, &command.windows, at, |_| {
        Ok(vec![BookingEvent::Arrived { by, at }])
    })
}

/// The visit begins. Who starts it from the road has arrived.
pub(super) fn start(booking: &Booking, command: &StartVisit) -> Decision {
    let (by, at) = (command.by, command.at);
    take_in_time(booking, Step::Start, &command.windows, at, |_| {
        let arrived = matches!(booking, Booking::EnRoute(_)).then_some(BookingEvent::Arrived { by, at });
        let started = BookingEvent::Started { by, at };
        Ok(arrived.into_iter().chain([started]).collect())
    })
}

/// The visit is over; the whole price is due.
pub(super) fn complete(booking: &Booking, command: &Complete) -> Decision {
    let (by, at) = (command.by, command.at);
    take_in_time(booking, Step::Complete, &command.windows, at, |agreement| {
        let due = agreement.price;
        Ok(vec![BookingEvent::Completed { by, due, at }])
    })
}

/// The doctor is there and has waited long enough; the patient is not.
pub(super) fn no_show(booking: &Booking, command: &NoShow) -> Decision {
    let (by, at) = (command.by, command.at);
    take_in_time(booking, Step::NoShow, &command.windows, at, |agreement| {
        let fee = cancel::no_show_fee(agreement)?;
        Ok(vec![BookingEvent::NoShow { by, fee, at }])
    })
}
