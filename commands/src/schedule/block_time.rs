//! A doctor keeps a stretch of time free of visits.

use domain::ids::{BlockId, DoctorId};
use domain::schedule::adjacent_days::dates_spanning;
use domain::schedule::commands;
use domain::schedule::hours;
use domain::schedule::refusal::ScheduleRefusal;
use domain::time::TimeRange;
use jiff::SignedDuration;

use crate::bookings::execution::DayWindow;
use crate::bookings::retry_after_expiry::ExpiredHoldRetry;
use crate::context::CommandMetadata;
use crate::outcome::{BlockState, CommandOutcome};
use crate::refusal::{CommandError, Refusal};
use crate::schedule::open_day::{permit, zone};
use crate::services::CommandServices;
use crate::streams::{self, DecisionError};

#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Copy, Debug)]
pub struct BlockTime {
    pub doctor_id: DoctorId,
    pub range: TimeRange,
}

/// Keeps a stretch free, as that doctor, the doctor's clinic or an admin.
///
/// # Errors
/// `not_found`, `forbidden`, `invalid` when the stretch is longer than [`hours::BLOCK_HOURS_MAX`], `doctor_not_available`,
/// `slot_taken` when a visit is there, `in_the_past`; and the errors of the log.
pub async fn block_time(
    services: &CommandServices,
    metadata: &CommandMetadata,
    command: BlockTime,
) -> Result<CommandOutcome<BlockState>, CommandError> {
    permit(services, metadata.by, command.doctor_id).await?;
    if command.range.end().duration_since(command.range.start())
        > SignedDuration::from_hours(hours::BLOCK_HOURS_MAX)
    {
        return Err(Refusal::NotAllowed { field: "ends_at" }.into());
    }
    let mut retry = ExpiredHoldRetry::default();
    loop {
        let answer = block(services, metadata, command).await;
        if !retry.expire_and_retry(services, metadata, &answer).await? {
            return answer;
        }
    }
}

async fn block(
    services: &CommandServices,
    metadata: &CommandMetadata,
    command: BlockTime,
) -> Result<CommandOutcome<BlockState>, CommandError> {
    let BlockTime { doctor_id, range } = command;
    let doctor = services.doctor(doctor_id).await?;
    let zone = zone(doctor.as_ref(), None).map_err(|_| Refusal::from(ScheduleRefusal::DoctorNotAvailable))?;
    let date = hours::local_date(range.start(), &zone).map_err(|error| Refusal::Schedule(error.into()))?;
    let name = streams::day(doctor_id, date);
    let block_id = BlockId::from_uuid(metadata.created_id("block"));
    let dates = dates_spanning(range);
    let known: Vec<_> = dates.iter().map(|date| streams::day(doctor_id, *date)).collect();
    let outcome =
        event_store::execute::<Refusal, _>(&services.log, &metadata.context(&name), &known, |work| {
            let days = DayWindow::load(work, doctor_id, Some(&zone), &dates)?;
            let block = commands::BlockTime {
                block_id,
                range,
                by: metadata.by,
                at: work.now(),
            };
            let facts = days.adjacent_days().block(block).map_err(DecisionError::refuse)?;
            days.record(work, facts)
        })
        .await?;
    Ok(CommandOutcome::of(
        BlockState {
            block_id,
            doctor_id,
            range,
        },
        &outcome,
        &name,
    ))
}
