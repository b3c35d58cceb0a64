//! What can be asked about a doctor's days, one use case per file.

mod accept;
mod block_time;
mod close_day;
mod extend_day;
mod open_day;
mod unblock_time;

pub use accept::set_accepts;
pub use block_time::{BlockTime, block_time};
pub use close_day::{CloseDay, close_day};
pub use extend_day::{ExtendDay, extend_day};
pub use open_day::{OpenDay, WorkingHours, open_day, permit};
pub use unblock_time::{UnblockTime, unblock_time};
