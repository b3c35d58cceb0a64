//! States of streams kept in memory, bounded: a stream known at a version costs no query.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::after::{After, AnyState};
use crate::appender::PriorCommit;
use crate::error::LogError;
use crate::stream_name::StreamName;

/// A stream's version with its state at that version.
#[derive(Clone)]
pub(crate) struct Cached {
    pub version: i64,
    pub state: AnyState,
}

/// Commands whose place in the log is remembered.
const COMMANDS_MAX: usize = 10_000;

/// Replays kept for those who ask for the same at once.
const REPLAYS_MAX: u64 = 256;

/// And for how long.
const REPLAYS_KEPT: Duration = Duration::from_secs(5);

/// The bounded cache. What it says of streams may be old, never wrong: an append checks the version, and nothing is
/// refused on its word alone. What it says of commands is final: it repeats what stands in the log.
pub(crate) struct Cache {
    streams: quick_cache::sync::Cache<StreamName, Cached>,
    commands: quick_cache::sync::Cache<Uuid, PriorCommit>,
    replays: moka::future::Cache<(Uuid, Vec<StreamName>), Arc<After>>,
}

impl Cache {
    pub fn new(streams_max: usize) -> Self {
        Self {
            streams: quick_cache::sync::Cache::new(streams_max),
            commands: quick_cache::sync::Cache::new(COMMANDS_MAX),
            replays: moka::future::Cache::builder()
                .max_capacity(REPLAYS_MAX)
                .time_to_live(REPLAYS_KEPT)
                .build(),
        }
    }

    pub fn get(&self, name: &StreamName) -> Option<Cached> {
        self.streams.get(name)
    }

    pub fn put(&self, name: StreamName, cached: Cached) {
        self.streams.insert(name, cached);
    }

    pub fn forget(&self, name: &StreamName) {
        self.streams.remove(name);
    }

    /// Where this command stands in the log, if that is remembered.
    pub fn command(&self, id: Uuid) -> Option<PriorCommit> {
        self.commands.get(&id)
    }

    pub fn remember_command(&self, id: Uuid, earlier: PriorCommit) {
        self.commands.insert(id, earlier);
    }

    /// A replay, read once for all who ask for it at the same time.
    pub async fn replay(
        &self,
        id: Uuid,
        named: Vec<StreamName>,
        read: impl Future<Output = Result<Arc<After>, LogError>>,
    ) -> Result<Arc<After>, Arc<LogError>> {
        self.replays.try_get_with((id, named), read).await
    }
}
