//! Money that came too late for its booking to be revived goes back in full.

use domain::booking::events::Unwanted;

use crate::processes::{Reaction, Seen, unwanted_money};

/// The name under which the process is registered.
pub const NAME: &str = "late_success";

/// What a fact means to this process.
pub fn react(seen: Seen<'_>) -> Vec<Reaction> {
    unwanted_money::goes_back(seen, Unwanted::TooLate)
}
