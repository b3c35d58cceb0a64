//! What a booking is to its caller as of now, by its facts: a read model may not know yet that it is so no longer.

use domain::booking::{Booking, windows};
use domain::ids::BookingId;

use crate::context::CommandMetadata;
use crate::policy::{MayReadBooking, Permission};
use crate::refusal::{CommandError, Refusal};
use crate::services::CommandServices;
use crate::streams::{self, DecisionError};

/// Whether the caller may look at the booking now. Leaves no fact.
///
/// # Errors
/// `not_found` for what is somebody else's, `forbidden`; and the errors of the log.
pub async fn concerns(
    services: &CommandServices,
    metadata: &CommandMetadata,
    booking_id: BookingId,
) -> Result<(), CommandError> {
    is_concealed(services, metadata, booking_id).await.map(drop)
}

/// Whether its doctor may not see yet where the visit goes and why. Leaves no fact.
///
/// # Errors
/// As [`concerns`].
pub async fn is_concealed(
    services: &CommandServices,
    metadata: &CommandMetadata,
    booking_id: BookingId,
) -> Result<bool, CommandError> {
    let name = streams::booking(booking_id);
    let clocks = services.prices.clocks().await?;
    let mut concealed = false;
    event_store::execute::<Refusal, _>(
        &services.log,
        &metadata.context(&name),
        std::slice::from_ref(&name),
        |work| {
            let booking = work.state::<Booking>(&name)?;
            MayReadBooking::RULE
                .permit_on(&booking, metadata.by)
                .map_err(DecisionError::refuse)?;
            concealed = windows::is_concealed(&booking, &clocks.of(&booking), work.now());
            Ok(())
        },
    )
    .await?;
    Ok(concealed)
}
