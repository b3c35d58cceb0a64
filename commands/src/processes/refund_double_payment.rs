//! Money beside the money that secured the booking goes back in full.

use domain::booking::events::Unwanted;

use crate::processes::{ReceivedEvent, ScheduledIntent, refund_unneeded_payment};

/// The name under which the process is registered.
pub const NAME: &str = "double_payment";

/// What a fact means to this process.
pub fn react(received: ReceivedEvent<'_>) -> Vec<ScheduledIntent> {
    refund_unneeded_payment::goes_back(received, Unwanted::PaidAlready)
}
