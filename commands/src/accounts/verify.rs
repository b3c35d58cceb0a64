//! An admin answers for a doctor, or no longer does: only verified doctors are offered.

use domain::account::Verification;
use domain::account::commands::{Unverify, Verify};
use domain::account::decide::decide;
use domain::account::events::UnverifiedReason;
use domain::ids::AccountId;
use domain::people::Role;
use identity::{DocumentKind, IdentityRefusal};

use crate::accounts::execution::{execute_on_account, role_of};
use crate::accounts::show;
use crate::context::CommandMetadata;
use crate::outcome::{AccountState, CommandOutcome};
use crate::policy::{MayOperate, Permission};
use crate::refusal::{CommandError, Refusal};
use crate::services::CommandServices;

/// Whom no admin answers for any more, and why.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnverifyDoctor {
    pub account_id: AccountId,
    pub reason: UnverifiedReason,
}

/// Verifies a doctor, as an admin. One who applied has shown the licence before: an admin answers for what they have seen.
///
/// # Errors
/// `not_found`, `forbidden`, `not_a_doctor`, `licence_document_missing`, `account_deactivated`; and the errors of the log and the database.
pub async fn verify(
    services: &CommandServices,
    metadata: &CommandMetadata,
    account_id: AccountId,
) -> Result<CommandOutcome<AccountState>, CommandError> {
    let role = role_of(services, account_id).await?;
    MayOperate::RULE.permit(metadata.by)?;
    require_licence(services, account_id, role).await?;
    let by = metadata.by;
    execute_on_account(
        services,
        metadata,
        (account_id, role),
        None,
        move |account, at| decide(account, Verify { role, by, at }),
    )
    .await
}

/// Takes it back, as an admin: the doctor is not offered any more; what was agreed before stands.
///
/// # Errors
/// `not_found`, `forbidden`, `not_a_doctor`, `account_deactivated`; and the errors of the log.
pub async fn unverify(
    services: &CommandServices,
    metadata: &CommandMetadata,
    command: UnverifyDoctor,
) -> Result<CommandOutcome<AccountState>, CommandError> {
    let UnverifyDoctor { account_id, reason } = command;
    let role = role_of(services, account_id).await?;
    let by = metadata.by;
    execute_on_account(
        services,
        metadata,
        (account_id, role),
        None,
        move |account, at| decide(account, Unverify { role, reason, by, at }),
    )
    .await
}

/// Whether a doctor who applied, and about whom nobody decided or who was refused, has shown the licence.
async fn require_licence(
    services: &CommandServices,
    account_id: AccountId,
    role: Role,
) -> Result<(), CommandError> {
    let state = show(services, account_id, role).await?;
    match &state.answer.account.verification {
        Verification::Applied | Verification::Refused { .. } => {}
        // Whoever applied and is taken back shows it, too; whom an admin made has never shown one.
        Verification::Unverified { .. } if state.answer.account.application.is_some() => {}
        Verification::Unsaid | Verification::Verified | Verification::Unverified { .. } => return Ok(()),
    }
    let documents = services.people.documents_of(account_id).await?;
    if documents
        .iter()
        .any(|document| document.kind == DocumentKind::Licence)
    {
        return Ok(());
    }
    Err(Refusal::from(IdentityRefusal::LicenceDocumentMissing).into())
}
