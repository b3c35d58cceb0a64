//! Money beside the money that secured its booking goes back in full.

use domain::booking::events::Unwanted;

use crate::processes::{ReceivedEvent, ScheduledIntent, late_success};

/// The name under which the process is registered.
pub const NAME: &str = "double_payment";

/// What a fact means to this process.
pub fn react(received: ReceivedEvent<'_>) -> Vec<ScheduledIntent> {
    late_success::give_back(received, Unwanted::PaidAlready)
}
