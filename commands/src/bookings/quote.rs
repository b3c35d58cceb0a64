//! What cancelling a booking would cost right now, to the kopeck.

use domain::booking::Booking;
use domain::ids::BookingId;
use domain::money::Money;

use crate::answer::Done;
use crate::context::Asked;
use crate::house::House;
use crate::policy;
use crate::refusal::{CommandFault, Refusal};
use crate::streams::{self, Stop};

/// The exact fee if the caller cancelled now. Leaves no fact.
///
/// # Errors
/// `not_found`, `too_late`, `not_now` as for cancelling; and the faults of the log.
pub async fn quote(house: &House, asked: &Asked, booking_id: BookingId) -> Result<Done<Money>, CommandFault> {
    let name = streams::booking(booking_id);
    let mut fee = Money::ZERO;
    let outcome = event_store::execute::<Refusal, _>(
        &house.log,
        &asked.context(&name),
        std::slice::from_ref(&name),
        |room| {
            let booking = room.state::<Booking>(&name)?;
            policy::READ_BOOKING
                .permit_on(&booking, asked.by)
                .map_err(Stop::refuse)?;
            fee = domain::booking::quote(&booking, asked.by, room.now()).map_err(Stop::refuse)?;
            Ok(())
        },
    )
    .await?;
    Ok(Done {
        answer: fee,
        position: outcome.position,
        version: outcome.version(&name),
        replayed: false,
    })
}
