//! A visit is over, called off or missed: what is due is captured, the rest is free again or goes back.

use domain::booking::Booking;
use domain::ids::BookingId;
use domain::money::Money;
use domain::payment::commands::Settle;
use domain::payment::events::RefundReason;

use crate::bookings::execution;
use crate::context::CommandMetadata;
use crate::outcome::{BookingState, CommandOutcome};
use crate::payments::moving;
use crate::refusal::{CommandError, Refusal};
use crate::services::CommandServices;
use crate::streams;
use crate::wallet::StatementPeriods;

/// Settles the money that secured a booking. A booking that no money ever secured has nothing to settle: money that
/// comes later is refused and goes back by itself.
///
/// # Errors
/// `not_found`, `payment_method_unavailable`; and the errors of the log.
pub async fn settle(
    services: &CommandServices,
    metadata: &CommandMetadata,
    booking_id: BookingId,
    due: Money,
) -> Result<CommandOutcome<BookingState>, CommandError> {
    let name = streams::booking(booking_id);
    let mut periods = StatementPeriods::of(services);
    loop {
        let known = std::slice::from_ref(&name);
        let outcome =
            event_store::execute::<Refusal, _>(&services.log, &metadata.context(&name), known, |work| {
                let booking = work.state::<Booking>(&name)?;
                let Some(payment_id) = booking.agreement().and_then(|agreement| agreement.secured_by) else {
                    return Ok(());
                };
                let settle = Settle {
                    due,
                    reason: RefundReason::Settlement,
                    by: metadata.by,
                    at: work.now(),
                };
                moving::move_money(
                    work,
                    &mut periods,
                    &streams::payment(payment_id, booking_id),
                    settle,
                )
            })
            .await
            .map_err(CommandError::from);
        if !periods.looked_up(&outcome).await? {
            return execution::booking_outcome(services, &outcome?, &name).await;
        }
    }
}
