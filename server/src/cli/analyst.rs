//! `tot analyst`: makes database logins for analysts, as the owner of the database, lists them, and lets their queries yield.

mod yielding;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use domain::ids::ClinicId;
use migrations::{AnalystError, AnalystLogin};
use secrecy::ExposeSecret;
use serde_json::json;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

use super::id::id;
use super::output::{self, Format, OutputError};
use crate::config::{ConfigErrors, Environment, OwnerConfig};

/// `tot analyst …`.
#[derive(Debug, Subcommand)]
pub enum AnalystCommand {
    /// Make a login that reads the schema `analytics`. Its password is printed this once and kept nowhere.
    Create(CreateArgs),
    /// Show the logins of analysts.
    List,
    /// Have analysts' queries give way to bookings: make their sessions' processes nice, until it is told to stop. Runs on the database's
    /// machine, as root or as the user Postgres runs as; TOT_DATABASE_URL may be any login's.
    Yield(yielding::YieldArgs),
}

/// Arguments of `tot analyst create`.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// The login's name in Postgres.
    #[arg(long)]
    login: String,
    /// Show it what is of this clinic alone.
    #[arg(long, value_name = "ID", value_parser = id::<ClinicId>)]
    clinic: Option<ClinicId>,
}

/// Why no login was made or shown.
#[derive(Debug, thiserror::Error)]
pub enum AnalystCommandError {
    #[error(transparent)]
    Config(#[from] ConfigErrors),
    /// The database cannot be reached.
    #[error("the database at TOT_DATABASE_OWNER_URL cannot be reached")]
    Unreachable(#[source] sqlx::Error),
    #[error(transparent)]
    Analyst(#[from] AnalystError),
    /// Standard output is closed.
    #[error(transparent)]
    Output(#[from] OutputError),
    #[error(transparent)]
    Yield(#[from] yielding::YieldCommandError),
}

/// Makes a login, shows them, or lets their queries yield.
pub async fn run(
    command: AnalystCommand,
    environment: &Environment,
    format: Format,
) -> Result<ExitCode, AnalystCommandError> {
    match command {
        AnalystCommand::Yield(args) => return Ok(yielding::run(args, environment, format).await?),
        AnalystCommand::Create(args) => {
            let pool = owner(environment).await?;
            let clinic = args.clinic.map(ClinicId::uuid);
            let password = migrations::create_analyst(&pool, &args.login, clinic).await?;
            let said = json!({"login": args.login, "clinic_id": clinic, "password": password});
            // Nothing beside the password, so that a script can take it as it is.
            output::print(format, &said, |_| password.clone())?;
        }
        AnalystCommand::List => {
            let pool = owner(environment).await?;
            let logins = migrations::list_analysts(&pool).await?;
            let said: Vec<_> = logins
                .iter()
                .map(|one| json!({"login": one.login, "group": one.group, "clinic_id": one.clinic}))
                .collect();
            output::print(format, &said, |_| listed(&logins))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn owner(environment: &Environment) -> Result<PgPool, AnalystCommandError> {
    let config = OwnerConfig::read(environment)?;
    PgPoolOptions::new()
        .max_connections(1)
        .connect(config.url.expose_secret())
        .await
        .map_err(AnalystCommandError::Unreachable)
}

fn listed(logins: &[AnalystLogin]) -> String {
    let row = |one: &AnalystLogin| {
        let clinic = one.clinic.map(|clinic| clinic.to_string()).unwrap_or_default();
        vec![one.login.clone(), one.group.clone(), clinic]
    };
    let rows: Vec<Vec<String>> = logins.iter().map(row).collect();
    output::table(&["login", "group", "clinic"], &rows)
}
