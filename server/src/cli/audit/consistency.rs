//! `tot audit consistency`: that one signed head follows from another.

use std::io::Write;
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
    /// The notary's public key, in PEM, once for each it has had; by default the key of TOT_NOTARY_KEY_FILE.
    #[arg(long = "key")]
    keys: Vec<PathBuf>,
}

/// Shows it; [`NOT_SO`] when the second head does not follow from the first. The proof is the answer, in either format, for whoever checks it
/// elsewhere; what we say of it goes to standard error.
pub async fn run(args: ConsistencyArgs, environment: &Environment) -> CommandResult<ExitCode> {
    let config = config(environment)?;
    let keys = trusted_keys(&args.keys, &config)?;
    if keys.is_empty() {
        return Err(NotaryError::NoKey.into());
    }
    let log = compose::log_for_operator(&config.operator).await?;
    let mut connection = connect(&log).await?;
    let log_id = log.identity().log_id();
    let ConsistencyArgs { first, second, .. } = args;
    let proof = consistency(&mut connection, log_id, (first, second)).await?;
    let checked = proof.check(&keys);
    output::print(Format::Json, &proof, |_| String::new())?;
    let (verdict, code) = match &checked {
        Ok(()) => (
            format!("CONSISTENT: the head of {second} facts begins with that of {first}"),
            ExitCode::SUCCESS,
        ),
        Err(refusal) => (format!("NOT CONSISTENT: {}", words(refusal)), NOT_SO.into()),
    };
    writeln!(std::io::stderr().lock(), "{verdict}")?;
    Ok(code)
}
