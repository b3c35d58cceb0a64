//! An account is switched off: nobody is signed in with it or signs in; and on again.

use domain::account::commands::{Deactivate, Reactivate};
use domain::account::decide::decide;
use domain::account::events::DeactivationReason;
use domain::ids::AccountId;

use crate::accounts::execution::{execute_on_account, role_of, sealed_note};
use crate::context::CommandMetadata;
use crate::outcome::{AccountState, CommandOutcome};
use crate::refusal::CommandError;
use crate::services::CommandServices;

/// How an account is switched off.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone)]
pub struct DeactivateAccount {
    pub account_id: AccountId,
    pub reason: DeactivationReason,
    /// Why, in own words; goes to the vault.
    pub note: Option<String>,
}

/// How it is switched on again.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone)]
pub struct ReactivateAccount {
    pub account_id: AccountId,
    /// Why, in own words; goes to the vault.
    pub note: Option<String>,
}

/// Switches an account off, as another admin: its sessions end with it. A doctor is not offered any more; what was agreed
/// before stands.
///
/// # Errors
/// `not_found`, `forbidden`, `own_account`, `account_deactivated`; and the errors of the log.
pub async fn deactivate(
    services: &CommandServices,
    metadata: &CommandMetadata,
    command: DeactivateAccount,
) -> Result<CommandOutcome<AccountState>, CommandError> {
    let DeactivateAccount {
        account_id,
        reason,
        note,
    } = command;
    let role = role_of(services, account_id).await?;
    let (row, note) = sealed_note(services, metadata, account_id, note).await?.unzip();
    let by = metadata.by;
    execute_on_account(services, metadata, (account_id, role), row, move |account, at| {
        let note = note.clone();
        decide(
            account,
            Deactivate {
                account_id,
                reason,
                note,
                for_erasure: false,
                by,
                at,
            },
        )
    })
    .await
}

/// Switches an account on again, as an admin. Its owner signs in anew: sessions of before stay ended.
///
/// # Errors
/// `not_found`, `forbidden`, `account_deactivated`; and the errors of the log.
pub async fn reactivate(
    services: &CommandServices,
    metadata: &CommandMetadata,
    command: ReactivateAccount,
) -> Result<CommandOutcome<AccountState>, CommandError> {
    let ReactivateAccount { account_id, note } = command;
    let role = role_of(services, account_id).await?;
    let (row, note) = sealed_note(services, metadata, account_id, note).await?.unzip();
    let by = metadata.by;
    execute_on_account(services, metadata, (account_id, role), row, move |account, at| {
        let note = note.clone();
        decide(account, Reactivate { note, by, at })
    })
    .await
}
