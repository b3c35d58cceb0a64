//! An admin changes what an account says, and its owner what their public profile does. The new values enter the vault with the fact and `identity` in the same commit.

use domain::account::commands::Edit;
use domain::account::decide::decide;
use domain::account::events::AccountField;
use domain::ids::{AccountId, PrivateId};
use domain::people::{Actor, Role};
use identity::{AccountChange, OwnProfile};

use crate::accounts::execution::{decide_about_account, role_of};
use crate::accounts::show;
use crate::bookings::execution::private_row;
use crate::context::CommandMetadata;
use crate::outcome::{AccountState, CommandOutcome};
use crate::policy::{MayKeepProfile, MayOperate, Permission};
use crate::refusal::{CommandError, Refusal};
use crate::services::CommandServices;

/// What is changed about which account.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug)]
pub struct EditAccount {
    pub account_id: AccountId,
    pub change: AccountChange,
}

/// Changes an account, as an admin. What it says already is no change; where nothing is one there is nothing to do.
///
/// # Errors
/// `not_found`, `forbidden`, `email_taken`, `phone_taken`, `no_such_clinic`, `invalid` for a field that the account's role has
/// not, `account_deactivated`; and the errors of the log.
pub async fn edit(
    services: &CommandServices,
    metadata: &CommandMetadata,
    command: EditAccount,
) -> Result<CommandOutcome<AccountState>, CommandError> {
    MayOperate::RULE.permit(metadata.by)?;
    let role = role_of(services, command.account_id).await?;
    carry_out(services, metadata, role, command).await
}

/// Changes one's own public profile, as a doctor or a clinic.
///
/// # Errors
/// `forbidden`, `profile_verified`, `invalid` for a field that the account's role has not, `account_deactivated`; and the errors of
/// the log.
pub async fn edit_own_profile(
    services: &CommandServices,
    metadata: &CommandMetadata,
    change: AccountChange,
) -> Result<CommandOutcome<AccountState>, CommandError> {
    MayKeepProfile::RULE.permit(metadata.by)?;
    let Actor::Person { id: account_id, role } = metadata.by else {
        return Err(Refusal::NotYours.into());
    };
    carry_out(services, metadata, role, EditAccount { account_id, change }).await
}

/// The profile that the caller keeps, and the version of the account.
///
/// # Errors
/// `not_found` where the account has none; and the errors of the log.
pub async fn own_profile(
    services: &CommandServices,
    account_id: AccountId,
    role: Role,
) -> Result<CommandOutcome<OwnProfile>, CommandError> {
    let state = show(services, account_id, role).await?;
    let profile = services.people.own_profile(account_id).await?;
    let profile = profile.ok_or(Refusal::NotFound)?;
    Ok(state.map(|_| profile))
}

async fn carry_out(
    services: &CommandServices,
    metadata: &CommandMetadata,
    role: Role,
    command: EditAccount,
) -> Result<CommandOutcome<AccountState>, CommandError> {
    let EditAccount { account_id, change } = command;
    require_fields_of(role, &change)?;
    let is_verified = services.people.is_verified(account_id).await?;
    let prepared = services.people.prepare_edit(account_id, &change).await?;
    let fields = prepared.fields.clone();
    let values_id = PrivateId::from_uuid(metadata.created_id("account_edit"));
    let (sealed, values) = prepared.sealed(&services.people, values_id).await?;
    let row = private_row(sealed);
    let by = metadata.by;
    let done = decide_about_account(
        services,
        metadata,
        (account_id, role),
        Some(row),
        move |account, at| {
            let edit = Edit {
                account_id,
                is_verified,
                fields: fields.clone(),
                values: values.clone(),
                by,
                at,
            };
            decide(account, edit)
        },
    )
    .await;
    prepared.finish().await?;
    done
}

/// A doctor's profile is a doctor's, a clinic's name a clinic's.
fn require_fields_of(role: Role, change: &AccountChange) -> Result<(), Refusal> {
    let foreign = change
        .values()
        .into_iter()
        .map(|(field, _)| field)
        .find(|field| !field.belongs_to(role));
    match foreign {
        Some(field) => Err(Refusal::NotAllowed {
            field: AccountField::as_str(field),
        }),
        None => Ok(()),
    }
}
