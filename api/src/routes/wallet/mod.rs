//! A patient's wallet.

pub mod deposit;
pub mod entries;
pub mod show;
