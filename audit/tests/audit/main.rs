//! The notary's promises, each against a real Postgres: it keeps up, what it proves holds, and no change goes unnoticed.
#![expect(clippy::unwrap_used, reason = "tests")]

mod follows;
mod heads_files;
mod kit;
mod mutations;
mod other_logs;
mod proofs;
mod shown;
mod tampering;
mod witnessing;
