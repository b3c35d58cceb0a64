//! `tot audit consistency`: that one signed head follows from another.

use std::path::PathBuf;
use std::process::ExitCode;

use audit::connect;
use audit::consistency::consistency;
use clap::Args;

use super::{NOT_SO, config, trusted_keys};
use crate::cli::audit::head::words;
use crate::cli::operator::CommandResult;
use crate::cli::output::{self, Format};
use crate::compose;
use crate::config::Environment;
use crate::notary::NotaryError;

/// Arguments of `tot audit consistency`.
#[derive(Debug, Args)]
pub struct ConsistencyArgs {
    /// How many facts the first head covers.
    first: u64,
    /// How many the second one does.
    second: u64,
    /// The notary's public key, in PEM; by default the key of TOT_NOTARY_KEY_FILE.
    #[arg(long)]
    key: Option<PathBuf>,
}

/// Shows it; [`NOT_SO`] when the second head does not follow from the first.
pub async fn run(
    args: ConsistencyArgs,
    environment: &Environment,
    format: Format,
) -> CommandResult<ExitCode> {
    let config = config(environment)?;
    let named: Vec<PathBuf> = args.key.into_iter().collect();
    let keys = trusted_keys(&named, &config)?;
    let key = keys.first().ok_or(NotaryError::NoKey)?;
    let log = compose::log_for_operator(&config.operator).await?;
    let mut connection = connect(&log).await?;
    let log_id = log.identity().log_id();
    let proof = consistency(&mut connection, log_id, (args.first, args.second)).await?;
    let checked = proof.check(key);
    // The proof itself is the answer, for whoever checks it elsewhere.
    output::print(Format::Json, &proof, |_| String::new())?;
    if let (Format::Text, Err(refusal)) = (format, &checked) {
        output::print(format, &(), |()| format!("NOT CONSISTENT: {}", words(refusal)))?;
    }
    Ok(if checked.is_ok() {
        ExitCode::SUCCESS
    } else {
        NOT_SO.into()
    })
}
