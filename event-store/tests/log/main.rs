//! The log's promises, each against a real Postgres: order, exactly once, turns, bad days, reading.
#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(
    clippy::disallowed_methods,
    reason = "tests draw their own ids and own their tasks"
)]

mod bad_days;
mod jar;
mod kit;
mod memory;
mod once;
mod order;
mod proxy;
mod reading;
mod related;
mod sets;
mod sql;
mod upon_each_other;
