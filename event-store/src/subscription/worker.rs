//! One worker: follows the shards it holds for one consumer, over NATS when it can and from the log when it must.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::PgConnection;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::info;
use uuid::Uuid;

use super::shards::{CatchUpPolicy, Shards};
use super::{Consumer, FanoutError, StartAt, WorkerOptions, heads, leases, read_shards, session};
use crate::bus::{Bus, Feed};
use crate::generations;
use crate::log::EventLog;
use crate::{Fact, Position};

/// What one step of a worker did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkerStep {
    /// Facts whose checkpoints were moved over in this step.
    pub applied: usize,
    /// Facts taken from NATS.
    pub from_bus: usize,
    /// Facts taken from the log.
    pub from_log: usize,
    /// Nothing is left to do for the shards it holds.
    pub quiet: bool,
    /// What was taken means nothing to the consumer, and waits for company before its checkpoints move.
    pub waiting: bool,
    /// How many shards it holds.
    pub held: usize,
}

/// What a worker has done since it was made. Shared, for metrics and tests.
#[derive(Debug, Default)]
pub struct Counters {
    /// Facts that came over NATS.
    pub from_bus: AtomicU64,
    /// Facts that were read from the log.
    pub from_log: AtomicU64,
    /// Messages dropped: old, of other shards, or ahead of a gap.
    pub dropped: AtomicU64,
    /// Committed batches.
    pub batches: AtomicU64,
    /// Batches that found shards lost when they were committed.
    pub lost: AtomicU64,
    /// Keys parked.
    pub parked: AtomicU64,
    /// Consumers opened on NATS.
    pub opened: AtomicU64,
}

/// A shard this code can follow only up to a fact that needs newer code.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paused {
    pub before: Position,
    pub until: Instant,
}

/// A worker of one consumer. Run as many as you like, in any number of processes: they share its shards.
pub struct Worker {
    pub(super) log: EventLog,
    pub(super) bus: Option<Bus>,
    pub(super) consumer: Arc<dyn Consumer>,
    pub(super) options: WorkerOptions,
    pub(super) me: Uuid,
    pub(super) connection: Option<PgConnection>,
    pub(super) generation: i32,
    pub(super) live: bool,
    pub(super) shards: Shards,
    /// The number of its newest row of positions.
    pub(super) number: i64,
    pub(super) feed: Option<Feed>,
    pub(super) listen_after: Instant,
    pub(super) pending: Vec<Fact>,
    /// Since when facts are pending that all mean nothing to the consumer; none if one of them does, or none is pending.
    pub(super) idle_since: Option<Instant>,
    /// While above 0, so many facts are applied one by one, to find the one that the database refuses.
    pub(super) one_by_one: usize,
    pub(super) tries: u32,
    pub(super) renew_at: Instant,
    /// Until when it counts as busy, though nothing more should come.
    pub(super) busy_until: Instant,
    pub(super) compare_at: Instant,
    pub(super) misses: u32,
    /// Shards with a fact that needs newer code.
    pub(super) paused: HashMap<i16, Paused>,
    pub(super) head_then: Option<Position>,
    /// The log's end at which a comparison found nothing missing.
    pub(super) complete_at: Option<Position>,
    /// Shard → the fence under which its unseen facts have been shown.
    pub(super) shown: HashMap<i16, i64>,
    pub(super) counters: Arc<Counters>,
}

impl Worker {
    /// A worker of this consumer; without a bus it follows the log alone.
    pub fn new(log: EventLog, bus: Option<Bus>, consumer: Arc<dyn Consumer>, options: WorkerOptions) -> Self {
        let now = Instant::now();
        let busy_until = now + options.idle_after;
        Self {
            log,
            bus,
            consumer,
            options,
            me: Uuid::from_u128(rand::random()),
            connection: None,
            generation: 0,
            live: false,
            shards: Shards::default(),
            number: 0,
            feed: None,
            listen_after: now,
            pending: Vec::new(),
            idle_since: None,
            one_by_one: 0,
            tries: 0,
            renew_at: now,
            busy_until,
            compare_at: now,
            misses: 0,
            paused: HashMap::new(),
            head_then: None,
            complete_at: None,
            shown: HashMap::new(),
            counters: Arc::default(),
        }
    }

    /// What it has done so far.
    pub fn counters(&self) -> Arc<Counters> {
        Arc::clone(&self.counters)
    }

    /// Who it is in the leases.
    pub fn id(&self) -> Uuid {
        self.me
    }

    /// Makes the consumer known, so that a process misses nothing from here on, and takes its first shards.
    ///
    /// # Errors
    /// When the database cannot be used.
    pub async fn register(&mut self) -> Result<(), FanoutError> {
        let mut connection = self.session().await?;
        let held = self.keep_leases(&mut connection).await;
        self.keep_session(connection, held)
    }

    /// One turn: takes what NATS has ready, or else whatever the log has and is missing here, and commits it. When it
    /// answers `quiet`, every fact in the log at that moment is applied to the shards it holds.
    ///
    /// # Errors
    /// When the database cannot be used; nothing is lost, the next step starts from the stored checkpoints.
    pub async fn step(&mut self) -> Result<WorkerStep, FanoutError> {
        self.turn(true).await
    }

    /// One turn; `thorough` compares with the log's heads when nothing is ready.
    pub(super) async fn turn(&mut self, thorough: bool) -> Result<WorkerStep, FanoutError> {
        let mut connection = self.session().await?;
        let done = self.turn_on(&mut connection, thorough).await;
        self.keep_session(connection, done)
    }

    async fn session(&mut self) -> Result<PgConnection, FanoutError> {
        if let Some(connection) = self.connection.take() {
            return Ok(connection);
        }
        let mut connection = session::open(&self.log).await?;
        self.generation = leases::register(&mut connection, self.consumer.as_ref()).await?;
        self.live = self.consumer.start() == StartAt::Head;
        self.renew_at = Instant::now();
        Ok(connection)
    }

    /// After an error everything in memory is suspect: the next turn starts from what is stored.
    fn keep_session<T>(
        &mut self,
        connection: PgConnection,
        done: Result<T, FanoutError>,
    ) -> Result<T, FanoutError> {
        if done.is_ok() {
            self.connection = Some(connection);
        } else {
            self.shards.clear();
            self.pending.clear();
            self.one_by_one = 0;
        }
        done
    }

    async fn turn_on(
        &mut self,
        connection: &mut PgConnection,
        thorough: bool,
    ) -> Result<WorkerStep, FanoutError> {
        if Instant::now() >= self.renew_at {
            self.keep_leases(connection).await?;
        }
        self.keep_feed().await;
        let mut step = WorkerStep {
            held: self.shards.numbers().len(),
            ..WorkerStep::default()
        };
        if self.pending.is_empty() || self.idle_since.is_some() {
            step.from_bus = self.take_ready();
            let idle = self.pending.is_empty() || self.idle_since.is_some();
            let due = Instant::now() >= self.compare_at;
            if due || (thorough && idle) {
                let catch_up_policy = match thorough && idle {
                    true => CatchUpPolicy::None,
                    false => self.catch_up_policy(),
                };
                self.compare(connection, catch_up_policy).await?;
            }
            step.from_log = self.read_behind(connection).await?;
        }
        if self.pending.is_empty() {
            step.quiet = self.shards.behind().is_empty();
            return Ok(step);
        }
        step.waiting = !thorough
            && self.pending.len() < self.options.batch_max
            && self.idle_until().is_some_and(|until| Instant::now() < until);
        if !step.waiting {
            self.idle_since = None;
            step.applied = self.commit(connection).await?;
        }
        Ok(step)
    }

    /// Without NATS nothing can be on its way.
    fn catch_up_policy(&self) -> CatchUpPolicy {
        match &self.bus {
            Some(_) if !self.feed_is_gone() => CatchUpPolicy::OneRound,
            Some(_) | None => CatchUpPolicy::None,
        }
    }

    /// Compares the held shards with the heads of the log.
    async fn compare(
        &mut self,
        connection: &mut PgConnection,
        catch_up_policy: CatchUpPolicy,
    ) -> Result<(), FanoutError> {
        let due = Instant::now() >= self.compare_at;
        let known_head = self.log.known_head();
        if catch_up_policy == CatchUpPolicy::OneRound && self.live && self.complete_at == Some(known_head) {
            // The log has not grown since nothing was missing.
            self.compare_at = Instant::now() + self.options.compare;
            return Ok(());
        }
        let heads = heads(connection, &self.shards.numbers()).await?;
        let missing = self.shards.compare(&heads, catch_up_policy);
        self.complete_at = self.shards.have(&heads).then_some(known_head);
        if due {
            self.compare_at = Instant::now() + self.options.compare;
            self.misses = if missing > 0 { self.misses + 1 } else { 0 };
            if self.misses >= self.options.misses_max
                && let Some(feed) = &self.feed
            {
                self.misses = 0;
                feed.renew();
            }
        }
        if !self.live {
            self.live = self.consider_going_live(connection).await?;
            self.signal_progress();
        }
        Ok(())
    }

    async fn consider_going_live(&mut self, connection: &mut PgConnection) -> Result<bool, FanoutError> {
        let Some(head) = self.head_then.replace(self.log.head().await?) else {
            return Ok(false);
        };
        let consumer = self.consumer.as_ref();
        let live: Option<i32> = sqlx::query_scalar(
            "select live_generation from read_models where model = $1 and schema_version = $2",
        )
        .bind(consumer.name())
        .bind(consumer.schema_version())
        .fetch_one(&mut *connection)
        .await?;
        if live.is_some() {
            return Ok(live == Some(self.generation));
        }
        generations::index(connection, consumer, self.generation).await?;
        let gone_live = leases::go_live(connection, consumer, self.generation, head).await?;
        if gone_live {
            info!(
                consumer = consumer.name(),
                generation = self.generation,
                "a first generation has gone live"
            );
        }
        Ok(gone_live)
    }

    /// Reads what is missing from the log, a fair part of each shard.
    async fn read_behind(&mut self, connection: &mut PgConnection) -> Result<usize, FanoutError> {
        let behind = self.shards.behind();
        let room = self.options.batch_max.saturating_sub(self.pending.len());
        if behind.is_empty() || room == 0 {
            return Ok(0);
        }
        let each_max = (room / behind.len()).max(1);
        let mut facts = read_shards(connection, &behind, i64::try_from(each_max).unwrap_or(i64::MAX)).await?;
        if !self.paused.is_empty() {
            facts.retain(|fact| !self.is_paused(fact));
        }
        let read = facts.len();
        for &(shard, _) in &behind {
            let mut of_shard = facts.iter().filter(|fact| fact.shard == shard);
            let (count, last) = (of_shard.clone().count(), of_shard.next_back());
            self.shards
                .took_from_log(shard, last.map(|fact| fact.position), count < each_max);
        }
        self.counters.from_log.fetch_add(read as u64, Ordering::Relaxed);
        if read > 0 {
            let wanted = facts.iter().any(|fact| self.consumer.wants(fact));
            self.weigh(self.pending.is_empty(), wanted);
        }
        self.pending.extend(facts);
        Ok(read)
    }

    pub(super) fn signal_progress(&self) {
        if !self.live {
            return; // Readers look at another generation, or at none.
        }
        let committed = self.shards.all().map(|(shard, held)| (shard, held.committed));
        self.log.wake_ups().note_progress(self.consumer.name(), committed);
        if self.consumer.start() == StartAt::Head {
            self.log.wake_ups().intents_changed();
        }
    }

    pub(super) async fn leave(mut self) {
        let Some(mut connection) = self.connection.take() else {
            return;
        };
        if let Err(error) =
            leases::leave(&mut connection, (self.consumer.name(), self.generation), self.me).await
        {
            info!(consumer = self.consumer.name(), error = %error, "leases were left to run out");
        }
        session::close(connection).await;
    }

    /// Runs until stopped: it waits for messages, appends and freshness waits, and looks by itself now and then.
    pub async fn run(self, stop: CancellationToken) {
        super::run::follow(self, stop).await;
    }

    pub(super) fn next_look(&self) -> Instant {
        let look = self.compare_at.min(self.renew_at);
        self.idle_until().map_or(look, |until| look.min(until))
    }

    pub(super) fn feed_is_gone(&self) -> bool {
        self.feed.as_ref().is_none_or(|feed| !feed.is_open())
            || self.bus.as_ref().is_none_or(|bus| !bus.connected())
    }

    pub(super) fn trying_again(&self) -> bool {
        self.tries > 0
    }
}
