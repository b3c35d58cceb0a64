//! What an operator's commands begin with: the log or the command services of the database, and the admin they act for: facts name
//! a person, never "the command line".

use std::error::Error;

use commands::{CommandMetadata, CommandServices};
use domain::ids::AccountId;
use domain::people::Role;
use event_store::EventLog;
use identity::IdentityError;
use jiff::Timestamp;
use projections::{Limit, LimitRefusal};

use crate::compose::{self, ComposeError};
use crate::config::{Environment, OperatorConfig, PeopleConfig};

/// How an operator's command ends: whatever kept it from its end is told on standard error, with every cause.
pub type CommandResult<T = ()> = Result<T, Box<dyn Error>>;

/// Why the command cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    #[error("--admin: there is no active admin with the id {0}; `tot admin create` makes one")]
    NotAnAdmin(AccountId),
    /// The accounts cannot be read.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error("--limit: {0}")]
    Limit(#[from] LimitRefusal),
    #[error(transparent)]
    Compose(#[from] ComposeError),
}

/// The log alone.
pub async fn log(environment: &Environment) -> Result<EventLog, OperatorError> {
    let config = OperatorConfig::read(environment).map_err(ComposeError::from)?;
    Ok(compose::log_for_operator(&config).await?)
}

/// The command services, and the database's time.
pub async fn services(environment: &Environment) -> Result<(CommandServices, Timestamp), OperatorError> {
    let config = PeopleConfig::read(environment).map_err(ComposeError::from)?;
    Ok(compose::services_for_operator(&config).await?)
}

/// The command services, and a command of this admin; `request` says all of it, so that the same key for another command is
/// noticed.
pub async fn as_admin(
    environment: &Environment,
    admin: AccountId,
    request: String,
) -> Result<(CommandServices, CommandMetadata), OperatorError> {
    let (services, _) = services(environment).await?;
    let known = services.people.account(admin).await?;
    if !known.is_some_and(|account| account.role == Role::Admin && account.active) {
        return Err(OperatorError::NotAnAdmin(admin));
    }
    let metadata = CommandMetadata::from_account(admin, Role::Admin, request, NO_TRACE.to_owned());
    Ok((services, metadata))
}

/// How many rows `--limit` lets be shown.
pub fn limit(rows: u16) -> Result<Limit, OperatorError> {
    Ok(Limit::new(rows)?)
}

/// A command line belongs to no trace.
const NO_TRACE: &str = "00000000000000000000000000000000";
