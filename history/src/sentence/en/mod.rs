//! The sentences in English.

pub(super) mod account;
pub(super) mod booking;
pub(super) mod day;
pub(super) mod intent;
pub(super) mod payment;
pub(super) mod payout;
pub(super) mod price_list;
pub(super) mod wallet;
pub(super) mod words;
