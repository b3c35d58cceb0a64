//! YooKassa, API v3: cards with a hold, the faster payments system, refunds, receipts and payouts.
//!
//! Rules of the wire: amounts are decimal text; every POST carries an `Idempotence-Key`, which YooKassa remembers for
//! 24 hours and then takes for a new request; an answer other than 200 or a definite 4xx leaves the outcome unknown.
//! Source: the provider's OpenAPI of 2026-05 and its pages on interaction, payments, receipts and payouts.

mod adapter;
mod answers;
mod client;
mod gateway;
mod lists;
mod payments;
mod receipts;
mod refunds;
mod shop;
mod webhook;
mod wire;

#[cfg(test)]
mod tests;

pub use adapter::{REPEAT_WITHIN, Yookassa};
pub use client::Credentials;
pub use gateway::Gateway;
pub use shop::ShopSettings;
pub use webhook::{NETWORKS, YookassaNotices};

/// A telephone number as YooKassa wants it: digits alone.
fn digits(phone: &str) -> String {
    phone.chars().filter(char::is_ascii_digit).collect()
}
