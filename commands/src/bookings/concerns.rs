//! Whether a booking is the caller's as of now, by its facts: a read model may not know yet that it no longer is.

use domain::booking::Booking;
use domain::ids::BookingId;

use crate::bookings::parties;
use crate::context::Asked;
use crate::house::House;
use crate::refusal::{CommandFault, Refusal};
use crate::streams::{self, Stop};

/// Whether the caller may look at the booking now. Leaves no fact.
///
/// # Errors
/// `not_found` for what is somebody else's, `forbidden`; and the faults of the log.
pub async fn concerns(house: &House, asked: &Asked, booking_id: BookingId) -> Result<(), CommandFault> {
    let name = streams::booking(booking_id);
    event_store::execute::<Refusal, _>(
        &house.log,
        &asked.context(&name),
        std::slice::from_ref(&name),
        |room| {
            let booking = room.state::<Booking>(&name)?;
            parties::agreement(&booking, asked.by).map_err(Stop::refuse)?;
            Ok(())
        },
    )
    .await?;
    Ok(())
}
