//! Whoever is signed in with an account is out, on one device or on all.

use domain::account::commands::EndSessions;
use domain::account::decide::decide;
use domain::ids::{AccountId, SessionId};

use crate::accounts::execution::{execute_on_account, role_of};
use crate::context::CommandMetadata;
use crate::outcome::{AccountState, CommandOutcome};
use crate::refusal::CommandError;
use crate::services::CommandServices;

/// Which sessions end.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndAccountSessions {
    pub account_id: AccountId,
    /// Only this one; all of them if absent.
    pub session_id: Option<SessionId>,
}

/// Ends sessions of an account, as an admin. Where none lives there is nothing to do.
///
/// # Errors
/// `not_found`, `forbidden`, `account_deactivated`; and the errors of the log.
pub async fn end_sessions(
    services: &CommandServices,
    metadata: &CommandMetadata,
    command: EndAccountSessions,
) -> Result<CommandOutcome<AccountState>, CommandError> {
    let EndAccountSessions {
        account_id,
        session_id,
    } = command;
    let role = role_of(services, account_id).await?;
    let now = services.log.clock().now();
    let living = services
        .people
        .living_sessions(account_id, session_id, now)
        .await?;
    let by = metadata.by;
    execute_on_account(
        services,
        metadata,
        (account_id, role),
        None,
        move |account, at| {
            decide(
                account,
                EndSessions {
                    session_id,
                    living,
                    by,
                    at,
                },
            )
        },
    )
    .await
}
