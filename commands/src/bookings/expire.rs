//! A booking that nobody paid in time gives its slot back, unless its money has come after all.

use domain::booking::Booking;
use domain::booking::commands::Expire;
use domain::ids::BookingId;
use domain::payment::Payment;

use crate::answer::{BookingAnswer, Done};
use crate::bookings::acting;
use crate::context::Asked;
use crate::house::House;
use crate::policy;
use crate::refusal::CommandFault;
use crate::streams;

/// Asks a booking to expire. Nothing happens before `pay_by`, nor to a booking that does not wait for money; a living
/// payment that is authorised or captured secures the booking instead.
///
/// # Errors
/// `not_found`; and the faults of the log.
pub async fn expire(
    house: &House,
    asked: &Asked,
    booking_id: BookingId,
) -> Result<Done<BookingAnswer>, CommandFault> {
    acting::act(house, asked, booking_id, policy::REACT, |room, booking| {
        let Booking::Requested(agreement) = &**booking else {
            return Ok(());
        };
        let at = room.now();
        if at < agreement.pay_by {
            return Ok(());
        }
        let payment_secures = match agreement.live_payment {
            None => None,
            Some(payment_id) => {
                let payment = room.state::<Payment>(&streams::payment(payment_id, booking_id))?;
                payment.secures().then_some(payment_id)
            }
        };
        acting::decide_booking(room, booking_id, Expire { payment_secures, at })
    })
    .await
}
