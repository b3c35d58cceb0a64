//! A paid booking that nobody serves ends by itself, as a process asks: no doctor was found, or none ever set out.

use domain::booking::commands::{Missed, NobodyFound};
use domain::ids::BookingId;

use crate::answer::{BookingAnswer, Done};
use crate::bookings::acting;
use crate::context::Asked;
use crate::house::House;
use crate::policy;
use crate::refusal::CommandFault;

/// Ends the search for a doctor, if it has lasted long enough or the visit's own time has come. Nothing happens before,
/// nor to a booking that has a doctor or is over.
///
/// # Errors
/// `not_found`; and the faults of the log.
pub async fn nobody_found(
    house: &House,
    asked: &Asked,
    booking_id: BookingId,
) -> Result<Done<BookingAnswer>, CommandFault> {
    let windows = house.policies.visit;
    acting::act(house, asked, booking_id, policy::REACT, |room, _| {
        let at = room.now();
        acting::decide_booking(room, booking_id, NobodyFound { windows, at })
    })
    .await
}

/// Gives up a visit that nobody departed for, a day after its end. Nothing happens before, nor to a booking that went on
/// or is over.
///
/// # Errors
/// `not_found`; and the faults of the log.
pub async fn missed(
    house: &House,
    asked: &Asked,
    booking_id: BookingId,
) -> Result<Done<BookingAnswer>, CommandFault> {
    let windows = house.policies.visit;
    acting::act(house, asked, booking_id, policy::REACT, |room, _| {
        let at = room.now();
        acting::decide_booking(room, booking_id, Missed { windows, at })
    })
    .await
}
