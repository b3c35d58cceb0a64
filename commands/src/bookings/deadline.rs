//! What a booking's time has come for, as processes ask: an unpaid one expires, and a paid one that nobody takes further is
//! told to an operator and later ends by itself.

use domain::booking::Booking;
use domain::booking::commands::{Expire, PassDeadline};
use domain::ids::BookingId;
use domain::payment::Payment;

use crate::bookings::execution::{apply_to_booking, execute_on_booking};
use crate::context::CommandMetadata;
use crate::outcome::{BookingState, CommandOutcome};
use crate::policy::{MayReact, Permission};
use crate::refusal::CommandError;
use crate::services::CommandServices;
use crate::streams;

/// Asks a booking to expire. Nothing happens before `pay_by`, nor to a booking that does not wait for money; an active
/// payment that is authorised or captured secures the booking instead.
///
/// # Errors
/// `not_found`; and the errors of the log.
pub async fn expire(
    services: &CommandServices,
    metadata: &CommandMetadata,
    booking_id: BookingId,
) -> Result<CommandOutcome<BookingState>, CommandError> {
    execute_on_booking(
        services,
        metadata,
        booking_id,
        MayReact::RULE,
        |work, booking, agreement| {
            let at = work.now();
            if !matches!(booking, Booking::Requested(_)) || at < agreement.pay_by {
                return Ok(());
            }
            let payment_secures = match agreement.live_payment {
                None => None,
                Some(payment_id) => {
                    let payment = work.state::<Payment>(&streams::payment(payment_id, booking_id))?;
                    payment.secures().then_some(payment_id)
                }
            };
            apply_to_booking(work, booking_id, Expire { payment_secures, at })
        },
    )
    .await
}

/// Lets the booking do what its time has come for. Nothing happens before, nor to a booking that went on or is over.
///
/// # Errors
/// `not_found`; and the errors of the log.
pub async fn pass_deadline(
    services: &CommandServices,
    metadata: &CommandMetadata,
    booking_id: BookingId,
) -> Result<CommandOutcome<BookingState>, CommandError> {
    let clocks = services.prices.clocks().await?;
    execute_on_booking(
        services,
        metadata,
        booking_id,
        MayReact::RULE,
        |work, booking, _| {
            let (windows, at) = (clocks.of(booking), work.now());
            apply_to_booking(work, booking_id, PassDeadline { windows, at })
        },
    )
    .await
}
