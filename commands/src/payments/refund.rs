//! An admin gives captured money back, with a reason.

use domain::ids::PaymentId;
use domain::money::Money;
use domain::payment::commands::Refund;
use domain::payment::events::RefundReason;

use crate::context::CommandMetadata;
use crate::outcome::{CommandOutcome, PaymentState};
use crate::payments::{locate_payment, moving};
use crate::policy::{MayOperate, Permission};
use crate::refusal::CommandError;
use crate::services::CommandServices;
use crate::wallet::StatementPeriods;

#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Copy, Debug)]
pub struct RefundPayment {
    pub payment_id: PaymentId,
    /// How much; at most what is left of the captured money.
    pub amount: Money,
    /// Why; one of [`RefundReason::BY_ADMIN`].
    pub reason: RefundReason,
    /// Whether it is meant though a refund of the same amount was asked for within the last minute.
    pub again: bool,
}

/// Gives money back, as an admin. What goes back of a deposit leaves the wallet in the same append.
///
/// # Errors
/// `forbidden`, `not_found`, `not_now`, `exceeds_captured`, `refund_under_way`, `insufficient_funds`, `amount_out_of_range`;
/// and the errors of the log.
pub async fn refund(
    services: &CommandServices,
    metadata: &CommandMetadata,
    command: RefundPayment,
) -> Result<CommandOutcome<PaymentState>, CommandError> {
    MayOperate::RULE.permit(metadata.by)?;
    let name = locate_payment(services, command.payment_id).await?.stream();
    let mut periods = StatementPeriods::of(services);
    loop {
        let known = std::slice::from_ref(&name);
        let outcome = event_store::execute(&services.log, &metadata.context(&name), known, |work| {
            let refund = Refund {
                amount: command.amount,
                reason: command.reason,
                by: metadata.by,
                again: command.again,
                at: work.now(),
            };
            moving::move_money(work, &mut periods, &name, refund)
        })
        .await
        .map_err(CommandError::from);
        if !periods.looked_up(&outcome).await? {
            return outcome.and_then(|outcome| moving::answer(&outcome, &name));
        }
    }
}
