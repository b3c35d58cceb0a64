//! An admin answers for a doctor, or no longer does: only verified doctors are offered.

use domain::account::commands::{Unverify, Verify};
use domain::account::decide::decide;
use domain::account::events::UnverifiedReason;
use domain::ids::AccountId;

use crate::accounts::execution::{execute_on_account, role_of};
use crate::context::CommandMetadata;
use crate::outcome::{AccountState, CommandOutcome};
use crate::refusal::CommandError;
use crate::services::CommandServices;

/// Whom no admin answers for any more, and why.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnverifyDoctor {
    pub account_id: AccountId,
    pub reason: UnverifiedReason,
}

/// Verifies a doctor, as an admin.
///
/// # Errors
/// `not_found`, `forbidden`, `not_a_doctor`, `account_deactivated`; and the errors of the log.
pub async fn verify(
    services: &CommandServices,
    metadata: &CommandMetadata,
    account_id: AccountId,
) -> Result<CommandOutcome<AccountState>, CommandError> {
    let role = role_of(services, account_id).await?;
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
