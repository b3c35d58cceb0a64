//! A paid booking that nobody takes further, as a process asks: an operator is told, and later it ends by itself.

use domain::booking::commands::PassDeadline;
use domain::ids::BookingId;

use crate::answer::{BookingAnswer, Done};
use crate::bookings::acting;
use crate::context::Asked;
use crate::house::House;
use crate::policy;
use crate::refusal::CommandFault;

/// Lets the booking do what its time has come for. Nothing happens before, nor to a booking that went on or is over.
///
/// # Errors
/// `not_found`; and the faults of the log.
pub async fn pass_deadline(
    house: &House,
    asked: &Asked,
    booking_id: BookingId,
) -> Result<Done<BookingAnswer>, CommandFault> {
    let clocks = house.prices.clocks().await?;
    acting::act(house, asked, booking_id, policy::REACT, |room, booking| {
        let (windows, at) = (clocks.of(booking), room.now());
        acting::decide_booking(room, booking_id, PassDeadline { windows, at })
    })
    .await
}
