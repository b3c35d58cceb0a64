//! The log as a process holds it: reads facts by position and streams as of a moment, and knows the head.

mod read;
pub(crate) mod related;
pub(crate) mod snapshot;

use std::sync::Arc;

use jiff::Timestamp;
use postgres_es::PostgresEventRepository;
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::Position;
use crate::activity::Activity;
use crate::appender::Appender;
use crate::clock::{Clock, SKEW_MAX};
use crate::error::LogError;
use crate::heartbeat;
use crate::identity::LogIdentity;
use crate::options::LogOptions;
use crate::outage::Outage;
use crate::position::raise;
use crate::recent_changes::RecentChanges;
use crate::store::Cache;
use crate::stream_locks::StreamLocks;
use crate::wake_ups::WakeUps;

/// After so many missed samples the database counts as gone.
const MISSED_SAMPLES_MAX: u32 = 40;

/// One log. Cheap to clone; all clones share connections, cache and locks.
#[derive(Clone)]
pub struct EventLog(Arc<Inner>);

struct Inner {
    options: LogOptions,
    identity: LogIdentity,
    pool: PgPool,
    reading: PgPool,
    repository: PostgresEventRepository,
    clock: Clock,
    head: watch::Sender<Position>,
    another_log: CancellationToken,
    appender: Appender,
    cache: Cache,
    recent_changes: Arc<RecentChanges>,
    activity: Arc<Activity>,
    stream_locks: StreamLocks,
    wake_ups: WakeUps,
}

/// Up to where a stream is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsOf {
    /// All of it.
    Head,
    /// Its first so many facts.
    Version(i64),
    /// Up to the last fact that any page dates at or before this instant: see [`StoredFact::happened_by`].
    ///
    /// [`StoredFact::happened_by`]: crate::StoredFact::happened_by
    Instant(Timestamp),
    /// What stands at or before this position of the log.
    Position(Position),
}

/// Why a process should not be sent commands at present.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unready {
    /// The database has not answered for a while.
    #[error("the database does not answer")]
    Silent,
    /// This machine's clock is off.
    #[error("this machine's clock is {0} ms off the database's")]
    ClockOff(i64),
    /// The database was restored, failed over or cloned since this process started.
    #[error("the database has become another log; start again")]
    AnotherLog,
}

impl EventLog {
    /// Connects to the log and starts its appender and its clock.
    ///
    /// # Errors
    /// [`LogError`] when the url is no Postgres url, or the database cannot be reached or has no log.
    pub async fn open(options: LogOptions) -> Result<Self, LogError> {
        let connect: PgConnectOptions = options
            .url
            .parse()
            .map_err(|error| LogError::from_sqlx("reading the database url", error))?;
        let connect = connect
            .application_name("tot")
            .statement_cache_capacity(512)
            .options([("jit", "off")]);
        let asking = match options.statement_within {
            Some(within) => connect
                .clone()
                .options([("statement_timeout", within.as_millis().to_string())]),
            None => connect.clone(),
        };
        // A plan made while the log was small must not live on as a scan of the whole log.
        let connect_reading = asking
            .clone()
            .options([("enable_seqscan", "off"), ("enable_bitmapscan", "off")]);
        let outage = Outage::default();
        let pool = |size| outage.guard(pool(&options, size));
        let reading = pool(options.reading_pool_size).connect_lazy_with(connect_reading);
        let pool = pool(options.pool_size).connect_lazy_with(asking);

        let beginning = heartbeat::first(&reading).await?;
        let (head, _) = watch::channel(beginning.head);
        let clock = Clock::new(beginning.sample);
        let another_log = CancellationToken::new();
        let recent_changes = Arc::new(RecentChanges::since(beginning.head));
        let appender = Appender::start(
            &options,
            connect.application_name("tot append"),
            beginning.identity.clone(),
            Arc::clone(&recent_changes),
            head.clone(),
            another_log.clone(),
        );
        let log = Self(Arc::new(Inner {
            identity: beginning.identity,
            repository: PostgresEventRepository::new(reading.clone()),
            pool,
            reading,
            clock,
            head,
            another_log,
            appender,
            cache: Cache::new(options.cached_streams_max),
            recent_changes,
            activity: Arc::default(),
            stream_locks: StreamLocks::default(),
            wake_ups: WakeUps::default(),
            options,
        }));
        heartbeat::spawn(&log, outage);
        Ok(log)
    }

    /// Connections for whatever else this process asks the same database.
    pub fn pool(&self) -> &PgPool {
        &self.0.pool
    }

    /// Which log this is; fixed while the process lives.
    pub fn identity(&self) -> &LogIdentity {
        &self.0.identity
    }

    /// The wake-ups of the fan-out inside this process.
    pub fn wake_ups(&self) -> &WakeUps {
        &self.0.wake_ups
    }

    /// Database time.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Whether this process should be sent commands.
    ///
    /// # Errors
    /// [`Unready`] says why not.
    pub fn ready(&self) -> Result<(), Unready> {
        if self.is_another_log() {
            return Err(Unready::AnotherLog);
        }
        if self.clock().age() > self.0.options.sample_every * MISSED_SAMPLES_MAX {
            return Err(Unready::Silent);
        }
        let skew = self.clock().skew();
        if skew.unsigned_abs() > SKEW_MAX {
            return Err(Unready::ClockOff(
                i64::try_from(skew.as_millis()).unwrap_or(i64::MAX),
            ));
        }
        Ok(())
    }

    /// Wakes up after each commit, here or (a little later) in another process; shows a position the log has reached.
    pub fn subscribe_appends(&self) -> watch::Receiver<Position> {
        self.0.head.subscribe()
    }

    /// Another process, or somebody who says to be one, tells that the log has reached this position: whoever waits for
    /// appends wakes up and looks for themselves; what is known of the log stays as it is.
    pub fn heard_of_appends(&self, position: Position) {
        if position > *self.0.head.borrow() {
            self.0.head.send_modify(|_known| {});
        }
    }

    /// The log has been seen to reach this position; whoever waits for appends looks for themselves.
    pub fn appended_hint(&self, position: Position) {
        raise(&self.0.head, position);
    }

    pub(crate) fn options(&self) -> &LogOptions {
        &self.0.options
    }

    pub(crate) fn reading(&self) -> &PgPool {
        &self.0.reading
    }

    pub(crate) fn repository(&self) -> &PostgresEventRepository {
        &self.0.repository
    }

    pub(crate) fn appender(&self) -> &Appender {
        &self.0.appender
    }

    pub(crate) fn cache(&self) -> &Cache {
        &self.0.cache
    }

    pub(crate) fn activity(&self) -> &Arc<Activity> {
        &self.0.activity
    }

    /// How far the log is known to have come; it may have come farther.
    pub(crate) fn known_head(&self) -> Position {
        *self.0.head.borrow()
    }

    pub(crate) fn recent_changes(&self) -> &RecentChanges {
        &self.0.recent_changes
    }

    pub(crate) fn stream_locks(&self) -> &StreamLocks {
        &self.0.stream_locks
    }

    /// Whether the database has become another log since this process opened it. Nothing mends that but a new start.
    pub fn is_another_log(&self) -> bool {
        self.0.another_log.is_cancelled()
    }

    /// Waits until the database has become another log, perhaps for ever.
    pub async fn until_another_log(&self) {
        self.0.another_log.cancelled().await;
    }

    pub(crate) fn now_another_log(&self) {
        self.0.another_log.cancel();
    }

    pub(crate) fn downgrade(&self) -> WeakLog {
        WeakLog(Arc::downgrade(&self.0))
    }
}

/// A log that does not keep itself open.
pub(crate) struct WeakLog(std::sync::Weak<Inner>);

impl WeakLog {
    pub fn upgrade(&self) -> Option<EventLog> {
        self.0.upgrade().map(EventLog)
    }
}

fn pool(options: &LogOptions, size: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(size)
        .acquire_timeout(options.connect_wait_max)
        .test_before_acquire(false)
}
