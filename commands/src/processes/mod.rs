//! Processes: each a sentence of the rule book, as a pure function from a fact to what should happen next.
//!
//! A process never acts. It states intents; the worker in `intents` carries them out, one at a time per partition key,
//! each exactly once in effect. Who answers which event stands in `tests/golden/consumers.txt`.
#![expect(clippy::wildcard_enum_match_arm, reason = "see tests/golden/consumers.txt")]

pub mod booking_payment;
mod consumer;
pub mod doctor_earnings;
pub mod hold_capture;
pub mod hold_expiry;
mod operator_alerts;
pub mod payment_polling;
pub mod payout_calls;
pub mod payout_destinations;
pub mod payout_polling;
pub mod provider_calls;
mod reaction;
pub mod receipt_follow_up;
pub mod refund_follow_up;
pub mod refund_unneeded_payment;
mod registry;
pub mod settlement;
pub mod visit_watch;

#[cfg(test)]
mod payout_tests;
#[cfg(test)]
mod tests;

pub use consumer::{CONSUMER, Processes, consumer};
pub use reaction::{ReceivedEvent, ScheduledIntent};
pub use registry::{PROCESSES, Process};
