//! A doctor is set for a secured booking; their time is claimed in the same append.

use domain::booking::commands::Assign;
use domain::booking::events::{Appointment, CallType};
use domain::booking::{Agreement, Booking, decide};
use domain::ids::{BookingId, DoctorId};
use domain::schedule::commands::Claim;
use domain::schedule::refusal::ScheduleRefusal;
use domain::time::TimeRange;
use identity::DoctorProfile;
use jiff::Timestamp;

use crate::bookings::execution::{DayWindow, apply_to_booking, execute_on_booking};
use crate::bookings::retry_after_expiry::ExpiredHoldRetry;
use crate::context::CommandMetadata;
use crate::outcome::{BookingState, CommandOutcome};
use crate::policy::{self, MayAssign, Permission};
use crate::refusal::{CommandError, Refusal};
use crate::services::CommandServices;
use crate::streams::{DecisionError, UnitOfWork};

/// Who is to come.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Copy, Debug)]
pub struct AssignDoctor {
    pub booking_id: BookingId,
    pub doctor_id: DoctorId,
    /// When, for a scheduled booking whose doctor was taken off; must be a slot. An urgent visit begins now and takes
    /// none.
    pub starts_at: Option<Timestamp>,
}

/// Sets the doctor, as an admin, or as a clinic that sends one of its own. An urgent visit takes the doctor's next hour (as the price list says), in or out
/// of working hours; a scheduled one whose doctor was taken off needs a slot.
///
/// # Errors
/// `not_found`, `forbidden`, `invalid` when a time is missing or not taken, `not_now`, `doctor_busy`,
/// `doctor_not_available`, `outside_working_hours`, [`CommandError::NoPriceList`]; and the
/// errors of the log.
pub async fn assign(
    services: &CommandServices,
    metadata: &CommandMetadata,
    command: AssignDoctor,
) -> Result<CommandOutcome<BookingState>, CommandError> {
    MayAssign::RULE.permit(metadata.by)?;
    let doctor = services.doctor_now(command.doctor_id).await?;
    let doctor = doctor.as_deref().filter(|doctor| doctor.accepts);
    let mut retry = ExpiredHoldRetry::default();
    let prices = services.prices.agreed().await?;
    loop {
        let answer = execute_on_booking(
            services,
            metadata,
            command.booking_id,
            MayAssign::RULE,
            |work, booking, agreement| {
                let urgent_minutes = i64::from(prices.of(booking).terms.urgent_visit_minutes);
                set(
                    work,
                    (booking, agreement),
                    metadata,
                    command,
                    doctor,
                    urgent_minutes,
                )
            },
        )
        .await;
        if !retry.expire_and_retry(services, metadata, &answer).await? {
            return answer;
        }
    }
}

fn set(
    work: &mut UnitOfWork<'_>,
    (booking, agreement): (&Booking, &Agreement),
    metadata: &CommandMetadata,
    command: AssignDoctor,
    doctor: Option<&DoctorProfile>,
    urgent_minutes: i64,
) -> Result<(), DecisionError> {
    let (by, at) = (metadata.by, work.now());
    let AssignDoctor {
        booking_id,
        doctor_id,
        ..
    } = command;
    let urgent = agreement.call_type == CallType::Urgent;
    if urgent && command.starts_at.is_some() {
        return Err(DecisionError::refuse(Refusal::NotAllowed { field: "starts_at" }));
    }
    if is_set(booking, agreement, command) {
        return Ok(()); // The same command twice is one command.
    }
    let doctor = doctor
        .filter(|doctor| policy::may_send(by, doctor.clinic_id))
        .ok_or_else(|| DecisionError::refuse(ScheduleRefusal::DoctorNotAvailable))?;

    // The booking speaks first: what it refuses needs no look at any day.
    let starts_at = if urgent { Some(at) } else { command.starts_at };
    let starts_at =
        starts_at.ok_or_else(|| DecisionError::refuse(Refusal::Incomplete { field: "starts_at" }))?;
    let next_hour = TimeRange::lasting(starts_at, urgent_minutes);
    let next_hour = next_hour.map_err(|_| DecisionError::refuse(ScheduleRefusal::InThePast))?;
    let wanted = Appointment {
        doctor_id,
        visit: next_hour,
        days: Vec::new(),
        clinic_id: doctor.clinic_id,
    };
    decide::decide(
        booking,
        Assign {
            appointment: wanted,
            by,
            at,
        },
    )
    .map_err(DecisionError::refuse)?;

    let days = DayWindow::around(work, doctor_id, Some(doctor.zone.as_str()), next_hour)?;
    let visit = if urgent {
        next_hour
    } else {
        days.slot_at(starts_at).map_err(DecisionError::refuse)?
    };
    let claim = Claim {
        booking_id,
        visit,
        keep_hours: !urgent,
        at,
    };
    let claimed = days.adjacent_days().claim(claim).map_err(DecisionError::refuse)?;
    apply_to_booking(
        work,
        booking_id,
        Assign {
            appointment: claimed.appointment.of_clinic(doctor.clinic_id),
            by,
            at,
        },
    )?;
    days.record(work, claimed.facts)
}

/// Whether the booking has this doctor already, at this time if one is named.
fn is_set(booking: &Booking, agreement: &Agreement, command: AssignDoctor) -> bool {
    matches!(booking, Booking::Assigned(_))
        && agreement.doctor_id() == Some(command.doctor_id)
        && command
            .starts_at
            .is_none_or(|starts_at| agreement.starts_at() == Some(starts_at))
}
