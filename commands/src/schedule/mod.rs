//! What can be asked about a doctor's days, one wish per file.

mod accept;
mod block_time;
mod open_day;

pub use accept::set_accepts;
pub use block_time::{BlockTime, block_time};
pub use open_day::{OpenDay, WorkingHours, open_day};
