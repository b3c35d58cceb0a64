#![doc = include_str!("../README.md")]

pub mod account;
pub mod any_event;
pub mod apps;
pub mod booking;
pub mod ids;
pub mod lifecycle;
pub mod money;
pub mod payment;
pub mod payout;
pub mod people;
pub mod policy;
pub mod price_list;
pub mod reactions;
pub mod schedule;
pub mod time;
pub mod upcasting;
pub mod wallet;

#[cfg(test)]
mod tests;
