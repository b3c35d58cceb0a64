//! The identity crate against a real Postgres, with the application's own database role.
#![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]

mod accounts;
mod apps;
mod audit_trail;
mod calendar_links;
mod doctors;
mod edits;
mod first_encryption;
mod forge;
mod forged;
mod invitations;
mod kit;
mod operators;
mod own_sessions;
mod payouts;
mod privacy;
mod refreshes;
mod rotation;
mod second_factors;
mod sessions;
mod stream_tickets;
mod vault;
