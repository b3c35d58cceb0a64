//! A visit moves: the old time is freed and the new one taken in the same append. Its patient accepts what others moved.

use domain::booking::commands::{AcceptChange, Reschedule};
use domain::booking::events::Appointment;
use domain::booking::refusal::BookingRefusal;
use domain::booking::{Agreement, Booking, decide};
use domain::ids::{BookingId, DoctorId};
use domain::people::{Actor, Role};
use domain::schedule::commands::{Claim, HoldSlot};
use domain::schedule::refusal::ScheduleRefusal;
use domain::time::TimeRange;
use jiff::Timestamp;

use crate::bookings::execution::{DayWindow, apply_to_booking, execute_on_booking, release};
use crate::bookings::profiles::Profiles;
use crate::bookings::retry_after_expiry::ExpiredHoldRetry;
use crate::context::CommandMetadata;
use crate::outcome::{BookingState, CommandOutcome};
use crate::payments::provider;
use crate::policy::{self, MayAcceptChange, MayReschedule, Permission};
use crate::prices::Agreed;
use crate::refusal::{CommandError, Refusal};
use crate::services::CommandServices;
use crate::streams::{DecisionError, UnitOfWork};

/// Where a visit moves.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Copy, Debug)]
pub struct RescheduleBooking {
    pub booking_id: BookingId,
    /// The new time; must be a slot.
    pub starts_at: Timestamp,
    /// Another doctor; the same one if absent.
    pub doctor_id: Option<DoctorId>,
}

/// Moves a visit, as its patient, its doctor's clinic (to a doctor of its own) or an admin. An unpaid booking holds the new
/// slot until its `pay_by`, which is cut to the new start.
///
/// # Errors
/// `not_found`, `forbidden`, `not_now`, `price_changed`, `slot_taken`, `too_late`, `in_the_past`, `outside_working_hours`,
/// `doctor_not_available`; and the errors of the log.
pub async fn reschedule(
    services: &CommandServices,
    metadata: &CommandMetadata,
    command: RescheduleBooking,
) -> Result<CommandOutcome<BookingState>, CommandError> {
    let mut profiles = Profiles::default();
    if let Some(doctor_id) = command.doctor_id {
        profiles.read(services, doctor_id).await?;
    }
    let prices = match command.doctor_id {
        Some(_) => Some(services.prices.agreed().await?),
        None => None,
    };
    let mut retry = ExpiredHoldRetry::default();
    loop {
        let answer = execute_on_booking(
            services,
            metadata,
            command.booking_id,
            MayReschedule::RULE,
            |work, booking, agreement| {
                if let Some(prices) = &prices {
                    same_price(prices, booking, agreement, metadata, command)?;
                }
                shift(work, (booking, agreement), metadata, command, &mut profiles)
            },
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

/// Accepts what others changed: from here on cancelling costs again what the terms say. A patient who wants to accept
/// nothing but what was seen names the version seen.
///
/// # Errors
/// `not_found`, `forbidden`, `not_now`; and the errors of the log.
pub async fn accept_change(
    services: &CommandServices,
    metadata: &CommandMetadata,
    booking_id: BookingId,
) -> Result<CommandOutcome<BookingState>, CommandError> {
    execute_on_booking(
        services,
        metadata,
        booking_id,
        MayAcceptChange::RULE,
        |work, _, _| {
            let (by, at) = (metadata.by, work.now());
            apply_to_booking(work, booking_id, AcceptChange { by, at })
        },
    )
    .await
}

/// A patient moves to another doctor for the price agreed on: a dearer or cheaper one, by the list of that agreement, is
/// another booking. Whoever moves a visit for the platform leaves the difference to the platform.
fn same_price(
    prices: &Agreed,
    booking: &Booking,
    agreement: &Agreement,
    metadata: &CommandMetadata,
    command: RescheduleBooking,
) -> Result<(), DecisionError> {
    let (
        Actor::Person {
            role: Role::Patient, ..
        },
        Some(doctor_id),
    ) = (metadata.by, command.doctor_id)
    else {
        return Ok(());
    };
    if agreement.doctor_id() == Some(doctor_id) {
        return Ok(());
    }
    let list = prices.of(booking);
    let price = list.price(agreement.call_type, Some(doctor_id), Some(command.starts_at));
    if price == agreement.price {
        Ok(())
    } else {
        let version = list.version;
        Err(DecisionError::refuse(BookingRefusal::PriceChanged {
            price,
            version,
        }))
    }
}

fn shift(
    work: &mut UnitOfWork<'_>,
    (booking, agreement): (&Booking, &Agreement),
    metadata: &CommandMetadata,
    command: RescheduleBooking,
    profiles: &mut Profiles,
) -> Result<(), DecisionError> {
    let (by, at) = (metadata.by, work.now());
    let RescheduleBooking {
        booking_id,
        starts_at,
        ..
    } = command;
    let present = agreement.appointment.as_ref();
    let doctor_id = command
        .doctor_id
        .or(present.map(|appointment| appointment.doctor_id))
        .ok_or_else(|| DecisionError::refuse(Refusal::Incomplete { field: "doctor_id" }))?;
    let instant =
        TimeRange::lasting(starts_at, 1).map_err(|_| DecisionError::refuse(ScheduleRefusal::InThePast))?;

    // The booking speaks first: what it refuses needs no look at any day.
    let wanted = Appointment {
        doctor_id,
        visit: instant,
        days: Vec::new(),
        clinic_id: None,
    };
    decide::decide(booking, Reschedule { to: wanted, by, at }).map_err(DecisionError::refuse)?;
    let there_already = present
        .filter(|now| now.doctor_id == doctor_id && now.visit.start() == starts_at && is_claimed(booking));
    if let Some(appointment) = there_already {
        // Nothing moves; the patient may have accepted what others set.
        let to = appointment.clone();
        return apply_to_booking(work, booking_id, Reschedule { to, by, at });
    }
    let doctor = profiles.accepting(doctor_id)?;
    if !policy::may_send(by, doctor.clinic_id) {
        return Err(DecisionError::refuse(ScheduleRefusal::DoctorNotAvailable));
    }

    // The old time is freed first, so that a visit may move by less than its own length.
    release(work, agreement, at)?;
    let days = DayWindow::around(work, doctor_id, Some(doctor.zone.as_str()), instant)?;
    let claimed = if matches!(booking, Booking::Requested(_)) {
        days.adjacent_days().hold(HoldSlot {
            booking_id,
            starts_at,
            // What has begun is not paid for; the booking's deadline is cut the same way.
            until: agreement.pay_by.min(starts_at),
            at,
        })
    } else {
        let visit = days.slot_at(starts_at).map_err(DecisionError::refuse)?;
        days.adjacent_days().claim(Claim {
            booking_id,
            visit,
            keep_hours: true,
            at,
        })
    };
    let claimed = claimed
        .map_err(in_the_patients_words)
        .map_err(DecisionError::refuse)?;
    apply_to_booking(
        work,
        booking_id,
        Reschedule {
            to: claimed.appointment.of_clinic(doctor.clinic_id),
            by,
            at,
        },
    )?;
    days.record(work, claimed.facts)?;
    provider::ensure_hold_outlasts_visit(work, booking_id)
}

/// Whether the booking's appointment is held or claimed in the doctor's days: not once the doctor was taken off.
fn is_claimed(booking: &Booking) -> bool {
    matches!(booking, Booking::Requested(_) | Booking::Assigned(_))
}

/// `doctor_busy` is said to whoever assigns; a patient who moves a visit meets a taken slot.
fn in_the_patients_words(refusal: ScheduleRefusal) -> ScheduleRefusal {
    match refusal {
        ScheduleRefusal::DoctorBusy { overdue } => ScheduleRefusal::SlotTaken { overdue },
        ScheduleRefusal::SlotTaken { .. }
        | ScheduleRefusal::OutsideWorkingHours
        | ScheduleRefusal::InThePast
        | ScheduleRefusal::DoctorNotAvailable
        | ScheduleRefusal::DayAlreadyOpen
        | ScheduleRefusal::DayClaimed { .. }
        | ScheduleRefusal::DayNotOpen
        | ScheduleRefusal::DayNotLonger
        | ScheduleRefusal::DayOverlaps
        | ScheduleRefusal::NotAWorkingDay => refusal,
    }
}
