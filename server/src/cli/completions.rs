//! `tot completions`: what a shell needs to complete this command line.

use clap::{Args, CommandFactory as _};
use clap_complete::{Shell, generate};

use super::Cli;
use super::output::{self, OutputError};

/// Arguments of `tot completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell.
    shell: Shell,
}

/// Prints the script.
pub fn run(args: &CompletionsArgs) -> Result<(), OutputError> {
    // Made in memory: generating panics when nobody reads.
    let mut script = Vec::new();
    generate(args.shell, &mut Cli::command(), "tot", &mut script);
    Ok(output::write(&script)?)
}
