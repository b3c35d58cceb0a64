//! An intent becomes a use case, asked for by its process under the intent's own id.

use domain::booking::Booking;

use crate::answer::{BookingAnswer, Done};
use crate::bookings;
use crate::context::Asked;
use crate::house::House;
use crate::intents::Intent;
use crate::payments;
use crate::refusal::CommandFault;

/// Carries an intent out. Repeating it repeats the first outcome, not the effect.
///
/// # Errors
/// What the use case ends in.
pub(crate) async fn carry_out(house: &House, asked: &Asked, intent: Intent) -> Result<(), CommandFault> {
    match intent {
        Intent::ExpireBooking { booking_id } => expired(&bookings::expire(house, asked, booking_id).await?),
        Intent::SecureBooking {
            booking_id,
            payment_id,
        } => bookings::money_arrived(house, asked, booking_id, payment_id)
            .await
            .map(drop),
        Intent::ReturnMoney {
            booking_id,
            payment_id,
        } => payments::return_money(house, asked, booking_id, payment_id)
            .await
            .map(drop),
        Intent::SettleBooking { booking_id, due } => {
            payments::settle(house, asked, booking_id, due).await.map(drop)
        }
    }
}

/// The queue judges what is due by the database's own clock, of which this process only has samples: a booking that still
/// waits after its time was asked a moment too early and must be asked again, or nobody ever would.
fn expired(done: &Done<BookingAnswer>) -> Result<(), CommandFault> {
    match &*done.answer.booking {
        Booking::Requested(_) => Err(CommandFault::Busy),
        Booking::Absent
        | Booking::Secured(_)
        | Booking::Assigned(_)
        | Booking::EnRoute(_)
        | Booking::InProgress(_)
        | Booking::Completed(_)
        | Booking::Cancelled(_)
        | Booking::Expired(_)
        | Booking::NoShow(_) => Ok(()),
    }
}
