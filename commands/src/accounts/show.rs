//! What an account's facts come to, for whoever reads it.

use domain::account::Account;
use domain::ids::AccountId;
use domain::people::Role;

use crate::context::CommandMetadata;
use crate::outcome::{AccountState, CommandOutcome};
use crate::refusal::{CommandError, Refusal};
use crate::services::CommandServices;
use crate::streams;

/// The account as its facts have it, and its version. Leaves no fact.
///
/// # Errors
/// The errors of the log.
pub async fn show(
    services: &CommandServices,
    account_id: AccountId,
    role: Role,
) -> Result<CommandOutcome<AccountState>, CommandError> {
    let name = streams::account(account_id);
    let context = CommandMetadata::read_only().context(&name);
    let known = std::slice::from_ref(&name);
    let outcome = event_store::execute::<Refusal, _>(&services.log, &context, known, |work| {
        work.state::<Account>(&name)?;
        Ok(())
    })
    .await?;
    let state = AccountState {
        account_id,
        role,
        account: outcome.state::<Account>(&name).unwrap_or_default(),
        changed: vec![],
    };
    Ok(CommandOutcome::of(state, &outcome, &name))
}
