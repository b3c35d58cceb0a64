//! States of streams kept in memory, bounded: a stream known at a version costs no query.

use std::any::Any;
use std::sync::Arc;

use crate::stream_name::StreamName;

/// A state of some aggregate; the caller knows which.
pub(crate) type AnyState = Arc<dyn Any + Send + Sync>;

/// A stream's version with its state at that version.
#[derive(Clone)]
pub(crate) struct Cached {
    pub version: i64,
    pub state: AnyState,
}

/// The bounded cache. What it says may be old, never wrong: an append checks the version, and nothing is refused on its
/// word alone.
pub(crate) struct Cache(moka::sync::Cache<StreamName, Cached>);

impl Cache {
    pub fn new(streams_max: u64) -> Self {
        Self(moka::sync::Cache::new(streams_max))
    }

    pub fn get(&self, name: &StreamName) -> Option<Cached> {
        self.0.get(name)
    }

    pub fn put(&self, name: StreamName, cached: Cached) {
        self.0.insert(name, cached);
    }

    pub fn forget(&self, name: &StreamName) {
        self.0.invalidate(name);
    }
}
