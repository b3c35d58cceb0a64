//! What a process tells the log when it opens it, each with its default.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::upcast::Upcaster;

/// How a process uses the log.
#[derive(Clone)]
pub struct LogOptions {
    /// The application role's connection string.
    pub url: String,
    /// Connections shared by everything in this process that asks [`crate::EventLog::pool`]; 16.
    pub pool_size: u32,
    /// Connections for reading streams and the log, besides the one that appends; 8.
    pub reading_pool_size: u32,
    /// Whether this program understands facts of (aggregate type, event type, event version), after upcasting.
    pub known: fn(&str, &str, &str) -> bool,
    /// How old facts are made readable.
    pub upcasters: Vec<Arc<dyn Upcaster>>,
    /// Stored with every fact decided by this program.
    pub app_version: &'static str,
    /// How many streams' states are kept in memory; 20 000.
    pub cached_streams_max: usize,
    /// How often the database's clock and the log's head are asked for; 50 ms.
    pub sample_every: Duration,
    /// How often while nothing is decided here and the log does not grow; 500 ms.
    pub sample_every_when_idle: Duration,
    /// How long a read, or a connection, is waited for before the log counts as unavailable; 2 s.
    pub connect_wait_max: Duration,
    /// How long an append, retries after a lost connection included, may take before its command is answered
    /// "unavailable"; 4 s.
    pub append_wait_max: Duration,
    /// How long one statement may run on [`crate::EventLog::pool`] or read the log; unbounded, for operators who wait.
    pub statement_within: Option<Duration>,
}

impl LogOptions {
    /// The defaults, for the database at `url` and the facts that `known` accepts.
    pub fn new(url: impl Into<String>, known: fn(&str, &str, &str) -> bool) -> Self {
        Self {
            url: url.into(),
            pool_size: 16,
            reading_pool_size: 8,
            known,
            upcasters: Vec::new(),
            app_version: env!("CARGO_PKG_VERSION"),
            cached_streams_max: 20_000,
            sample_every: Duration::from_millis(50),
            sample_every_when_idle: Duration::from_millis(500),
            connect_wait_max: Duration::from_secs(2),
            append_wait_max: Duration::from_secs(4),
            statement_within: None,
        }
    }
}

impl fmt::Debug for LogOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The url holds a password.
        f.debug_struct("LogOptions")
            .field("app_version", &self.app_version)
            .finish_non_exhaustive()
    }
}
