//! The account of somebody who is to be erased is switched off for good, in the name of whoever asked for it.

use domain::account::Account;
use domain::account::commands::Deactivate;
use domain::account::decide::decide;
use domain::account::events::DeactivationReason;
use domain::ids::AccountId;
use domain::people::Role;
use event_store::Position;
use uuid::Uuid;

use crate::accounts::execution::learn_ended_sessions;
use crate::context::CommandMetadata;
use crate::refusal::{CommandError, Refusal};
use crate::services::CommandServices;
use crate::streams;

/// Whose account is switched off, and who asked for it.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeactivateForErasure {
    pub erasure_id: Uuid,
    pub account_id: AccountId,
    /// The person or an admin, and in which role.
    pub requested_by: (AccountId, Role),
}

/// Switches the account off; where it is off already nothing happens. Answers the position up to which the log then reached.
///
/// # Errors
/// The errors of the log.
pub async fn deactivate_for_erasure(
    services: &CommandServices,
    command: DeactivateForErasure,
) -> Result<Position, CommandError> {
    let DeactivateForErasure {
        erasure_id,
        account_id,
        requested_by: (id, role),
    } = command;
    let (digest, trace) = (format!("erasure {erasure_id}"), erasure_id.simple().to_string());
    let metadata = CommandMetadata::from_account(id, role, digest, trace);
    let (name, by) = (streams::account(account_id), metadata.by);
    let known = std::slice::from_ref(&name);
    let outcome =
        event_store::execute::<Refusal, _>(&services.log, &metadata.context(&name), known, |work| {
            let at = work.now();
            let deactivate = Deactivate {
                account_id,
                reason: DeactivationReason::OwnRequest,
                note: None,
                for_erasure: true,
                by,
                at,
            };
            work.decide(&name, |account: &Account| decide(account, deactivate.clone()))
        })
        .await?;
    learn_ended_sessions(services).await;
    Ok(outcome.position)
}
