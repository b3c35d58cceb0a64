//! T-Bank's internet acquiring (EACQ, version 2), used for the faster payments system directly.
//!
//! Rules of the wire: every call is a POST of JSON signed with a token, answered with HTTP 200 even when refused;
//! amounts are whole kopecks. Nothing is idempotent: whoever repeats must first ask what was done.
//! Source: the bank's OpenAPI 1.80 and the pages inside it.

mod adapter;
mod answers;
mod client;
mod notices;
mod payments;
mod receipts;
mod refund_effect;
mod refunds;
mod token;
mod wire;

#[cfg(test)]
mod tests;

pub use adapter::{Tbank, TbankSettings, TestOutcome};
pub use client::Terminal;
pub use notices::{NETWORKS, TbankNotices};
