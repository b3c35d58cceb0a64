//! The sandbox over HTTP, as its clients meet it; every answer is judged by the providers' own descriptions.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "tests, which say loudly what they skip"
)]

mod bank;
mod faults;
mod idempotency;
mod judge;
mod kit;
mod lists;
mod pages;
mod payments;
mod payouts;
mod program;
mod receipts;
mod refunds;
mod sink;
mod switches;
mod webhooks;
