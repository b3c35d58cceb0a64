//! Money has come for a booking: it secures the booking, revives an expired one, or is refused and goes back.

use std::sync::Arc;

use domain::booking::commands::ApplyPayment;
use domain::booking::events::Appointment;
use domain::booking::{Agreement, Booking};
use domain::ids::{BookingId, PaymentId};
use domain::payment::Payment;
use domain::schedule::commands::Claim;
use domain::schedule::refusal::ScheduleRefusal;

use crate::bookings::days::{self, Days};
use crate::bookings::{acting, overdue::Rounds, profiles::Profiles};
use crate::context::CommandMetadata;
use crate::outcome::{BookingState, CommandOutcome};
use crate::payments::provider;
use crate::policy;
use crate::refusal::CommandFault;
use crate::services::CommandServices;
use crate::streams::{self, DecisionError, UnitOfWork};

/// Tells a booking that a payment is authorised or captured.
///
/// # Errors
/// `not_found`; and the faults of the log.
pub async fn apply_payment(
    services: &CommandServices,
    asked: &CommandMetadata,
    booking_id: BookingId,
    payment_id: PaymentId,
) -> Result<CommandOutcome<BookingState>, CommandFault> {
    let mut profiles = Profiles::default();
    let mut rounds = Rounds::default();
    loop {
        let insist = rounds.left();
        let answer = acting::act(services, asked, booking_id, policy::REACT, |room, booking| {
            arrive(room, booking, booking_id, payment_id, insist, &mut profiles)
        })
        .await;
        if profiles.completed(services, &answer).await? {
            continue;
        }
        if !rounds.made_way(services, asked, &answer).await? {
            return answer;
        }
    }
}

fn arrive(
    room: &mut UnitOfWork<'_>,
    booking: &Arc<Booking>,
    booking_id: BookingId,
    payment_id: PaymentId,
    insist: bool,
    profiles: &mut Profiles,
) -> Result<(), DecisionError> {
    let payment = room.state::<Payment>(&streams::payment(payment_id, booking_id))?;
    let Some(agreement) = booking.agreement() else {
        return Ok(());
    };
    // Money that has already gone back, or already did its work, changes nothing.
    if !payment.secures() || agreement.secured_by == Some(payment_id) {
        return Ok(());
    }
    let at = room.now();
    let retaken = if matches!(**booking, Booking::Expired(_)) {
        free_again(room, agreement, insist, profiles)?
    } else {
        None
    };
    let clinic_id = agreement.clinic_id();
    let slot_free = retaken
        .as_ref()
        .map(|(_, claimed)| claimed.appointment.clone().of_clinic(clinic_id));
    acting::decide_booking(
        room,
        booking_id,
        ApplyPayment {
            payment_id,
            slot_free,
            at,
        },
    )?;

    let now_secured = room.state::<Booking>(&streams::booking(booking_id))?;
    if now_secured.agreement().and_then(|agreement| agreement.secured_by) != Some(payment_id) {
        return Ok(()); // The money is refused; late_success sends it back.
    }
    retaken.map_or(Ok(()), |(days, claimed)| days.record(room, claimed.facts))?;
    provider::ensure_hold_outlasts_visit(room, booking_id)
}

type Retaken = (Days, domain::schedule::neighbourhood::Claimed);

/// The claim by which an expired booking would get its time back, if that is still free and ahead, and its doctor still
/// takes new visits.
fn free_again(
    room: &mut UnitOfWork<'_>,
    agreement: &Agreement,
    insist: bool,
    profiles: &mut Profiles,
) -> Result<Option<Retaken>, DecisionError> {
    let Some(Appointment { doctor_id, visit, .. }) = agreement.appointment.as_ref() else {
        return Ok(None);
    };
    let at = room.now();
    if visit.start() <= at || !profiles.accepts(*doctor_id)? {
        return Ok(None);
    }
    let days = days::around(room, *doctor_id, None, *visit)?;
    let claim = Claim {
        booking_id: agreement.booking_id,
        visit: *visit,
        keep_hours: true,
        at,
    };
    let claimed = days.neighbourhood().claim(claim);
    match claimed {
        Ok(claimed) => Ok(Some((days, claimed))),
        // Only overdue holds are in the way: they are asked to expire first.
        Err(ScheduleRefusal::SlotTaken { overdue }) if insist && !overdue.is_empty() => {
            Err(DecisionError::refuse(ScheduleRefusal::SlotTaken { overdue }))
        }
        Err(
            ScheduleRefusal::SlotTaken { .. }
            | ScheduleRefusal::DoctorBusy { .. }
            | ScheduleRefusal::OutsideWorkingHours
            | ScheduleRefusal::InThePast
            | ScheduleRefusal::DoctorNotAvailable
            | ScheduleRefusal::DayAlreadyOpen
            | ScheduleRefusal::DayClaimed { .. }
            | ScheduleRefusal::DayNotOpen
            | ScheduleRefusal::DayNotLonger
            | ScheduleRefusal::DayOverlaps
            | ScheduleRefusal::NotAWorkingDay,
        ) => Ok(None),
    }
}
