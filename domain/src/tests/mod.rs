//! What the tests of all aggregates share, and tests of what all aggregates share.

pub mod fixtures;
pub mod lives;
mod vocabulary;
mod zones;
