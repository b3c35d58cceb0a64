//! The bank account that a doctor's or patient's money goes to: named by its owner, doubted when a payout there fails.

use domain::ids::{AccountId, PayoutId};
use identity::{BankId, PayoutDestination, Phone};

use crate::payouts::provider::{PayoutRef, destination_of};
use crate::payouts::{banks, provider};
use crate::refusal::{CommandError, Refusal};
use crate::services::CommandServices;

/// A bank account by the faster payments system; `Debug` hides the number.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// The telephone number the account is tied to.
    pub phone: Phone,
    pub bank_id: BankId,
}

/// Names the owner's bank account. It leaves no fact: it may be erased, and each payout seals what it was sent to.
///
/// # Errors
/// `unknown_bank`; and the errors of the database.
pub async fn name_destination(
    services: &CommandServices,
    owner_id: AccountId,
    command: Destination,
) -> Result<PayoutDestination, CommandError> {
    banks::known(services, &command.bank_id).await?;
    let now = services.log.clock().now();
    let named = services
        .people
        .set_payout_destination(owner_id, command.phone, command.bank_id, now)
        .await?;
    Ok(named)
}

/// Where the owner's money goes.
///
/// # Errors
/// `not_found` when it was never said; and the errors of the database.
pub async fn destination(
    services: &CommandServices,
    owner_id: AccountId,
) -> Result<PayoutDestination, CommandError> {
    let known = services.people.payout_destination(owner_id).await?;
    known.ok_or_else(|| Refusal::NotFound.into())
}

/// A payout came to nothing because of where it went: the account is doubted, unless another was named since.
///
/// # Errors
/// The errors of the log and the database.
pub(crate) async fn doubt(
    services: &CommandServices,
    owner_id: AccountId,
    payout_id: PayoutId,
) -> Result<(), CommandError> {
    let payout_ref = PayoutRef { owner_id, payout_id };
    let payout = provider::read(services, payout_ref).await?;
    let Some((order, code)) = payout
        .order()
        .and_then(|order| Some((order, order.code.as_ref()?)))
    else {
        return Ok(());
    };
    let Some(sealed) = destination_of(services, order).await? else {
        return Ok(()); // Erased: there is nothing left to doubt.
    };
    if let Some(id) = sealed.named_as {
        services
            .people
            .doubt_payout_destination(owner_id, id, code)
            .await?;
    }
    Ok(())
}
