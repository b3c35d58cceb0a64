//! The visit itself: a doctor is set, sets out, arrives, finishes, or waits in vain; each step in its time.

use jiff::{SignedDuration, Timestamp};

use crate::booking::commands::{Assign, ReportVisit, Unassign};
use crate::booking::decide::{Decision, cancel, not_now};
use crate::booking::events::{BookingEvent, CallType};
use crate::booking::refusal::BookingRefusal;
use crate::booking::windows::{StepWindows, Window};
use crate::booking::{Agreement, Booking};

/// What is reported of a visit as it goes, each in its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VisitReport {
    /// The doctor sets out; to a consultation nobody does.
    Depart,
    /// The doctor is at the door after a journey, or in the room of a consultation.
    Arrive,
    /// The visit begins. Who starts it from the road has arrived.
    Start,
    /// The visit is over; the whole price is due.
    Complete,
    /// The doctor is there and has waited long enough; the patient is not.
    NoShow,
    /// The doctor on the way tells when they expect to be there.
    EstimateArrival {
        /// Ahead of now, by at most [`ESTIMATE_HOURS_MAX`].
        arrives_at: Timestamp,
    },
}

/// How far ahead an arrival is estimated, in hours.
const ESTIMATE_HOURS_MAX: i64 = 4;

impl VisitReport {
    /// Its column in the table, and when it may be taken; never, where the visit has no such step.
    fn step(self, windows: &StepWindows) -> (Step, Option<Window>) {
        match self {
            Self::Depart => (Step::Depart, windows.depart),
            Self::Arrive => (Step::Arrive, windows.arrive),
            Self::Start => (Step::Start, windows.start),
            Self::Complete => (Step::Complete, windows.complete),
            Self::NoShow => (Step::NoShow, windows.no_show),
            // At any time on the way.
            Self::EstimateArrival { .. } => (Step::EstimateArrival, Some(Window::default())),
        }
    }
}

/// The columns of the table.
#[derive(Clone, Copy)]
enum Step {
    Assign,
    Unassign,
    Depart,
    Arrive,
    Start,
    Complete,
    NoShow,
    EstimateArrival,
}

/// What a step comes to.
#[derive(Clone, Copy)]
enum Cell {
    Go,
    /// It was taken already: nothing happens.
    Is,
    /// It cannot be taken now.
    No,
}

/// Where each step leads from each state: the table at the head of `booking`. A consultation has no journey.
#[rustfmt::skip]
const fn steps(booking: &Booking) -> [Cell; 8] {
    use Cell::{Go, Is, No};
    match booking {
        //                        assign  unassign  depart  arrive  start  complete  no_show  estimate
        Booking::Secured(_)    => [Go,     Is,       No,     No,     No,    No,       No,      No],
        Booking::Assigned(_)   => [No,     Go,       Go,     Go,     No,    No,       No,      No],
        Booking::EnRoute(_)    => [No,     Go,       Is,     Go,     Go,    No,       No,      Go],
        Booking::Arrived(_)    => [No,     Go,       No,     Is,     Go,    No,       Go,      No],
        Booking::InProgress(_) => [No,     No,       No,     No,     Is,    Go,       No,      No],
        Booking::Completed(_)  => [No,     No,       No,     No,     No,    Is,       No,      No],
        Booking::NoShow(_)     => [No,     No,       No,     No,     No,    No,       Is,      No],
        Booking::Absent
        | Booking::Requested(_)
        | Booking::Cancelled(_)
        | Booking::Expired(_)
        | Booking::Missed(_)   => [No; 8],
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

/// A step of the visit is taken in its time.
pub(super) fn report(booking: &Booking, command: ReportVisit) -> Decision {
    let ReportVisit {
        report,
        by,
        windows,
        at,
    } = command;
    let agreement = super::present(booking)?;
    if report == VisitReport::Arrive
        && matches!(booking, Booking::Assigned(_))
        && agreement.call_type != CallType::Consultation
    {
        return Err(not_now(booking));
    }
    let (step, window) = report.step(&StepWindows::of(agreement, &windows));
    take(booking, step, |agreement| {
        window.ok_or_else(|| not_now(booking))?.admit(at)?;
        let arrived = BookingEvent::Arrived { by, at };
        Ok(match report {
            VisitReport::Depart => vec![BookingEvent::Departed { by, at }],
            VisitReport::Arrive => vec![arrived],
            VisitReport::Start => {
                let from_the_road = matches!(booking, Booking::EnRoute(_)).then_some(arrived);
                let started = BookingEvent::Started { by, at };
                from_the_road.into_iter().chain([started]).collect()
            }
            VisitReport::Complete => {
                let due = agreement.price;
                vec![BookingEvent::Completed { by, due, at }]
            }
            VisitReport::NoShow => {
                let fee = cancel::no_show_fee(agreement)?;
                vec![BookingEvent::NoShow { by, fee, at }]
            }
            VisitReport::EstimateArrival { arrives_at } => {
                if agreement.steps.estimated_arrival == Some(arrives_at) {
                    return Ok(vec![]);
                }
                if arrives_at <= at {
                    return Err(BookingRefusal::InThePast);
                }
                if arrives_at.duration_since(at) > SignedDuration::from_hours(ESTIMATE_HOURS_MAX) {
                    return Err(BookingRefusal::TooEarly);
                }
                vec![BookingEvent::ArrivalEstimated { arrives_at, by, at }]
            }
        })
    })
}
