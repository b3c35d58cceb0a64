//! Named limits, each with its default.

use std::time::Duration;

/// How the log is told.
#[derive(Clone, Debug)]
pub struct FanOutOptions {
    /// How many facts are told at a time.
    pub batch_max: u32,
    /// The longest wait for a wake-up before it looks by itself.
    pub poll: Duration,
    /// How long it waits while there is no endpoint: facts are nobody's business then.
    pub nobody: Duration,
    /// How long a process that does not lead waits before it asks for the leadership again.
    pub follow: Duration,
    /// How long it waits after an error.
    pub pause: Duration,
    /// Bookings and payments whose states are remembered.
    pub states_max: usize,
}

impl Default for FanOutOptions {
    fn default() -> Self {
        Self {
            batch_max: 500,
            poll: Duration::from_millis(250),
            nobody: Duration::from_secs(1),
            follow: Duration::from_secs(2),
            pause: Duration::from_secs(1),
            states_max: 10_000,
        }
    }
}

/// How queues are delivered.
#[derive(Clone, Debug)]
pub struct DispatcherOptions {
    /// Endpoints served at once that answer well.
    pub places: usize,
    /// Endpoints served at once that fail or are slow: they take no place of the others.
    pub troubled_places: usize,
    /// Requests to one endpoint at once, each of another booking.
    pub per_endpoint: usize,
    /// The same for one that is slow; one that fails is tried by a single request.
    pub per_slow_endpoint: usize,
    /// Deliveries of one endpoint read at a time.
    pub window: u32,
    /// After this time a turn begins no more requests, so that others get theirs.
    pub turn: Duration,
    /// How long one attempt may take. Standard Webhooks asks for 15 to 30 seconds.
    pub attempt: Duration,
    /// An endpoint that takes longer than this, on average, is slow.
    pub slow: Duration,
    /// How long an endpoint is held; longer than a turn with its last attempt.
    pub lease: Duration,
    /// How long it waits for a wake-up before it looks by itself; twice as long each time that nothing was due.
    pub poll: Duration,
    /// But no longer than this: what another process queued, or what is tried again, waits for it.
    pub poll_max: Duration,
    /// How long it waits after an error.
    pub pause: Duration,
}

impl Default for DispatcherOptions {
    fn default() -> Self {
        Self {
            places: 192,
            troubled_places: 64,
            per_endpoint: 8,
            per_slow_endpoint: 2,
            window: 128,
            turn: Duration::from_secs(5),
            attempt: Duration::from_secs(15),
            slow: Duration::from_secs(2),
            lease: Duration::from_secs(30),
            poll: Duration::from_millis(250),
            poll_max: Duration::from_secs(2),
            pause: Duration::from_secs(1),
        }
    }
}

/// How long what is over is kept.
#[derive(Clone, Debug)]
pub struct KeepOptions {
    /// Deliveries that were taken or given up.
    pub keep: Duration,
    /// How many are forgotten by one statement.
    pub batch: i64,
    /// How often it is looked for such.
    pub every: Duration,
}

impl Default for KeepOptions {
    fn default() -> Self {
        Self {
            keep: Duration::from_hours(24 * 30),
            batch: 5_000,
            every: Duration::from_secs(60),
        }
    }
}
