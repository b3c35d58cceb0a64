//! A doctor is taken off a booking; the doctor's time is free again in the same append.

use domain::booking::commands::Unassign;
use domain::ids::BookingId;

use crate::answer::{BookingAnswer, Done};
use crate::bookings::acting;
use crate::context::Asked;
use crate::house::House;
use crate::policy;
use crate::refusal::CommandFault;

/// Takes the doctor off. A scheduled booking then waits for an admin or a new time.
///
/// # Errors
/// `not_found`, `forbidden`, `not_now`; and the faults of the log.
pub async fn unassign(
    house: &House,
    asked: &Asked,
    booking_id: BookingId,
) -> Result<Done<BookingAnswer>, CommandFault> {
    acting::act(house, asked, booking_id, policy::UNASSIGN, |room, _| {
        let at = room.now();
        acting::decide_booking(room, booking_id, Unassign { by: asked.by, at })
    })
    .await
}
