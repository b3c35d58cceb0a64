//! A paid booking that nobody takes further, as a process asks: an operator is told, and later it ends by itself.

use domain::booking::commands::PassDeadline;
use domain::ids::BookingId;

use crate::bookings::acting;
use crate::context::CommandMetadata;
use crate::outcome::{BookingState, CommandOutcome};
use crate::policy;
use crate::refusal::CommandFault;
use crate::services::CommandServices;

/// Lets the booking do what its time has come for. Nothing happens before, nor to a booking that went on or is over.
///
/// # Errors
/// `not_found`; and the faults of the log.
pub async fn pass_deadline(
    services: &CommandServices,
    asked: &CommandMetadata,
    booking_id: BookingId,
) -> Result<CommandOutcome<BookingState>, CommandFault> {
    let clocks = services.prices.clocks().await?;
    acting::act(services, asked, booking_id, policy::REACT, |room, booking| {
        let (windows, at) = (clocks.of(booking), room.now());
        acting::decide_booking(room, booking_id, PassDeadline { windows, at })
    })
    .await
}
