//! How a visit goes: what the assigned doctor, or an admin, reports of it, and that the doctor is taken off.

use domain::booking::BookingCommand;
use domain::booking::commands::{Arrive, Complete, Depart, NoShow, StartVisit, Unassign};
use domain::ids::BookingId;
use domain::people::Actor;
use domain::policy::visit::VisitWindows;
use jiff::Timestamp;

use crate::bookings::execution::{apply_to_booking, execute_on_booking};
use crate::context::CommandMetadata;
use crate::outcome::{BookingState, CommandOutcome};
use crate::policy::{MayReportVisit, MayUnassign, Permission};
use crate::refusal::CommandError;
use crate::services::CommandServices;

/// Reports that the doctor is on the way.
///
/// # Errors
/// `not_found`, `forbidden`, `not_now`, `too_early`, `too_late`; and the faults of the log.
pub async fn depart(
    services: &CommandServices,
    metadata: &CommandMetadata,
    booking_id: BookingId,
) -> Result<CommandOutcome<BookingState>, CommandError> {
    report(services, metadata, booking_id, |by, windows, at| Depart {
        by,
        windows,
        at,
    })
    .await
}

/// Reports that the doctor is at the door or, for a consultation, in the room.
///
/// # Errors
/// As [`depart`].
pub async fn arrive(
    services: &CommandServices,
    metadata: &CommandMetadata,
    booking_id: BookingId,
) -> Result<CommandOutcome<BookingState>, CommandError> {
    report(services, metadata, booking_id, |by, windows, at| Arrive {
        by,
        windows,
        at,
    })
    .await
}

/// Reports that the visit begins.
///
/// # Errors
/// As [`depart`].
pub async fn start(
    services: &CommandServices,
    metadata: &CommandMetadata,
    booking_id: BookingId,
) -> Result<CommandOutcome<BookingState>, CommandError> {
    report(services, metadata, booking_id, |by, windows, at| StartVisit {
        by,
        windows,
        at,
    })
    .await
}

/// Reports that the visit is over and its price is due.
///
/// # Errors
/// As [`depart`], but never `too_late`.
pub async fn complete(
    services: &CommandServices,
    metadata: &CommandMetadata,
    booking_id: BookingId,
) -> Result<CommandOutcome<BookingState>, CommandError> {
    report(services, metadata, booking_id, |by, windows, at| Complete {
        by,
        windows,
        at,
    })
    .await
}

/// Reports that the patient was not there.
///
/// # Errors
/// As [`depart`].
pub async fn no_show(
    services: &CommandServices,
    metadata: &CommandMetadata,
    booking_id: BookingId,
) -> Result<CommandOutcome<BookingState>, CommandError> {
    report(services, metadata, booking_id, |by, windows, at| NoShow {
        by,
        windows,
        at,
    })
    .await
}

/// Takes the doctor off; their time is free again in the same append. A scheduled booking then waits for an admin or a new
/// time.
///
/// # Errors
/// `not_found`, `forbidden`, `not_now`; and the faults of the log.
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

/// A step of the visit, which may be taken within the windows that the booking's price list gives it.
async fn report<C: Into<BookingCommand>>(
    services: &CommandServices,
    metadata: &CommandMetadata,
    booking_id: BookingId,
    step: fn(Actor, VisitWindows, Timestamp) -> C,
) -> Result<CommandOutcome<BookingState>, CommandError> {
    let clocks = services.prices.clocks().await?;
    execute_on_booking(
        services,
        metadata,
        booking_id,
        MayReportVisit::RULE,
        |work, booking, _| {
            let at = work.now();
            apply_to_booking(work, booking_id, step(metadata.by, clocks.of(booking), at))
        },
    )
    .await
}
