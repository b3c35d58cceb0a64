//! Intents: what processes want done, recorded in the log's database and carried out exactly once in effect.

mod attempt;
mod carry_out;
mod give_up;
mod intent;
pub(crate) mod lane;
mod places;
mod refuse;
mod retry;
mod trace;
mod worker;

#[cfg(test)]
mod tests;

pub use give_up::{GiveUpIntent, give_up};
pub(crate) use intent::FollowUp;
pub use intent::{Cause, Intent, Printed, StoredIntent};
pub use lane::Lane;
pub use places::LanePlaces;
pub use retry::retry;
pub use worker::{IntentStep, IntentWorker, IntentWorkerOptions};
