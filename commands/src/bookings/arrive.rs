//! The assigned doctor, or an admin, reports that the doctor is at the door or, for a consultation, in the room.

use domain::booking::commands::Arrive;
use domain::ids::BookingId;

use crate::bookings::acting;
use crate::context::CommandMetadata;
use crate::outcome::{BookingState, CommandOutcome};
use crate::policy;
use crate::refusal::CommandFault;
use crate::services::CommandServices;

/// Reports that the doctor is at the door or, for a consultation, in the room.
///
/// # Errors
/// `not_found`, `forbidden`, `not_now`, `too_early`, `too_late`; and the faults of the log.
pub async fn arrive(
    services: &CommandServices,
    asked: &CommandMetadata,
    booking_id: BookingId,
) -> Result<CommandOutcome<BookingState>, CommandFault> {
    let clocks = services.prices.clocks().await?;
    acting::act(services, asked, booking_id, policy::VISIT, |room, booking| {
        let at = room.now();
        acting::decide_booking(
            room,
            booking_id,
            Arrive {
                by: asked.by,
                windows: clocks.of(booking),
                at,
            },
        )
    })
    .await
}
