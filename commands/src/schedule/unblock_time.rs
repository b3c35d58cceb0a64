//! A doctor takes a block back.

use domain::ids::{BlockId, DoctorId};
use domain::schedule::adjacent_days::dates_spanning;
use domain::schedule::commands;
use domain::time::TimeRange;

use crate::bookings::execution::DayWindow;
use crate::context::CommandMetadata;
use crate::outcome::{BlockState, CommandOutcome};
use crate::refusal::{CommandError, Refusal};
use crate::schedule::open_day::permit;
use crate::services::CommandServices;
use crate::streams;

#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Copy, Debug)]
pub struct UnblockTime {
    pub doctor_id: DoctorId,
    pub block_id: BlockId,
    /// The stretch it covers, as the list of blocks says: it tells the days the block stands on, which decide.
    pub range: TimeRange,
}

/// Takes a block back on every day it stands on, as that doctor, the doctor's clinic or an admin; nothing if that was done before.
///
/// # Errors
/// `forbidden`; and the errors of the log.
pub async fn unblock_time(
    services: &CommandServices,
    metadata: &CommandMetadata,
    command: UnblockTime,
) -> Result<CommandOutcome<BlockState>, CommandError> {
    let UnblockTime {
        doctor_id,
        block_id,
        range,
    } = command;
    permit(services, metadata.by, doctor_id).await?;
    let dates = dates_spanning(range);
    let known: Vec<_> = dates.iter().map(|date| streams::day(doctor_id, *date)).collect();
    let Some(name) = known.get(1) else {
        return Err(Refusal::NotFound.into()); // No block begins on the calendar's last day.
    };
    let outcome =
        event_store::execute::<Refusal, _>(&services.log, &metadata.context(name), &known, |work| {
            // Nothing new is kept free here, so no unopened day needs a zone.
            let days = DayWindow::load(work, doctor_id, None, &dates)?;
            let facts = days.adjacent_days().unblock(&commands::UnblockTime {
                block_id,
                by: metadata.by,
                at: work.now(),
            });
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
        name,
    ))
}
