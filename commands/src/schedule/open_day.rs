//! A doctor's day opens for bookings, in the local hours of the doctor's zone.

use std::sync::Arc;

use domain::ids::DoctorId;
use domain::people::{Actor, Role};
use domain::schedule::adjacent_days::dates_beside;
use domain::schedule::commands;
use domain::schedule::hours;
use domain::schedule::refusal::ScheduleRefusal;
use domain::time::TimeRange;
use identity::DoctorProfile;
use jiff::civil::Date;

use crate::bookings::execution::DayWindow;
use crate::context::CommandMetadata;
use crate::outcome::{CommandOutcome, DayState};
use crate::policy::{MayKeepDays, Permission};
use crate::refusal::{CommandError, Refusal};
use crate::services::CommandServices;
use crate::streams::{self, DecisionError};

#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug)]
pub struct OpenDay {
    pub doctor_id: DoctorId,
    pub date: Date,
    /// The IANA zone; the doctor's own if absent.
    pub zone: Option<String>,
    /// When visits can be booked, on the clock's face.
    pub hours: Vec<WorkingHours>,
    pub slot_minutes: u16,
    pub buffer_before_minutes: u16,
    pub buffer_after_minutes: u16,
}

/// Local hours, from a minute of the day to another (`0..=1440`, end excluded).
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkingHours {
    pub from_minute: u16,
    pub until_minute: u16,
}

/// Opens a day, as that doctor, the doctor's clinic or an admin.
///
/// # Errors
/// `not_found`, `forbidden`, `doctor_not_available`, `day_already_open`, `day_overlaps`, `not_a_working_day`, `in_the_past`; and the
/// errors of the log.
pub async fn open_day(
    services: &CommandServices,
    metadata: &CommandMetadata,
    command: OpenDay,
) -> Result<CommandOutcome<DayState>, CommandError> {
    let OpenDay { doctor_id, date, .. } = command;
    permit(services, metadata.by, doctor_id).await?;
    let doctor = services.doctor(doctor_id).await?;
    let name = streams::day(doctor_id, date);
    let dates = dates_beside(date);
    let known = dates.map(|date| streams::day(doctor_id, date));
    let outcome =
        event_store::execute::<Refusal, _>(&services.log, &metadata.context(&name), &known, |work| {
            let zone = zone(doctor.as_ref(), command.zone.as_deref())?;
            let days = DayWindow::load(work, doctor_id, Some(&zone), &dates)?;
            let open = commands::OpenDay {
                date,
                working: working(&command.hours, date, &zone).map_err(DecisionError::refuse)?,
                zone,
                slot_minutes: command.slot_minutes,
                buffer_before_minutes: command.buffer_before_minutes,
                buffer_after_minutes: command.buffer_after_minutes,
                by: metadata.by,
                at: work.now(),
            };
            let facts = days.adjacent_days().open(open).map_err(DecisionError::refuse)?;
            days.record(work, facts)
        })
        .await?;
    Ok(CommandOutcome::of_day(&outcome, &name))
}

/// Doctors keep their own days, clinics those of their doctors, admins everybody's.
///
/// # Errors
/// `forbidden`, `not_found` to another clinic; and [`CommandError::Unavailable`].
pub async fn permit(services: &CommandServices, by: Actor, doctor_id: DoctorId) -> Result<(), CommandError> {
    // A clinic that has just released the doctor keeps these days no more, whatever another process remembers.
    let doctor = match by {
        Actor::Person {
            role: Role::Clinic, ..
        } => services.doctor_now(doctor_id).await?,
        Actor::Person { .. } | Actor::Process => services.doctor(doctor_id).await?,
    };
    let clinic_id = doctor.and_then(|doctor| doctor.clinic_id);
    Ok(MayKeepDays::RULE.permit_on_doctor(doctor_id, clinic_id, by)?)
}

/// The zone asked for, else the doctor's own.
pub(crate) fn zone(
    doctor: Option<&Arc<DoctorProfile>>,
    metadata: Option<&str>,
) -> Result<String, DecisionError> {
    let doctor = doctor.ok_or_else(|| DecisionError::refuse(ScheduleRefusal::DoctorNotAvailable))?;
    Ok(metadata.unwrap_or_else(|| doctor.zone.as_str()).to_owned())
}

/// Hours on the clock's face as the instants they are on that date.
pub(crate) fn working(
    windows: &[WorkingHours],
    date: Date,
    zone: &str,
) -> Result<Vec<TimeRange>, ScheduleRefusal> {
    let mut working = Vec::new();
    for WorkingHours {
        from_minute,
        until_minute,
    } in windows
    {
        working.extend(hours::window(date, zone, *from_minute, *until_minute)?);
    }
    Ok(working)
}
