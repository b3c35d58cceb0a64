//! The bank account that a doctor's or patient's money goes to: named by its owner, doubted when a payout there fails.

use domain::account::Account;
use domain::account::commands::NameBankAccount;
use domain::account::decide::decide;
use domain::ids::{AccountId, PayoutId};
use domain::people::Actor;
use identity::{BankId, PayoutDestination, Phone};
use jiff::Timestamp;

use crate::context::CommandMetadata;
use crate::payouts::provider::{PayoutRef, destination_of};
use crate::payouts::{banks, provider};
use crate::policy::{MayNameDestination, Permission};
use crate::refusal::{CommandError, Refusal};
use crate::services::CommandServices;
use crate::streams;

/// A bank account by the faster payments system; `Debug` hides the number.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// The telephone number the account is tied to.
    pub phone: Phone,
    pub bank_id: BankId,
}

/// Names the caller's bank account. Which it is leaves no fact: it may be erased, and each payout seals what it was sent to; that it is
/// new does.
///
/// # Errors
/// `forbidden`, `unknown_bank`; and the errors of the log and the database.
pub async fn name_destination(
    services: &CommandServices,
    metadata: &CommandMetadata,
    command: Destination,
) -> Result<PayoutDestination, CommandError> {
    MayNameDestination::RULE.permit(metadata.by)?;
    let Actor::Person { id: owner_id, .. } = metadata.by else {
        return Err(Refusal::NotYours.into());
    };
    banks::known(services, &command.bank_id).await?;
    first_named(services, metadata, owner_id, &command).await?;
    let now = services.log.clock().now();
    let named = services
        .people
        .set_payout_destination(owner_id, command.phone, command.bank_id, now)
        .await?;
    Ok(named)
}

/// When the owner first named this bank account. One that is new is told by a fact before anything is kept of it, so that nobody's money
/// goes where its owner was not told of.
///
/// # Errors
/// The errors of the log and the database.
pub(super) async fn first_named(
    services: &CommandServices,
    metadata: &CommandMetadata,
    owner_id: AccountId,
    to: &Destination,
) -> Result<Timestamp, CommandError> {
    let people = &services.people;
    if let Some(at) = people
        .bank_account_named_at(owner_id, &to.phone, &to.bank_id)
        .await?
    {
        return Ok(at);
    }
    let name = streams::account(owner_id);
    let context = metadata.as_new_command().expecting(None).context(&name);
    let by = metadata.by;
    event_store::execute::<Refusal, _>(&services.log, &context, std::slice::from_ref(&name), |work| {
        let at = work.now();
        work.decide(&name, |account: &Account| {
            decide(account, NameBankAccount { by, at })
        })
    })
    .await?;
    let now = services.log.clock().now();
    Ok(people
        .remember_bank_account(owner_id, &to.phone, &to.bank_id, now)
        .await?)
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
