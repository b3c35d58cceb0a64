#![doc = include_str!("../README.md")]

pub mod diff;
pub mod error;
pub mod internal_records;
pub mod ledger_source;
pub mod nightly;
pub mod provider_query;
pub mod report;
pub mod runner;
pub mod sweep;
#[cfg(test)]
mod tests;
pub mod window;

pub use error::RunnerError;
pub use internal_records::InternalRecords;
pub use ledger_source::{LedgerSource, LedgerSourceError};
pub use nightly::Nightly;
pub use report::Report;
pub use runner::Runner;
pub use sweep::{Sweep, SweepError, SweepProgress, sweep};
pub use window::SweepLimits;
