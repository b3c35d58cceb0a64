//! What a visit's doctor gets of its money, fixed once: when the visit is over and its money is really there.

use crate::booking::commands::FixEarnings;
use crate::booking::decide::Decision;
use crate::booking::events::BookingEvent;
use crate::booking::refusal::BookingRefusal;
use crate::booking::{Agreement, Booking};
use crate::money::Money;

/// Fixes the doctor's part, if the visit is over, was a doctor's, and leaves money. What was given back before is not
/// shared; what is given back later is the clinic's loss alone.
pub(super) fn earn(booking: &Booking, command: &FixEarnings) -> Decision {
    let Some((agreement, due)) = owed(booking)? else {
        return Ok(vec![]);
    };
    let is_its_money = agreement.secured_by == Some(command.payment_id);
    let kept = if command.left.minor < due.minor {
        command.left
    } else {
        due
    };
    let Some(doctor_id) = agreement.doctor_id() else {
        return Ok(vec![]); // The doctor was taken off before: nobody did anything for this money.
    };
    if agreement.earned.is_some()
        || !is_its_money
        || !kept.is_positive()
        || command.left.currency != due.currency
    {
        return Ok(vec![]);
    }
    let shares = command
        .commissions
        .shares(agreement.call_type, kept)
        .map_err(|_| BookingRefusal::AmountOutOfRange)?;
    Ok(vec![BookingEvent::Earned {
        doctor_id,
        payment_id: command.payment_id,
        kept,
        commission: shares.commission,
        share: shares.doctor,
        policy_version: command.commissions.version,
        at: command.at,
    }])
}

/// What the patient owes for a visit that is over; nothing is owed for one that is not.
fn owed(booking: &Booking) -> Result<Option<(&Agreement, Money)>, BookingRefusal> {
    match booking {
        Booking::Absent => Err(BookingRefusal::NoSuchBooking),
        Booking::Completed(agreement) => Ok(Some((agreement, agreement.price))),
        Booking::Cancelled(agreement) | Booking::NoShow(agreement) => {
            Ok(agreement.fee.map(|fee| (agreement, fee)))
        }
        Booking::Requested(_)
        | Booking::Secured(_)
        | Booking::Assigned(_)
        | Booking::EnRoute(_)
        | Booking::Arrived(_)
        | Booking::InProgress(_)
        | Booking::Expired(_)
        | Booking::Missed(_) => Ok(None),
    }
}
