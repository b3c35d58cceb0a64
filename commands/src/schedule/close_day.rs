//! A day closes: it takes no bookings by itself any more.

use domain::ids::DoctorId;
use domain::schedule::commands;
use jiff::civil::Date;

use crate::bookings::execution::DayWindow;
use crate::bookings::retry_after_expiry::ExpiredHoldRetry;
use crate::context::CommandMetadata;
use crate::outcome::{CommandOutcome, DayState};
use crate::refusal::{CommandError, Refusal};
use crate::schedule::open_day::permit;
use crate::services::CommandServices;
use crate::streams::{self, DecisionError};

#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Copy, Debug)]
pub struct CloseDay {
    pub doctor_id: DoctorId,
    pub date: Date,
}

/// Closes a day, as that doctor, the doctor's clinic or an admin. A day that is not open is closed already.
///
/// # Errors
/// `forbidden`, `day_claimed` while any visit claims time there, `in_the_past`; and the errors of the log.
pub async fn close_day(
    services: &CommandServices,
    metadata: &CommandMetadata,
    command: CloseDay,
) -> Result<CommandOutcome<DayState>, CommandError> {
    permit(services, metadata.by, command.doctor_id).await?;
    let mut retry = ExpiredHoldRetry::default();
    loop {
        let answer = close(services, metadata, command).await;
        if !retry.expire_and_retry(services, metadata, &answer).await? {
            return answer;
        }
    }
}

async fn close(
    services: &CommandServices,
    metadata: &CommandMetadata,
    command: CloseDay,
) -> Result<CommandOutcome<DayState>, CommandError> {
    let CloseDay { doctor_id, date } = command;
    let name = streams::day(doctor_id, date);
    let known = std::slice::from_ref(&name);
    let outcome =
        event_store::execute::<Refusal, _>(&services.log, &metadata.context(&name), known, |work| {
            let days = DayWindow::load(work, doctor_id, None, &[date])?;
            let close = commands::CloseDay {
                date,
                by: metadata.by,
                at: work.now(),
            };
            let facts = days.adjacent_days().close(close).map_err(DecisionError::refuse)?;
            days.record(work, facts)
        })
        .await?;
    Ok(CommandOutcome::of_day(&outcome, &name))
}
