//! An intent becomes a use case, asked for by its process under the intent's own id.

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
        Intent::ExpireBooking { booking_id } => bookings::expire(house, asked, booking_id).await.map(drop),
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
