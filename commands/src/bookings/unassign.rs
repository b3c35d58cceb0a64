//! A doctor is taken off a booking; the doctor's time is free again in the same append.

use domain::booking::commands::Unassign;
use domain::ids::BookingId;

use crate::bookings::acting;
use crate::context::CommandMetadata;
use crate::outcome::{BookingState, CommandOutcome};
use crate::policy;
use crate::refusal::CommandFault;
use crate::services::CommandServices;

/// Takes the doctor off. A scheduled booking then waits for an admin or a new time.
///
/// # Errors
/// `not_found`, `forbidden`, `not_now`; and the faults of the log.
pub async fn unassign(
    services: &CommandServices,
    asked: &CommandMetadata,
    booking_id: BookingId,
) -> Result<CommandOutcome<BookingState>, CommandFault> {
    acting::act(services, asked, booking_id, policy::UNASSIGN, |room, _| {
        let at = room.now();
        acting::decide_booking(room, booking_id, Unassign { by: asked.by, at })
    })
    .await
}
