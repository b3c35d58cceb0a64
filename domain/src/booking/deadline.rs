//! What a paid booking waits for at most: when an operator is told of it, and when it ends by itself.

use jiff::Timestamp;

use crate::booking::events::CallType;
use crate::booking::status::EscalationReason;
use crate::booking::{Agreement, Booking};
use crate::ids::DoctorId;
use crate::policy::visit::{VisitWindows, minutes_after};

/// What becomes of a booking that nobody takes further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deadline {
    /// It stands as it is, and an operator is told.
    Escalation(EscalationReason),
    /// No doctor was found; the money goes back.
    NobodyFound,
    /// Its doctor never set out; the money goes back.
    Missed(DoctorId),
}

/// The first moment from which on something becomes of the booking by itself; none when it is over or not paid.
pub fn next(booking: &Booking, windows: &VisitWindows) -> Option<Timestamp> {
    [escalation(booking, windows), end(booking, windows)]
        .into_iter()
        .flatten()
        .map(|(_, at)| at)
        .min()
}

/// What is to become of the booking at `at`, if anything: an end goes before a word to an operator.
pub fn passed(booking: &Booking, windows: &VisitWindows, at: Timestamp) -> Option<Deadline> {
    [end(booking, windows), escalation(booking, windows)]
        .into_iter()
        .flatten()
        .find(|(_, due_at)| *due_at <= at)
        .map(|(deadline, _)| deadline)
}

/// When the booking ends by itself. An urgent call is searched for since it has no doctor; any other visit without one
/// ends at the start of the time it had. A visit that somebody set out for ends by somebody's word alone.
pub fn end(booking: &Booking, windows: &VisitWindows) -> Option<(Deadline, Timestamp)> {
    match booking {
        Booking::Secured(agreement) => {
            let at = match agreement.call_type {
                CallType::Urgent => minutes_after(agreement.unserved_since?, windows.urgent_search_minutes),
                CallType::Scheduled | CallType::Consultation => {
                    agreement.last_appointment.as_ref()?.visit.start()
                }
            };
            Some((Deadline::NobodyFound, at))
        }
        Booking::Assigned(agreement) => {
            let appointment = agreement.appointment.as_ref()?;
            let at = minutes_after(appointment.visit.end(), windows.missed_after_minutes);
            Some((Deadline::Missed(appointment.doctor_id), at))
        }
        Booking::Absent
        | Booking::Requested(_)
        | Booking::EnRoute(_)
        | Booking::Arrived(_)
        | Booking::InProgress(_)
        | Booking::Completed(_)
        | Booking::Cancelled(_)
        | Booking::Expired(_)
        | Booking::NoShow(_)
        | Booking::Missed(_) => None,
    }
}

/// When an operator is told that the booking gets nowhere; none once one was.
fn escalation(booking: &Booking, windows: &VisitWindows) -> Option<(Deadline, Timestamp)> {
    let (agreement, reason) = match booking {
        Booking::Secured(agreement) => (agreement, EscalationReason::NoDoctor),
        Booking::Assigned(agreement) => (agreement, EscalationReason::NotDeparted),
        Booking::EnRoute(agreement) | Booking::Arrived(agreement) | Booking::InProgress(agreement) => {
            (agreement, EscalationReason::Unfinished)
        }
        Booking::Absent
        | Booking::Requested(_)
        | Booking::Completed(_)
        | Booking::Cancelled(_)
        | Booking::Expired(_)
        | Booking::NoShow(_)
        | Booking::Missed(_) => return None,
    };
    let at = match reason {
        EscalationReason::NoDoctor => {
            minutes_after(agreement.unserved_since?, windows.urgent_search_alarm_minutes)
        }
        EscalationReason::NotDeparted => minutes_after(ends_at(agreement)?, windows.missed_alarm_minutes),
        EscalationReason::Unfinished => minutes_after(ends_at(agreement)?, windows.unfinished_alarm_minutes),
    };
    let told = agreement.escalated == Some(reason);
    (!told).then_some((Deadline::Escalation(reason), at))
}

fn ends_at(agreement: &Agreement) -> Option<Timestamp> {
    agreement
        .appointment
        .as_ref()
        .map(|appointment| appointment.visit.end())
}
