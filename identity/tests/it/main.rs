//! The identity crate against a real Postgres, with the application's own database role.
#![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]

mod accounts;
mod apps;
mod audit_trail;
mod calendar_links;
mod changed_passwords;
mod claims;
mod codes_at_once;
mod doctors;
mod edits;
mod erasures;
mod first_encryption;
mod first_proofs;
mod forge;
mod forged;
mod invitations;
mod kit;
mod limit_counts;
mod nearby;
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
