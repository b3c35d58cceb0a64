//! The assigned doctor, or an admin, reports that the visit begins.

use domain::booking::commands::Start;
use domain::ids::BookingId;

use crate::answer::{BookingAnswer, Done};
use crate::bookings::acting;
use crate::context::Asked;
use crate::house::House;
use crate::policy;
use crate::refusal::CommandFault;

/// Reports that the visit begins.
///
/// # Errors
/// `not_found`, `forbidden`, `not_now`, `too_early`, `too_late`; and the faults of the log.
pub async fn start(
    house: &House,
    asked: &Asked,
    booking_id: BookingId,
) -> Result<Done<BookingAnswer>, CommandFault> {
    let clocks = house.prices.clocks().await?;
    acting::act(house, asked, booking_id, policy::VISIT, |room, booking| {
        let at = room.now();
        acting::decide_booking(
            room,
            booking_id,
            Start {
                by: asked.by,
                windows: clocks.of(booking),
                at,
            },
        )
    })
    .await
}
