//! `tot audit prove`: the proof file of one booking.

use std::path::PathBuf;
use std::process::ExitCode;

use audit::{AuditError, connect, prove};
use clap::Args;
use serde_json::json;
use uuid::Uuid;

use super::{NOT_SO, config};
use crate::cli::audit::head::words;
use crate::cli::id::id;
use crate::cli::operator::CommandResult;
use crate::cli::output::{self, Format};
use crate::cli::whole_file::{self, FileError};
use crate::compose;
use crate::config::Environment;

/// Arguments of `tot audit prove`.
#[derive(Debug, Args)]
pub struct ProveArgs {
    /// The booking.
    #[arg(value_parser = id::<Uuid>)]
    booking: Uuid,
    /// Where the proof is written; by default `<booking>.proof.json`.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Replace a file that is there.
    #[arg(long)]
    force: bool,
}

/// Writes it; [`NOT_SO`] when what is stored proves nothing, so that something was changed.
pub async fn run(args: &ProveArgs, environment: &Environment, format: Format) -> CommandResult<ExitCode> {
    let path = args
        .out
        .clone()
        .unwrap_or_else(|| PathBuf::from(format!("{}.proof.json", args.booking)));
    // Before the work, not after it.
    if whole_file::is_there(&path)? && !args.force {
        return Err(FileError::Exists(path).into());
    }
    let config = config(environment)?;
    let log = compose::log_for_operator(&config.operator).await?;
    let mut connection = connect(&log).await?;
    let proof = match prove(&mut connection, log.identity().log_id(), args.booking).await {
        Ok(proof) => proof,
        Err(error @ AuditError::ProvesNothing(_)) => {
            let said = json!({"proven": false, "because": words(&error)});
            output::print(format, &said, |_| format!("NOT PROVEN: {}", words(&error)))?;
            return Ok(NOT_SO.into());
        }
        Err(error) => return Err(error.into()),
    };
    whole_file::write(&path, format!("{}\n", proof.to_json()?).as_bytes())?;
    let (facts, size) = (proof.facts.len(), proof.head.unverified().tree_size);
    let said = json!({"proven": true, "path": path, "facts": facts, "tree_size": size});
    output::print(format, &said, |_| {
        format!("{}: {facts} facts under the head of {size}", path.display())
    })?;
    Ok(ExitCode::SUCCESS)
}
