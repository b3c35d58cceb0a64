//! Webhooks over a real log: told in order, skipped never, delivered at least once.
#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "tests draw their own ids")]

mod crowd;
mod delivering;
mod kit;
mod owners;
mod telling;
