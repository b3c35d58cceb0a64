//! placeholder

pub mod events;
pub mod refusal;
