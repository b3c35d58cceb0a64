//! The patient accepts the doctor and time that somebody else set.

use domain::booking::commands::AcceptChange;
use domain::ids::BookingId;

use crate::bookings::acting;
use crate::context::CommandMetadata;
use crate::outcome::{BookingState, CommandOutcome};
use crate::policy;
use crate::refusal::CommandFault;
use crate::services::CommandServices;

/// Accepts what others changed: from here on cancelling costs again what the terms say. A patient who wants to accept
/// nothing but what was seen names the version seen.
///
/// # Errors
/// `not_found`, `forbidden`, `not_now`; and the faults of the log.
pub async fn accept_change(
    services: &CommandServices,
    asked: &CommandMetadata,
    booking_id: BookingId,
) -> Result<CommandOutcome<BookingState>, CommandFault> {
    acting::act(services, asked, booking_id, policy::ACCEPT_CHANGE, |room, _| {
        let at = room.now();
        acting::decide_booking(room, booking_id, AcceptChange { by: asked.by, at })
    })
    .await
}
