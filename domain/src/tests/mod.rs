//! What the tests of all aggregates share, and tests of what all aggregates share.

pub mod fixtures;
mod vocabulary;
mod zones;
