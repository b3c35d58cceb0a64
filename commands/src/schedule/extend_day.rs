//! An open day is given longer hours.

use domain::ids::DoctorId;
use domain::schedule::DoctorDay;
use domain::schedule::commands;
use domain::schedule::refusal::ScheduleRefusal;
use jiff::civil::Date;

use crate::bookings::execution::DayWindow;
use crate::context::CommandMetadata;
use crate::outcome::{CommandOutcome, DayState};
use crate::refusal::{CommandError, Refusal};
use crate::schedule::open_day::{WorkingHours, permit, working};
use crate::services::CommandServices;
use crate::streams::{self, DecisionError};

#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug)]
pub struct ExtendDay {
    pub doctor_id: DoctorId,
    pub date: Date,
    /// When visits can be booked from now on, on the clock's face of the zone the day was opened in.
    pub hours: Vec<WorkingHours>,
}

/// Gives an open day longer hours, as that doctor, the doctor's clinic or an admin; slot length and buffers stay.
///
/// # Errors
/// `forbidden`, `day_not_open`, `day_not_longer`, `day_overlaps`, `not_a_working_day`, `in_the_past`; and the faults of
/// the log.
pub async fn extend_day(
    services: &CommandServices,
    metadata: &CommandMetadata,
    command: ExtendDay,
) -> Result<CommandOutcome<DayState>, CommandError> {
    let ExtendDay { doctor_id, date, .. } = command;
    permit(services, metadata.by, doctor_id).await?;
    let name = streams::day(doctor_id, date);
    let known = std::slice::from_ref(&name);
    let outcome =
        event_store::execute::<Refusal, _>(&services.log, &metadata.context(&name), known, |work| {
            let days = DayWindow::load(work, doctor_id, None, &[date])?;
            let day = work.state::<DoctorDay>(&name)?;
            let open = day
                .hours()
                .ok_or(ScheduleRefusal::DayNotOpen)
                .map_err(DecisionError::refuse)?;
            let extend = commands::ExtendDay {
                date,
                working: working(&command.hours, date, &open.zone).map_err(DecisionError::refuse)?,
                by: metadata.by,
                at: work.now(),
            };
            let facts = days
                .adjacent_days()
                .extend(extend)
                .map_err(DecisionError::refuse)?;
            days.record(work, facts)
        })
        .await?;
    Ok(CommandOutcome::of_day(&outcome, &name))
}
