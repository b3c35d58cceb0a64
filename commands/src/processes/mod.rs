//! Processes: each a sentence of the rule book, as a pure function from a fact to what should happen next.
//!
//! A process never acts. It states intents; the worker in `intents` carries them out, one at a time per partition key,
//! each exactly once in effect. Each stands in the file of the name it is registered by; who answers which event stands in
//! `tests/golden/consumers.txt`.
#![expect(clippy::wildcard_enum_match_arm, reason = "see tests/golden/consumers.txt")]

mod booking_payment;
mod consumer;
mod doctor_earnings;
mod double_payment;
mod hold_expiry;
mod hold_keeping;
mod late_success;
pub mod operator_alerts;
mod payment_watch;
mod payout_calls;
mod payout_destinations;
mod payout_watch;
mod provider_calls;
mod reaction;
mod receipt_follow_up;
mod refund_follow_up;
mod registry;
mod settlement;
mod visit_watch;

#[cfg(test)]
mod payout_tests;
#[cfg(test)]
mod tests;

pub use consumer::{CONSUMER, Processes, consumer};
pub use reaction::{ReceivedEvent, ScheduledIntent};
pub use registry::{PROCESSES, Process, RECONCILIATION, acting_names};
