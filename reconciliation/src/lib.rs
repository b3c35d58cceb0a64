//! Our books against the providers': what both have is compared, what we missed is recorded, what remains is told.
//!
//! [`diff`] compares without asking anybody. [`sweep`](sweep::sweep) walks both sides of a window in bounded pieces, asks
//! again before it believes a difference, and writes nothing but through use cases. [`report`] says what was found, for a
//! terminal, an accountant's table or a program. [`runner`] carries out what is asked for, and one sweep every night.

pub mod diff;
pub mod fault;
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

pub use fault::RunnerFault;
pub use internal_records::InternalRecords;
pub use ledger_source::{LedgerSource, LedgerSourceFault};
pub use nightly::Nightly;
pub use report::Report;
pub use runner::Runner;
pub use sweep::{Progress, Sweep, SweepFault, sweep};
pub use window::SweepLimits;
