#![doc = include_str!("../README.md")]

mod cli;
mod compose;
mod config;
mod erasures;
mod mail;
mod notary;
mod platform;
mod priorities;
mod providers;
mod role;
mod tasks;
mod telemetry;
#[cfg(test)]
mod tests;

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Each Argon2 hash takes 19 MiB for a moment. The C library's allocator keeps such blocks in the arena of every thread
/// that ever made one (530 MiB measured after a thousand registrations); this one gives them back.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    cli::main()
}
