//! Calling a booking off, and what that costs.

use jiff::Timestamp;

use crate::booking::commands::Cancel;
use crate::booking::decide::{Decision, not_now};
use crate::booking::events::BookingEvent;
use crate::booking::refusal::BookingRefusal;
use crate::booking::{Agreement, Booking};
use crate::money::Money;
use crate::people::{Actor, Role};

/// The booking is called off.
pub(super) fn cancel(booking: &Booking, command: Cancel) -> Decision {
    if matches!(booking, Booking::Cancelled(_)) {
        return Ok(vec![]);
    }
    let fee = fee(booking, command.by, command.at)?;
    // Who names no fee was shown none, and pays none.
    let expected = command.expected_fee.unwrap_or(fee.zero());
    if expected != fee {
        return Err(BookingRefusal::FeeChanged { fee });
    }
    Ok(vec![BookingEvent::Cancelled {
        by: command.by,
        reason: command.reason,
        note: command.note,
        fee,
        at: command.at,
    }])
}

/// What `by` owes who cancels at `at`, under the terms pinned in the booking.
pub(in crate::booking) fn fee(booking: &Booking, by: Actor, at: Timestamp) -> Result<Money, BookingRefusal> {
    match booking {
        // Nothing is paid, so nothing is agreed that could be broken.
        Booking::Requested(agreement) => Ok(agreement.nothing()),
        // Its time has come and nobody has set out: whoever waits in vain owes nothing.
        Booking::Assigned(agreement) if has_started(agreement, at) => Ok(agreement.nothing()),
        Booking::Secured(agreement) | Booking::Assigned(agreement) => patient_fee(agreement, by, false, at),
        Booking::EnRoute(agreement) | Booking::Arrived(agreement) => patient_fee(agreement, by, true, at),
        Booking::InProgress(agreement) if may_stop_a_visit(by) => Ok(agreement.nothing()),
        Booking::InProgress(_) => Err(BookingRefusal::TooLate),
        Booking::Absent
        | Booking::Completed(_)
        | Booking::Cancelled(_)
        | Booking::Expired(_)
        | Booking::NoShow(_)
        | Booking::Missed(_) => Err(not_now(booking)),
    }
}

/// The greater of two amounts of one currency.
pub(super) const fn at_least(fee: Money, floor: Money) -> Money {
    if fee.minor < floor.minor { floor } else { fee }
}

/// What a patient owes who is not there: as much as the latest cancellation; nothing for a doctor or a time that others
/// set.
pub(super) fn no_show_fee(agreement: &Agreement) -> Result<Money, BookingRefusal> {
    if agreement.changed_by_others() {
        return Ok(agreement.nothing());
    }
    let latest = agreement
        .terms
        .latest_fee(agreement.price)
        .map_err(|_| BookingRefusal::AmountOutOfRange)?;
    Ok(at_least(latest, agreement.fee_floor))
}

fn patient_fee(
    agreement: &Agreement,
    by: Actor,
    departed: bool,
    at: Timestamp,
) -> Result<Money, BookingRefusal> {
    if cancels_for_the_platform(by) || agreement.changed_by_others() {
        return Ok(agreement.nothing());
    }
    let due = agreement
        .terms
        .fee_due(agreement.price, agreement.starts_at(), departed, at)
        .map_err(|_| BookingRefusal::AmountOutOfRange)?;
    Ok(at_least(due, agreement.fee_floor))
}

/// Always free for the patient: the doctor, the clinic or the platform calls the visit off.
const fn cancels_for_the_platform(by: Actor) -> bool {
    match by {
        Actor::Process
        | Actor::Person {
            role: Role::Doctor | Role::Clinic | Role::Admin,
            ..
        } => true,
        Actor::Person {
            role: Role::Patient | Role::Analyst,
            ..
        } => false,
    }
}

const fn may_stop_a_visit(by: Actor) -> bool {
    match by {
        Actor::Person {
            role: Role::Doctor | Role::Admin,
            ..
        } => true,
        Actor::Process
        | Actor::Person {
            role: Role::Patient | Role::Clinic | Role::Analyst,
            ..
        } => false,
    }
}

fn has_started(agreement: &Agreement, at: Timestamp) -> bool {
    agreement.starts_at().is_some_and(|starts_at| starts_at <= at)
}
