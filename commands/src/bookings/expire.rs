//! A booking that nobody paid in time gives its slot back, unless its money has come after all.

use domain::booking::Booking;
use domain::booking::commands::Expire;
use domain::ids::BookingId;
use domain::payment::Payment;

use crate::bookings::acting;
use crate::context::CommandMetadata;
use crate::outcome::{BookingState, CommandOutcome};
use crate::policy;
use crate::refusal::CommandFault;
use crate::services::CommandServices;
use crate::streams;

/// Asks a booking to expire. Nothing happens before `pay_by`, nor to a booking that does not wait for money; a living
/// payment that is authorised or captured secures the booking instead.
///
/// # Errors
/// `not_found`; and the faults of the log.
pub async fn expire(
    services: &CommandServices,
    asked: &CommandMetadata,
    booking_id: BookingId,
) -> Result<CommandOutcome<BookingState>, CommandFault> {
    acting::act(services, asked, booking_id, policy::REACT, |room, booking| {
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
