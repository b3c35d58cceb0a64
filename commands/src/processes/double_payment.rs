//! Money beside the money that secured the booking goes back in full.

use domain::booking::events::Unwanted;

use crate::processes::{Reaction, Seen, unwanted_money};

/// The name under which the process is registered.
pub const NAME: &str = "double_payment";

/// What a fact means to this process.
pub fn react(seen: Seen<'_>) -> Vec<Reaction> {
    unwanted_money::goes_back(seen, Unwanted::PaidAlready)
}
