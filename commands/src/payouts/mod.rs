//! What can be asked about money on its way out: where it goes, the weekly run to doctors, patients' withdrawals, and
//! what an operator does when one goes wrong.

mod banks;
mod destination;
pub(crate) mod moving;
mod order;
pub(crate) mod provider;
mod retry;
mod run;
mod withdraw;

pub use banks::banks;
pub(crate) use destination::doubt;
pub use destination::{Destination, destination, name_destination};
pub use order::PAYOUT_DESTINATION;
pub use provider::{RecordedPayoutSnapshot, payout_now, record_reconciled};
pub use retry::retry;
pub use run::{
    RUN_DOCTORS_MAX, RunLine, RunOutcome, RunPayouts, RunReport, Skipped, TRIES_PER_WEEK_MAX, run,
};
pub use withdraw::{Withdrawal, withdraw};
