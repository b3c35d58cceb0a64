//! Price lists: publishing one, and what is in force, known by every process without asking per command.

mod known;
mod publish;

pub use known::{BELIEVED_FOR, InForce, KnownLists, ListState, Prices, REFRESHED_EVERY};
pub use publish::{PublishPrices, publish};
