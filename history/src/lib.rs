//! What happened to a booking, told whole: every fact of its causal chain with its cause and its effects, a sentence for each,
//! and the state after each. Read from the log and the queue of intents; nothing here is stored. And the finder, by which one comes to
//! a booking from whatever one has a name for. And what would have come of bookings under another price list.

pub mod cause;
pub mod chain;
mod extent;
pub mod find;
pub mod language;
pub mod load;
mod paid_out;
pub mod player;
pub mod sentence;
pub mod state;
pub mod text;
pub mod view;
pub mod what_if;

#[cfg(test)]
mod tests;

pub use cause::Cause;
pub use chain::{Chain, Instruction, Step};
pub use extent::Extent;
pub use load::{FACTS_MAX, HistoryError, load};
pub use paid_out::PayoutShare;
pub use state::{Change, State, changes};
