//! The audit trail's part of the command line: who runs a command is known and recorded before it does anything, and how it ended once it
//! has.

mod os_user;
pub mod rules;
#[cfg(test)]
mod tests;
mod typed_command;

use std::fmt::Display;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::OnceLock;

use domain::ids::AccountId;
use domain::people::Role;
use identity::{
    CommandLineAct, CommandLineActor, CommandLineResult, CommandLineTrail, IdentityError, MasterKeys,
    OperatorToken, People, PeopleOptions, TokenKeys,
};
use secrecy::ExposeSecret;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _};

use super::exit::{INCOMPLETE, INTERRUPTED, NOT_SO};
use super::operator::{self, OperatorError};
use super::{operator_token, output};
use crate::config::{Environment, OperatorConfig, OwnerConfig};
use rules::{Database, Moment, Recording, Rule, Who};
pub use typed_command::TypedCommand;

/// Why a command is not begun.
#[derive(Debug, thiserror::Error)]
pub enum TrailError {
    #[error(transparent)]
    Operator(#[from] OperatorError),
    /// What cannot be recorded is not done.
    #[error("the database {0} cannot be reached, so nothing can be recorded and nothing was done")]
    Unreachable(String, #[source] sqlx::Error),
    #[error(
        "the database's login {0} may not record what is done on the command line, so nothing was done: give the login of operators' \
         commands (tot_app), to which `tot migrate` grants it"
    )]
    Closed(String),
    #[error(
        "this database does not record yet what is done on the command line, so nothing was done: run `tot migrate`"
    )]
    Missing,
    #[error(
        "the server is a standby, where nothing can be written, so nothing was done: give the address of the primary"
    )]
    Standby,
    #[error("the command cannot be recorded, so nothing was done")]
    Identity(#[from] IdentityError),
}

/// What the trail holds of the command that runs.
pub enum Entry<'a> {
    /// Nothing, and it will hold nothing.
    Nothing,
    /// That it was begun, under this number.
    Recorded {
        /// Where.
        people: People,
        /// The number.
        act: i64,
    },
    /// Nothing yet: the tables come about with the command itself.
    Later(DeferredEntry<'a>),
}

/// What is recorded once the command has ended.
pub struct DeferredEntry<'a> {
    typed: &'a TypedCommand,
    recording: Recording,
    environment: &'a Environment,
}

/// What this process' command made.
static MADE: OnceLock<String> = OnceLock::new();

/// Has the trail tell the id of what the command makes, such as an account; the first one counts.
pub fn tell_made(id: impl Display) {
    MADE.get_or_init(|| id.to_string());
}

fn made() -> Option<&'static str> {
    MADE.get().map(String::as_str)
}

/// Finds out who runs the command, and records it.
///
/// # Errors
/// [`TrailError`]: then nothing may be done.
pub async fn begin<'a>(
    typed: &'a TypedCommand,
    environment: &'a Environment,
) -> Result<Entry<'a>, TrailError> {
    let recording = match rules::of(&typed.command) {
        Rule::Unrecorded(because) => {
            tracing::debug!("{} is not recorded: {because}", typed.command);
            return Ok(Entry::Nothing);
        }
        Rule::Recorded(recording) => recording,
    };
    match recording.moment {
        Moment::Before => record(typed, recording, environment).await,
        Moment::Afterwards => Ok(Entry::Later(DeferredEntry {
            typed,
            recording,
            environment,
        })),
    }
}

impl Entry<'_> {
    /// Records how it ended.
    pub async fn end(self, result: CommandLineResult) {
        let ended = match self {
            Entry::Nothing => return,
            Entry::Recorded { people, act } => people.record_command_result(act, result, made()).await,
            Entry::Later(later) => later.end(result).await,
        };
        if let Err(error) = ended {
            // It is done all the same, and that it was begun stands there.
            warn(&format!("how it ended is not in the audit trail: {error}"));
        }
    }
}

impl DeferredEntry<'_> {
    async fn end(self, result: CommandLineResult) -> Result<(), IdentityError> {
        match record(self.typed, self.recording, self.environment).await {
            Ok(Entry::Recorded { people, act }) => people.record_command_result(act, result, made()).await,
            Ok(Entry::Nothing | Entry::Later(_)) => Ok(()),
            // Of what failed there may be no table to say so in.
            Err(_) if result == CommandLineResult::Failed => Ok(()),
            Err(error) => {
                warn(&format!("this is not in the audit trail: {error}"));
                Ok(())
            }
        }
    }
}

async fn record<'a>(
    typed: &'a TypedCommand,
    recording: Recording,
    environment: &'a Environment,
) -> Result<Entry<'a>, TrailError> {
    // Without an address the command says itself what is missing.
    let Some(options) = address(recording.database, environment) else {
        return Ok(Entry::Nothing);
    };
    let people = people(&options).await?;
    let trail = people.command_line_trail().await?;
    if !is_kept(trail, recording, &options)? {
        return Ok(Entry::Nothing);
    }
    let actor = actor(recording.who, &people, environment).await?;
    let act = people
        .record_command(&CommandLineAct {
            actor,
            os_user: &os_user::name(environment),
            command: &typed.command,
            target: &typed.target,
            trace_id: operator::trace(),
        })
        .await?;
    Ok(Entry::Recorded { people, act })
}

/// Whether the command is recorded; those that go on without say so.
fn is_kept(
    trail: CommandLineTrail,
    recording: Recording,
    options: &PgConnectOptions,
) -> Result<bool, TrailError> {
    match (trail, recording.who) {
        (CommandLineTrail::Kept, _) => Ok(true),
        // Such a login reads what it may with any other program, too.
        (CommandLineTrail::Analyst, Who::AdminOrAnalyst) => Ok(false),
        (CommandLineTrail::Closed | CommandLineTrail::Analyst, _) => {
            Err(TrailError::Closed(options.get_username().to_owned()))
        }
        // The backup before the first migration of a newer release, for instance.
        (CommandLineTrail::Missing, Who::Operator) => {
            if recording.moment == Moment::Before {
                warn(
                    "this database has no audit trail of commands yet (`tot migrate`): this one is not recorded",
                );
            }
            Ok(false)
        }
        // A backup is best made there, beside nobody's work.
        (CommandLineTrail::Standby, Who::Operator) => {
            warn("the server is a standby, where nothing can be written: this command is not recorded");
            Ok(false)
        }
        (CommandLineTrail::Standby, Who::Admin | Who::AdminOrAnalyst) => Err(TrailError::Standby),
        (CommandLineTrail::Missing, Who::Admin | Who::AdminOrAnalyst) => Err(TrailError::Missing),
    }
}

fn address(database: Database, environment: &Environment) -> Option<PgConnectOptions> {
    let url = match database {
        Database::Application => OperatorConfig::read(environment).ok()?.database_url,
        Database::Owner => OwnerConfig::read(environment).ok()?.url,
    };
    url.expose_secret().parse().ok()
}

async fn people(options: &PgConnectOptions) -> Result<People, TrailError> {
    // By itself first: a pool goes on trying a server that is not there.
    let unreachable = |error| {
        let (host, port) = (options.get_host(), options.get_port());
        let name = options.get_database().unwrap_or(options.get_username());
        TrailError::Unreachable(format!("{name} at {host}:{port}"), error)
    };
    let first: PgConnection = options.connect().await.map_err(unreachable)?;
    first.close().await.map_err(unreachable)?;
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .connect_lazy_with(options.clone());
    Ok(People::new(
        pool,
        TokenKeys::none(),
        MasterKeys::none(),
        PeopleOptions::new(""),
    ))
}

async fn actor(who: Who, people: &People, environment: &Environment) -> Result<CommandLineActor, TrailError> {
    match who {
        Who::Admin | Who::AdminOrAnalyst => {
            let token = operator_token::given(environment).map_err(OperatorError::from)?;
            let token = token.ok_or(OperatorError::NotSignedIn)?;
            let account = signed_in(people, &token).await?;
            let (id, role) = account.ok_or(OperatorError::Ended)?;
            operator::require_admin(role)?;
            Ok(CommandLineActor::Admin(id))
        }
        Who::Operator => {
            // A sign-in that has ended, or is another database's, keeps nobody from what needs none.
            let Ok(Some(token)) = operator_token::given(environment) else {
                return Ok(CommandLineActor::Operator);
            };
            let admin = signed_in(people, &token).await?;
            let admin = admin.filter(|(_, role)| *role == Role::Admin);
            Ok(admin.map_or(CommandLineActor::Operator, |(id, _)| CommandLineActor::Admin(id)))
        }
    }
}

async fn signed_in(
    people: &People,
    token: &OperatorToken,
) -> Result<Option<(AccountId, Role)>, IdentityError> {
    let now = people.now().await?;
    let operator = people.operator(token, now).await?;
    Ok(operator.map(|operator| (operator.account.id, operator.account.role)))
}

/// How a command ended, by its exit code.
pub fn result_of<E>(done: &Result<ExitCode, E>) -> CommandLineResult {
    match done {
        Err(_) => CommandLineResult::Failed,
        Ok(code) if *code == ExitCode::SUCCESS => CommandLineResult::Done,
        Ok(code) if *code == NOT_SO.into() => CommandLineResult::NotSo,
        Ok(code) if *code == INCOMPLETE.into() => CommandLineResult::Incomplete,
        Ok(code) if *code == INTERRUPTED.into() => CommandLineResult::Interrupted,
        Ok(_) => CommandLineResult::Failed,
    }
}

fn warn(words: &str) {
    // Nothing is left to tell if standard error is closed too.
    drop(writeln!(
        std::io::stderr().lock(),
        "{} {words}",
        output::red("tot:")
    ));
}
