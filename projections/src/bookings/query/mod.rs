//! The questions. Each takes the one who asks: another's booking is not there.

mod conditions;
pub mod feed;
pub mod going_on;
pub mod lately_requested;
pub mod lists;
pub mod one;
pub mod open_calls;
