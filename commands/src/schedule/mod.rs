//! What can be asked about a doctor's days, one wish per file.

mod block_time;
mod open_day;

pub use block_time::{BlockTime, block_time};
pub use open_day::{OpenDay, WorkingHours, open_day};
