//! `tot`: the platform's one binary. It serves, migrates, seeds, shows and mends.

mod cli;
mod compose;
mod config;
mod platform;
mod telemetry;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
