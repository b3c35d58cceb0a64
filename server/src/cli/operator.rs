//! Which admin an operator's command acts for: facts name a person, never "the command line".

use commands::{CommandMetadata, CommandServices};
use domain::ids::AccountId;
use domain::people::Role;
use identity::IdentityError;

/// Why the command cannot act for that admin.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// No such admin.
    #[error("--admin: there is no active admin with the id {0}; `tot admin create` makes one")]
    NotAnAdmin(AccountId),
    /// The accounts cannot be read.
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

/// A command of this admin; `request` says all of it, so that the same key for another command is noticed.
///
/// # Errors
/// [`OperatorError`].
pub async fn as_admin(
    services: &CommandServices,
    admin: AccountId,
    request: String,
) -> Result<CommandMetadata, OperatorError> {
    let known = services.people.account(admin).await?;
    if known.is_some_and(|account| account.role == Role::Admin && account.active) {
        Ok(CommandMetadata::from_account(
            admin,
            Role::Admin,
            request,
            NO_TRACE.to_owned(),
        ))
    } else {
        Err(OperatorError::NotAnAdmin(admin))
    }
}

/// A command line belongs to no trace.
const NO_TRACE: &str = "00000000000000000000000000000000";
