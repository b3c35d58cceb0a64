//! What an operator's commands begin with: the log or the command services of the database, and the admin who is signed in on
//! this command line: facts name a person, and say that it came by the command line.

use std::error::Error;
use std::sync::OnceLock;

use commands::{CommandMetadata, CommandServices};
use domain::ids::AccountId;
use domain::people::Role;
use event_store::EventLog;
use identity::{AuditActor, EventOrigin, IdentityError, Operator};
use jiff::Timestamp;
use projections::{Limit, LimitRefusal};

use super::operator_token::{self, TokenError};
use crate::compose::{self, ComposeError};
use crate::config::{Environment, OperatorConfig, PeopleConfig};

/// How an operator's command ends: whatever kept it from its end is told on standard error, with every cause.
pub type CommandResult<T = ()> = Result<T, Box<dyn Error>>;

/// Why the command cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    #[error(
        "nobody is signed in: `tot login --email <address>` signs an admin in (`tot admin create` makes the first one)"
    )]
    NotSignedIn,
    /// The token is not one of this database, its session has ended, or its account is deactivated.
    #[error(
        "this sign-in has ended, or belongs to another database: `tot login --email <address>` (an account keeps its twenty latest sign-ins)"
    )]
    Ended,
    #[error("operators are admins; this account is a {}", .0.as_str())]
    NotAnAdmin(Role),
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The accounts cannot be read.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error("--limit: {0}")]
    Limit(#[from] LimitRefusal),
    #[error(transparent)]
    Compose(#[from] ComposeError),
}

/// Whoever is signed in, about to do something.
pub struct SignedIn {
    /// What it is done with.
    pub services: CommandServices,
    /// Who does it, with what was typed.
    pub metadata: CommandMetadata,
    /// Who it is.
    pub operator: Operator,
}

impl SignedIn {
    /// The admin.
    pub const fn id(&self) -> AccountId {
        self.operator.account.id
    }

    /// Who is shown something by this command, as the audit trail tells it.
    pub fn reader(&self, command: &str) -> AuditActor {
        AuditActor {
            account_id: self.id(),
            role: self.operator.account.role,
            origin: EventOrigin::command_line(command, trace()),
        }
    }
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

/// The command services, and a command of whoever is signed in; `request` says all of it, so that the same key for another
/// command is noticed.
pub async fn signed_in(environment: &Environment, request: String) -> Result<SignedIn, OperatorError> {
    let token = operator_token::given(environment)?.ok_or(OperatorError::NotSignedIn)?;
    let (services, now) = services(environment).await?;
    let operator = services.people.operator(&token, now).await?;
    let operator = operator.ok_or(OperatorError::Ended)?;
    require_admin(operator.account.role)?;
    let metadata = CommandMetadata::from_account(
        operator.account.id,
        operator.account.role,
        request,
        trace().to_owned(),
    )
    .on_command_line();
    Ok(SignedIn {
        services,
        metadata,
        operator,
    })
}

/// Lets admins act on the command line.
///
/// # Errors
/// [`OperatorError::NotAnAdmin`].
pub fn require_admin(role: Role) -> Result<(), OperatorError> {
    if role == Role::Admin {
        Ok(())
    } else {
        Err(OperatorError::NotAnAdmin(role))
    }
}

/// How many rows `--limit` lets be shown.
pub fn limit(rows: u16) -> Result<Limit, OperatorError> {
    Ok(Limit::new(rows)?)
}

/// A trace of its own for what one command line does, its facts and its entry in the audit trail (W3C trace context: not all zeros).
pub fn trace() -> &'static str {
    static TRACE: OnceLock<String> = OnceLock::new();
    TRACE.get_or_init(|| format!("{:032x}", rand::random::<u128>().max(1)))
}
