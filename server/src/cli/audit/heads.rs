//! `tot audit heads`: at which sizes heads were signed, for `tot audit consistency` and whoever compares them with a witness' file.

use std::process::ExitCode;

use audit::{connect, heads};
use clap::Args;
use jiff::Timestamp;
use notary::SignedTreeHead;

use super::config;
use crate::cli::operator::CommandResult;
use crate::cli::output::{self, Format};
use crate::compose;
use crate::config::Environment;

/// Arguments of `tot audit heads`.
#[derive(Debug, Args)]
pub struct HeadsArgs {
    /// How many of the last ones.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    limit: u16,
}

/// Prints them, the largest first; with `--json` as they were signed.
pub async fn run(args: &HeadsArgs, environment: &Environment, format: Format) -> CommandResult<ExitCode> {
    let config = config(environment)?;
    let log = compose::log_for_operator(&config.operator).await?;
    let mut connection = connect(&log).await?;
    let mut heads = heads::latest(
        &mut connection,
        log.identity().log_id(),
        args.limit.saturating_add(1),
    )
    .await?;
    let rows = usize::from(args.limit);
    let more = (heads.len() > rows).then_some("--limit shows up to 10000");
    heads.truncate(rows);
    output::print_list(format, &heads, more, |heads| {
        let rows: Vec<Vec<String>> = heads.iter().map(row).collect();
        output::table(&["facts", "signed", "key", "root hash"], &rows)
    })?;
    Ok(ExitCode::SUCCESS)
}

fn row(head: &SignedTreeHead) -> Vec<String> {
    let said = head.unverified();
    let time = Timestamp::from_microsecond(said.time_us);
    vec![
        said.tree_size.to_string(),
        time.map_or_else(|_| said.time_us.to_string(), |time| time.to_string()),
        head.key_id().to_string(),
        said.root_hash.to_string(),
    ]
}
