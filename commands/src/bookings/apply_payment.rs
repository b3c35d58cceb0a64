//! Money has come for a booking: it secures the booking, revives an expired one, or is refused and goes back.

use domain::booking::commands::ApplyPayment;
use domain::booking::events::Appointment;
use domain::booking::{Agreement, Booking};
use domain::ids::{BookingId, PaymentId};
use domain::payment::Payment;
use domain::schedule::commands::Claim;
use domain::schedule::refusal::ScheduleRefusal;

use crate::bookings::execution::{DayWindow, apply_to_booking, execute_on_booking};
use crate::bookings::profiles::Profiles;
use crate::bookings::retry_after_expiry::ExpiredHoldRetry;
use crate::context::CommandMetadata;
use crate::outcome::{BookingState, CommandOutcome};
use crate::payments::provider;
use crate::policy::{MayReact, Permission};
use crate::refusal::CommandError;
use crate::services::CommandServices;
use crate::streams::{self, DecisionError, UnitOfWork};

/// Tells a booking that a payment is authorised or captured.
///
/// # Errors
/// `not_found`; and the errors of the log.
pub async fn apply_payment(
    services: &CommandServices,
    metadata: &CommandMetadata,
    booking_id: BookingId,
    payment_id: PaymentId,
) -> Result<CommandOutcome<BookingState>, CommandError> {
    let mut profiles = Profiles::default();
    let mut retry = ExpiredHoldRetry::default();
    loop {
        let insist = retry.left();
        let answer = execute_on_booking(
            services,
            metadata,
            booking_id,
            MayReact::RULE,
            |work, booking, agreement| apply(work, (booking, agreement), payment_id, insist, &mut profiles),
        )
        .await;
        if profiles.load_missing(services, &answer).await? {
            continue;
        }
        if !retry.expire_and_retry(services, metadata, &answer).await? {
            return answer;
        }
    }
}

fn apply(
    work: &mut UnitOfWork<'_>,
    (booking, agreement): (&Booking, &Agreement),
    payment_id: PaymentId,
    insist: bool,
    profiles: &mut Profiles,
) -> Result<(), DecisionError> {
    let booking_id = agreement.booking_id;
    let payment = work.state::<Payment>(&streams::payment(payment_id, booking_id))?;
    // Money that has already gone back, or already did its work, changes nothing.
    if !payment.secures() || agreement.secured_by == Some(payment_id) {
        return Ok(());
    }
    let at = work.now();
    let retaken = if matches!(booking, Booking::Expired(_)) {
        free_again(work, agreement, insist, profiles)?
    } else {
        None
    };
    let clinic_id = agreement.clinic_id();
    let slot_free = retaken
        .as_ref()
        .map(|(_, claimed)| claimed.appointment.clone().of_clinic(clinic_id));
    apply_to_booking(
        work,
        booking_id,
        ApplyPayment {
            payment_id,
            slot_free,
            at,
        },
    )?;

    let now_secured = work.state::<Booking>(&streams::booking(booking_id))?;
    if now_secured.agreement().and_then(|agreement| agreement.secured_by) != Some(payment_id) {
        return Ok(()); // The money is refused; late_success sends it back.
    }
    retaken.map_or(Ok(()), |(days, claimed)| days.record(work, claimed.facts))?;
    provider::ensure_hold_outlasts_visit(work, booking_id)
}

type Retaken = (DayWindow, domain::schedule::adjacent_days::Claimed);

/// The claim by which an expired booking would get its time back, if that is still free and ahead, and its doctor still
/// takes new visits.
fn free_again(
    work: &mut UnitOfWork<'_>,
    agreement: &Agreement,
    insist: bool,
    profiles: &mut Profiles,
) -> Result<Option<Retaken>, DecisionError> {
    let Some(Appointment { doctor_id, visit, .. }) = agreement.appointment.as_ref() else {
        return Ok(None);
    };
    let at = work.now();
    if visit.start() <= at || !profiles.accepts(*doctor_id)? {
        return Ok(None);
    }
    let days = DayWindow::around(work, *doctor_id, None, *visit)?;
    let claim = Claim {
        booking_id: agreement.booking_id,
        visit: *visit,
        keep_hours: true,
        at,
    };
    let claimed = days.adjacent_days().claim(claim);
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
