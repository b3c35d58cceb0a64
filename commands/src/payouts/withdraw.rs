//! A patient takes money out of the wallet, to a bank account.

use domain::ids::{AccountId, PayoutId};
use domain::money::Money;
use domain::payout::events::PayoutPurpose;
use domain::payout::refusal::PayoutRefusal;
use domain::payout::rest::require_rested;
use domain::people::Actor;
use identity::IdentityRefusal;

use crate::context::CommandMetadata;
use crate::outcome::{CommandOutcome, PayoutState};
use crate::payouts::destination::first_named;
use crate::payouts::order::Sealed;
use crate::payouts::provider::answer;
use crate::payouts::{Destination, banks};
use crate::policy::{MayWithdraw, Permission};
use crate::refusal::{CommandError, Refusal};
use crate::services::CommandServices;
use crate::streams;
use crate::wallet::StatementPeriods;

#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug)]
pub struct Withdrawal {
    /// How much; 1.00 to 500 000.00, at most what is available.
    pub amount: Money,
    /// Where to, this once; else where the patient's money goes always.
    pub to: Option<Destination>,
    /// Whether whoever asks has just proven who they are.
    pub proven: bool,
}

/// Pays money out of the caller's wallet.
///
/// # Errors
/// `forbidden`, `payout_unavailable`, `no_payout_destination`, `unknown_bank`, `proof_required`, `destination_resting`,
/// `insufficient_funds`, `amount_out_of_range`; and the errors of the log.
pub async fn withdraw(
    services: &CommandServices,
    metadata: &CommandMetadata,
    command: Withdrawal,
) -> Result<CommandOutcome<PayoutState>, CommandError> {
    MayWithdraw::RULE.permit(metadata.by)?;
    let Actor::Person { id: owner_id, .. } = metadata.by else {
        return Err(Refusal::NotYours.into());
    };
    if services.ports.payouts.is_none() {
        return Err(PayoutRefusal::Unavailable.into());
    }
    let payout_id = PayoutId::from_uuid(metadata.created_id("payout"));
    let purpose = PayoutPurpose::WalletWithdrawal;
    let sealed = match &command.to {
        Some(to) => {
            banks::known(services, &to.bank_id).await?;
            require_rested_account(services, metadata, (owner_id, to), command.proven).await?;
            Sealed::to_once(services, payout_id, owner_id, purpose, to).await?
        }
        None => {
            let named = services.people.payout_destination(owner_id).await?;
            let named = named.filter(|named| named.doubtful.is_none());
            let named = named.ok_or(PayoutRefusal::NoDestination)?;
            require_rested(named.first_named_at, services.log.clock().now())?;
            Sealed::to_named(services, payout_id, purpose, &named).await?
        }
    };
    let name = streams::payout(payout_id, owner_id);
    let mut periods = StatementPeriods::of(services);
    loop {
        let known = std::slice::from_ref(&name);
        let outcome = event_store::execute(&services.log, &metadata.context(&name), known, |work| {
            sealed.ask(work, &mut periods, command.amount, metadata.by)
        })
        .await
        .map_err(CommandError::from);
        if !periods.looked_up(&outcome).await? {
            return answer(&outcome?, &name);
        }
    }
}

/// Lets money go to a bank account that its owner named long enough ago. One that was never named is remembered from now on, if whoever
/// names it has just proven who they are.
async fn require_rested_account(
    services: &CommandServices,
    metadata: &CommandMetadata,
    (owner_id, to): (AccountId, &Destination),
    proven: bool,
) -> Result<(), CommandError> {
    let (people, now) = (&services.people, services.log.clock().now());
    let known = people
        .bank_account_named_at(owner_id, &to.phone, &to.bank_id)
        .await?;
    let named_at = match known {
        Some(named_at) => named_at,
        None if !proven => return Err(Refusal::from(IdentityRefusal::ProofRequired).into()),
        None => first_named(services, metadata, owner_id, to).await?,
    };
    Ok(require_rested(named_at, now)?)
}
