#![doc = include_str!("../README.md")]

mod limits;
mod quota;
mod shared;
mod table;

pub use limits::RateLimits;
pub use quota::Quota;
pub use shared::counters::{Counted, Counter, FailureRule, HeldUp, Settlement};
pub use shared::{RedisError, RedisSettings, SharedLimits};
pub use table::{BYTES_MAX, Table};
