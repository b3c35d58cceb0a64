//! Webhooks over a real log: told in order, skipped never, delivered at least once.

mod crowd;
mod delivering;
mod kit;
mod owners;
mod telling;
