//! `tot audit`: signs heads on demand, verifies the log, proves a booking and checks proofs.
//!
//! Exit codes of all of them: 0 it is so, 3 it is not so, 1 nobody knows: something kept the command from its end.

mod check;
mod consistency;
mod head;
mod heads;
mod prove;
mod verify;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use notary::PublicKey;

pub use verify::finding_line;

use super::exit::NOT_SO;
use super::operator::CommandResult;
use super::output::Format;
use crate::compose::ComposeError;
use crate::config::{AuditConfig, Environment};
use crate::notary::{NotaryError, private_key, public_key};

/// `tot audit …`.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Sign a head over the whole log now and show it to the witnesses (TOT_NOTARY_KEY_FILE, TOT_WITNESS_FILE, TOT_WITNESS_URL).
    Head,
    /// Recompute every hash from the stored facts and name what was changed, dropped, inserted, swapped or backdated.
    Verify(verify::VerifyArgs),
    /// Write the proof of one booking and its payments: one file that anybody with the public key can check.
    Prove(prove::ProveArgs),
    /// Check a proof file with nothing but the public key.
    Check(check::CheckArgs),
    /// List the last signed heads: how many facts each covers, when it was signed and by which key.
    Heads(heads::HeadsArgs),
    /// Show that one signed head follows from another, by their sizes.
    Consistency(consistency::ConsistencyArgs),
}

/// Runs it, and answers whether it is so; an error means that nobody knows.
pub async fn run(
    command: AuditCommand,
    environment: &Environment,
    format: Format,
) -> CommandResult<ExitCode> {
    match command {
        AuditCommand::Head => head::run(environment, format).await,
        AuditCommand::Verify(args) => verify::run(args, environment, format).await,
        AuditCommand::Prove(args) => prove::run(&args, environment, format).await,
        AuditCommand::Check(args) => check::run(&args, format),
        AuditCommand::Heads(args) => heads::run(&args, environment, format).await,
        AuditCommand::Consistency(args) => consistency::run(args, environment).await,
    }
}

fn config(environment: &Environment) -> Result<AuditConfig, ComposeError> {
    Ok(AuditConfig::read(environment)?)
}

/// The keys that are named, or that of TOT_NOTARY_KEY_FILE; none when there is neither.
fn trusted_keys(named: &[PathBuf], config: &AuditConfig) -> Result<Vec<PublicKey>, NotaryError> {
    if !named.is_empty() {
        return named.iter().map(public_key).collect();
    }
    match private_key(&config.notary) {
        Ok(key) => Ok(vec![key.public()]),
        Err(NotaryError::NoKey) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
