//! The patient accepts the doctor and time that somebody else set.

use domain::booking::commands::AcceptChange;
use domain::ids::BookingId;

use crate::answer::{BookingAnswer, Done};
use crate::bookings::acting;
use crate::context::Asked;
use crate::house::House;
use crate::policy;
use crate::refusal::CommandFault;

/// Accepts what others changed: from here on cancelling costs again what the terms say. A patient who wants to accept
/// nothing but what was seen names the version seen.
///
/// # Errors
/// `not_found`, `forbidden`, `not_now`; and the faults of the log.
pub async fn accept_change(
    house: &House,
    asked: &Asked,
    booking_id: BookingId,
) -> Result<Done<BookingAnswer>, CommandFault> {
    acting::act(house, asked, booking_id, policy::ACCEPT_CHANGE, |room, _| {
        let at = room.now();
        acting::decide_booking(room, booking_id, AcceptChange { by: asked.by, at })
    })
    .await
}
