//! `tot analyst yield`: has analysts' queries give way to bookings, on the database's machine.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use crate::cli::exit;
use crate::cli::output::{self, Format, OutputError};
use crate::cli::serve::stop_on_signal;
use crate::config::{ConfigErrors, Environment, OperatorConfig};
use crate::priorities::{self, YieldError};
use crate::telemetry;

/// Arguments of `tot analyst yield`.
#[derive(Debug, Args)]
pub struct YieldArgs {
    /// How nice analysts' sessions are made: 19 waits for everybody, 1 for hardly anybody. None is ever made less nice.
    #[arg(long, default_value_t = priorities::NICE_MAX, value_parser = clap::value_parser!(u8).range(1..=i64::from(priorities::NICE_MAX)))]
    nice: u8,
    /// Change nothing and say whether every session of an analyst is so nice: exit code 3 when one is not.
    #[arg(long)]
    check: bool,
}

/// Why queries do not yield.
#[derive(Debug, thiserror::Error)]
pub enum YieldCommandError {
    #[error(transparent)]
    Config(#[from] ConfigErrors),
    #[error(transparent)]
    Yield(#[from] YieldError),
    /// Standard output or a signal handler.
    #[error("standard output or a signal handler failed")]
    Io(#[from] io::Error),
    /// Standard output is closed.
    #[error(transparent)]
    Output(#[from] OutputError),
}

/// Works until it is told to stop, or checks once.
pub async fn run(
    args: YieldArgs,
    environment: &Environment,
    format: Format,
) -> Result<ExitCode, YieldCommandError> {
    telemetry::start_logs();
    let config = OperatorConfig::read(environment)?;
    if args.check {
        let look = priorities::check(&config.database_url, args.nice).await?;
        let said = json!({"sessions": look.found, "yielding": look.yielding});
        output::print(format, &said, |_| {
            format!("{} of {} analysts' sessions yield", look.yielding, look.found)
        })?;
        let is_so = look.yielding == look.found;
        return Ok(if is_so {
            ExitCode::SUCCESS
        } else {
            exit::NOT_SO.into()
        });
    }
    let stop = stop_on_signal()?;
    priorities::keep_nice(&config.database_url, args.nice, &stop, |postmaster| {
        let mut stdout = io::stdout().lock();
        Ok::<_, YieldCommandError>(writeln!(
            stdout,
            "TOT is ready: analysts' sessions get nice {} on the Postgres of process {postmaster}",
            args.nice
        )?)
    })
    .await?;
    Ok(ExitCode::SUCCESS)
}
