//! Money that its booking refused goes back in full.

use domain::ids::{BookingId, PaymentId};
use domain::money::Money;
use domain::payment::commands::Settle;
use domain::payment::events::RefundReason;
use event_store::execute;

use crate::context::CommandMetadata;
use crate::outcome::{CommandOutcome, PaymentState};
use crate::payments::moving;
use crate::refusal::{CommandError, Refusal};
use crate::services::CommandServices;
use crate::streams;
use crate::wallet::StatementPeriods;

/// Returns all of a payment's money: a hold is given up, taken money is refunded.
///
/// # Errors
/// `not_found`, `payment_method_unavailable`; and the errors of the log.
pub async fn return_money(
    services: &CommandServices,
    metadata: &CommandMetadata,
    booking_id: BookingId,
    payment_id: PaymentId,
) -> Result<CommandOutcome<PaymentState>, CommandError> {
    let name = streams::payment(payment_id, booking_id);
    let mut periods = StatementPeriods::of(services);
    loop {
        let known = std::slice::from_ref(&name);
        let outcome = execute::<Refusal, _>(&services.log, &metadata.context(&name), known, |work| {
            let (reason, at) = (RefundReason::LatePayment, work.now());
            let settle = Settle {
                due: Money::ZERO,
                reason,
                by: metadata.by,
                at,
            };
            moving::move_money(work, &mut periods, &name, settle)
        })
        .await
        .map_err(CommandError::from);
        if !periods.looked_up(&outcome).await? {
            return outcome.and_then(|outcome| moving::answer(&outcome, &name));
        }
    }
}
