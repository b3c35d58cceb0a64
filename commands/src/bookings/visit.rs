//! How a visit goes: what the assigned doctor, or an admin, reports of it, and that the doctor is taken off.

use domain::booking::commands::{ReportVisit, Unassign};
use domain::booking::decide::visit::VisitReport;
use domain::ids::BookingId;

use crate::bookings::execution::{apply_to_booking, execute_on_booking};
use crate::context::CommandMetadata;
use crate::outcome::{BookingState, CommandOutcome};
use crate::policy::{MayReportVisit, MayUnassign, Permission};
use crate::refusal::CommandError;
use crate::services::CommandServices;

/// Reports a step of the visit, within the windows that the booking's price list gives it.
///
/// # Errors
/// `not_found`, `forbidden`, `not_now`, `in_the_past`, `too_early`, `too_late`; and the errors of the log.
pub async fn report(
    services: &CommandServices,
    metadata: &CommandMetadata,
    booking_id: BookingId,
    report: VisitReport,
) -> Result<CommandOutcome<BookingState>, CommandError> {
    let clocks = services.prices.clocks().await?;
    let rule = MayReportVisit::RULE;
    execute_on_booking(services, metadata, booking_id, rule, |work, booking, _| {
        let command = ReportVisit {
            report,
            by: metadata.by,
            windows: clocks.of(booking),
            at: work.now(),
        };
        apply_to_booking(work, booking_id, command)
    })
    .await
}

/// Takes the doctor off; their time is free again in the same append. A scheduled booking then waits for an admin or a new
/// time.
///
/// # Errors
/// `not_found`, `forbidden`, `not_now`; and the errors of the log.
pub async fn unassign(
    services: &CommandServices,
    metadata: &CommandMetadata,
    booking_id: BookingId,
) -> Result<CommandOutcome<BookingState>, CommandError> {
    execute_on_booking(services, metadata, booking_id, MayUnassign::RULE, |work, _, _| {
        let (by, at) = (metadata.by, work.now());
        apply_to_booking(work, booking_id, Unassign { by, at })
    })
    .await
}
