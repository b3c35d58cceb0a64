//! Processes: each a sentence of the rule book, as a pure function from a fact to what should happen next.
//!
//! A process never acts. It states intents; the worker in `intents` carries them out, one at a time per partition key,
//! each exactly once in effect.

mod alarm;
pub mod booking_payment;
mod consumer;
pub mod doctor_earnings;
pub mod double_payment;
pub mod hold_expiry;
pub mod hold_keeping;
pub mod late_success;
pub mod payment_watch;
pub mod payout_calls;
pub mod payout_destinations;
pub mod payout_watch;
pub mod provider_calls;
mod reaction;
pub mod receipt_follow_up;
pub mod refund_follow_up;
pub mod settlement;
mod unwanted_money;
pub mod visit_watch;

#[cfg(test)]
mod answers;
#[cfg(test)]
mod payout_tests;
#[cfg(test)]
mod tests;

pub use consumer::{CONSUMER, Processes, consumer};
pub use reaction::{PROCESSES, Process, Reaction, Seen};
