//! Agreeing on a visit, and on another time for it.

use crate::booking::commands::{RequestVisit, Reschedule};
use crate::booking::decide::{Decision, cancel, not_now};
use crate::booking::events::{BookingEvent, CallType};
use crate::booking::refusal::BookingRefusal;
use crate::booking::{Agreement, Booking};
use crate::money::Money;

/// A patient asks for a visit.
pub(super) fn request(booking: &Booking, command: RequestVisit) -> Decision {
    if let Some(agreement) = booking.agreement() {
        return if is_same_request(agreement, &command) {
            Ok(vec![])
        } else {
            Err(not_now(booking))
        };
    }
    if command.appointment.is_some() == (command.call_type == CallType::Urgent) {
        return Err(BookingRefusal::WrongAppointment);
    }
    if !command.price.is_positive() {
        return Err(BookingRefusal::AmountOutOfRange);
    }
    let is_the_list = command
        .offered_version
        .is_none_or(|version| version == command.tariff_version);
    if command.offered != command.price || !is_the_list {
        return Err(BookingRefusal::PriceChanged {
            price: command.price,
            version: command.tariff_version,
        });
    }
    let starts_at = command
        .appointment
        .as_ref()
        .map(|appointment| appointment.visit.start());
    if starts_at.is_some_and(|starts_at| starts_at <= command.at) {
        return Err(BookingRefusal::InThePast);
    }
    Ok(vec![BookingEvent::Requested {
        booking_id: command.booking_id,
        patient_id: command.patient_id,
        call_type: command.call_type,
        appointment: command.appointment,
        price: command.price,
        tariff_version: command.tariff_version,
        terms: command.terms,
        // A visit that has begun can no longer be paid for.
        pay_by: starts_at.map_or(command.pay_by, |starts_at| starts_at.min(command.pay_by)),
        details: command.details,
        at: command.at,
    }])
}

/// The visit moves to another time, perhaps to another doctor.
pub(super) fn reschedule(booking: &Booking, command: Reschedule) -> Decision {
    let agreement = match booking {
        Booking::Requested(agreement) | Booking::Secured(agreement) | Booking::Assigned(agreement)
            if agreement.call_type != CallType::Urgent =>
        {
            agreement
        }
        Booking::Absent
        | Booking::Requested(_)
        | Booking::Secured(_)
        | Booking::Assigned(_)
        | Booking::EnRoute(_)
        | Booking::Arrived(_)
        | Booking::InProgress(_)
        | Booking::Completed(_)
        | Booking::Cancelled(_)
        | Booking::Expired(_)
        | Booking::NoShow(_)
        | Booking::Missed(_) => return Err(not_now(booking)),
    };
    if agreement
        .appointment
        .as_ref()
        .is_some_and(|current| current.is_same_visit(&command.to))
    {
        return Ok(accepted_by_moving_there(agreement, command));
    }
    if too_late_to_move(booking, agreement, &command) {
        return Err(BookingRefusal::TooLate);
    }
    if command.to.visit.start() <= command.at {
        return Err(BookingRefusal::InThePast);
    }
    let mut facts = vec![BookingEvent::Rescheduled {
        from: agreement.appointment.clone(),
        to: command.to.clone(),
        fee_floor: floor_after(booking, agreement, &command)?,
        by: command.by,
        at: command.at,
    }];
    if matches!(booking, Booking::Secured(_)) {
        // It waited for a doctor or a time; now both are known.
        facts.push(BookingEvent::Assigned {
            appointment: command.to,
            by: command.by,
            at: command.at,
        });
    }
    Ok(facts)
}

/// A patient who moves the visit to where others have set it accepts that; anybody else's command is met already.
fn accepted_by_moving_there(agreement: &Agreement, command: Reschedule) -> Vec<BookingEvent> {
    let changed = agreement.change_to_accept().filter(|_| command.by.is_patient());
    changed
        .map(|appointment| BookingEvent::ChangeAccepted {
            appointment: appointment.clone(),
            by: command.by,
            at: command.at,
        })
        .into_iter()
        .collect()
}

/// What a later cancellation costs at least: what was due now, if the patient moves the visit; nothing more, if others
/// move it away from what the patient agreed to.
fn floor_after(
    booking: &Booking,
    agreement: &Agreement,
    command: &Reschedule,
) -> Result<Money, BookingRefusal> {
    let as_agreed = agreement
        .agreed
        .as_ref()
        .is_some_and(|agreed| agreed.is_same_visit(&command.to));
    if command.by.is_patient() || as_agreed {
        let due = cancel::fee(booking, command.by, command.at)?;
        Ok(cancel::at_least(due, agreement.fee_floor))
    } else {
        Ok(agreement.nothing())
    }
}

fn is_same_request(agreement: &Agreement, command: &RequestVisit) -> bool {
    agreement.booking_id == command.booking_id
        && agreement.patient_id == command.patient_id
        && agreement.call_type == command.call_type
        && agreement.details == command.details
}

/// The visit has begun, or nobody paid for it in time.
fn too_late_to_move(booking: &Booking, agreement: &Agreement, command: &Reschedule) -> bool {
    agreement
        .starts_at()
        .is_some_and(|starts_at| starts_at <= command.at)
        || (matches!(booking, Booking::Requested(_)) && agreement.pay_by <= command.at)
}
