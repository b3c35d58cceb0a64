//! The identity crate against a real Postgres, with the application's own database role.
#![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]

mod accounts;
mod calendar_links;
mod doctors;
mod edits;
mod forge;
mod forged;
mod kit;
mod operators;
mod own_sessions;
mod payouts;
mod privacy;
mod refreshes;
mod second_factors;
mod sessions;
mod stream_tickets;
mod vault;
