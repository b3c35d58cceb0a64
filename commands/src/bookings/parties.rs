//! Who may touch a booking: its patient, the doctor assigned to it, clinics, admins and the house's own processes.

use domain::booking::status::BookingStatus;
use domain::booking::{Agreement, Booking};
use domain::ids::AccountId;
use domain::people::{Actor, Role};

use crate::refusal::Refusal;

/// Lets the roles in, and the house's own processes always.
///
/// # Errors
/// [`Refusal::NotYours`].
pub(crate) fn permit(by: Actor, roles: &[Role]) -> Result<(), Refusal> {
    match by {
        Actor::Process => Ok(()),
        Actor::Person { role, .. } if roles.contains(&role) => Ok(()),
        Actor::Person { .. } => Err(Refusal::NotYours),
    }
}

/// The agreement, to whoever it concerns. Somebody else's booking is as absent as one that never was.
///
/// # Errors
/// [`Refusal::NotFound`], or [`Refusal::NotYours`] for a role that has nothing to do with bookings.
pub fn agreement(booking: &Booking, by: Actor) -> Result<&Agreement, Refusal> {
    let agreement = booking.agreement().ok_or(Refusal::NotFound)?;
    let theirs = match by {
        Actor::Process => true,
        Actor::Person {
            id,
            role: Role::Patient,
        } => AccountId::from(agreement.patient_id) == id,
        Actor::Person {
            id,
            role: Role::Doctor,
        } => is_assigned_to(booking, agreement, id),
        Actor::Person {
            role: Role::Clinic | Role::Admin,
            ..
        } => true,
        Actor::Person {
            role: Role::Analyst, ..
        } => return Err(Refusal::NotYours),
    };
    if theirs {
        Ok(agreement)
    } else {
        Err(Refusal::NotFound)
    }
}

/// A chosen doctor is not assigned before the booking is secured, and no more once taken off.
fn is_assigned_to(booking: &Booking, agreement: &Agreement, doctor: AccountId) -> bool {
    let named = agreement
        .appointment
        .as_ref()
        .is_some_and(|visit| AccountId::from(visit.doctor_id) == doctor);
    match booking.status() {
        BookingStatus::Absent | BookingStatus::Pending | BookingStatus::Expired => false,
        BookingStatus::Assigned
        | BookingStatus::EnRoute
        | BookingStatus::Arrived
        | BookingStatus::InProgress
        | BookingStatus::Completed
        | BookingStatus::Cancelled
        | BookingStatus::NoShow
        | BookingStatus::Missed => named,
    }
}
