//! The rules of TOT: what may happen to a doctor's day, a booking, a payment, a wallet, a payout and the price
//! lists, as pure functions of history and command. Nothing here does I/O or asks for the time, an id or a price.

pub mod any_event;
pub mod booking;
pub mod ids;
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
