//! How often what happened: for tests that must know that a request was never made, or made once.

use std::collections::BTreeMap;

/// Counts by dotted name (`payments.create.200`, `faults.drop_after`, `webhooks.delivered`).
#[derive(Debug, Default)]
pub struct Counters(BTreeMap<String, u64>);

impl Counters {
    /// One more.
    pub fn count(&mut self, name: impl Into<String>) {
        *self.0.entry(name.into()).or_default() += 1;
    }

    /// All of them.
    pub fn all(&self) -> &BTreeMap<String, u64> {
        &self.0
    }
}
