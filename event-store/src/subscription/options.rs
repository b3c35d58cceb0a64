//! Named limits of a worker.

use std::time::Duration;

/// Named limits of a worker.
#[derive(Clone, Debug)]
pub struct WorkerOptions {
    /// How many facts go into one transaction.
    pub batch_max: usize,
    /// How long a lease lasts unless it is renewed.
    pub lease: Duration,
    /// How often leases are renewed, shards shared anew, and parked keys looked at.
    pub renew: Duration,
    /// How often while there was nothing to apply for `idle_after`; well within a lease.
    pub renew_when_idle: Duration,
    /// After how long without a fact to apply a worker is idle.
    pub idle_after: Duration,
    /// How often the worker compares its shards with the heads of the log.
    pub compare: Duration,
    /// How often it looks by itself while NATS is away.
    pub poll: Duration,
    /// How many times a fact is tried before its partition key is parked.
    pub tries_max: u32,
    /// How long it waits after an error.
    pub pause: Duration,
    /// While facts keep coming at `linger_from` a second or more, the least time between two batches.
    pub linger: Duration,
    /// From how many facts a second on it lingers.
    pub linger_from: u128,
    /// How long facts that mean nothing to the consumer wait for company, unless somebody waits for them.
    pub idle_linger: Duration,
    /// After how many comparisons in a row that found facts missing the process's consumer on NATS is opened anew.
    pub misses_max: u32,
    /// How long it waits before it tries to listen to NATS again.
    pub reopen: Duration,
    /// How long a shard that needs newer code is left to others.
    pub avoid: Duration,
    /// How many waiting facts of an unparked key go into one transaction.
    pub unpark_max: u32,
    /// How long keys are unparked in one turn of the leases; well within a lease.
    pub unpark_within: Duration,
}

impl Default for WorkerOptions {
    fn default() -> Self {
        Self {
            batch_max: 1_500,
            lease: Duration::from_secs(5),
            renew: Duration::from_secs(1),
            renew_when_idle: Duration::from_secs(3),
            idle_after: Duration::from_secs(5),
            compare: Duration::from_millis(500),
            poll: Duration::from_millis(50),
            tries_max: 3,
            pause: Duration::from_millis(100),
            linger: Duration::from_millis(20),
            linger_from: 2_500,
            idle_linger: Duration::from_millis(150),
            misses_max: 3,
            reopen: Duration::from_secs(1),
            avoid: Duration::from_secs(10),
            unpark_max: 1_000,
            unpark_within: Duration::from_secs(1),
        }
    }
}
