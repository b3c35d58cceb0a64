//! Price lists: publishing one, and what is in force, known by every process without asking per command.

mod agreed;
mod known;
mod lists;
mod publish;

pub use agreed::{Agreed, VisitClocks};
pub use known::{BELIEVED_FOR, InForce, Prices, REFRESHED_EVERY};
pub use lists::{KnownLists, ListState};
pub use publish::{PublishPrices, publish};
