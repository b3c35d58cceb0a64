//! An operator asks again for a payout that came to nothing.

use domain::ids::PayoutId;
use domain::money::Money;
use domain::payout::Payout;
use domain::payout::refusal::PayoutRefusal;
use domain::payout::rest::require_rested;
use uuid::Uuid;

use crate::context::CommandMetadata;
use crate::outcome::{CommandOutcome, PayoutState};
use crate::payouts::moving::refused;
use crate::payouts::order::Sealed;
use crate::payouts::provider::{self, answer};
use crate::payouts::run::available;
use crate::policy::{MayOperate, Permission};
use crate::refusal::CommandError;
use crate::services::CommandServices;
use crate::streams;
use crate::wallet::StatementPeriods;

/// Asks for the same money again, as an admin: a new payout to where its owner's money goes now, of what is there, at
/// most as much as before. Asking twice is asking once.
///
/// # Errors
/// `forbidden`, `not_found`, `not_now` unless it came to nothing, `payout_unavailable`, `no_payout_destination`,
/// `destination_resting`, `insufficient_funds`, `amount_out_of_range`; and the errors of the log.
pub async fn retry(
    services: &CommandServices,
    metadata: &CommandMetadata,
    payout_id: PayoutId,
) -> Result<CommandOutcome<PayoutState>, CommandError> {
    MayOperate::RULE.permit(metadata.by)?;
    if services.ports.payouts.is_none() {
        return Err(PayoutRefusal::Unavailable.into());
    }
    let payout_ref = provider::owner_of(services, payout_id).await?;
    let former = provider::read(services, payout_ref).await?;
    let terms = match &*former {
        Payout::Cancelled(order) => order.terms,
        Payout::Absent | Payout::Requested(_) | Payout::Pending(_) | Payout::Paid(_) => {
            let status = former.status().as_str();
            return Err(PayoutRefusal::NotNow { status }.into());
        }
    };
    let named = services.people.payout_destination(terms.owner_id).await?;
    let named = named.filter(|named| named.doubtful.is_none());
    let named = named.ok_or(PayoutRefusal::NoDestination)?;
    require_rested(named.first_named_at, services.log.clock().now())?;
    let again = PayoutId::from_uuid(Uuid::new_v5(&payout_id.uuid(), b"again"));
    let sealed = Sealed::to_named(services, again, terms.purpose, &named).await?;
    let name = streams::payout(again, terms.owner_id);
    let metadata = metadata.as_new_command().expecting(None);
    let context = metadata.context(&name);
    let mut periods = StatementPeriods::of(services);
    loop {
        let known = std::slice::from_ref(&name);
        let outcome = event_store::execute(&services.log, &context, known, |work| {
            if work.version::<Payout>(&name)? > 0 {
                return Ok(()); // Asked again before.
            }
            let there = available(work, &mut periods, terms.owner_id)?;
            let amount = least(there, terms.amount);
            if !amount.is_positive() {
                return Err(refused(PayoutRefusal::AmountOutOfRange));
            }
            sealed.ask(work, &mut periods, amount, metadata.by)
        })
        .await
        .map_err(CommandError::from);
        if !periods.looked_up(&outcome).await? {
            return answer(&outcome?, &name);
        }
    }
}

const fn least(one: Money, other: Money) -> Money {
    if one.minor < other.minor { one } else { other }
}
