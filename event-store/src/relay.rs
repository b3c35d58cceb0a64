//! Carries the log to JetStream, in order, forward only, by one leader at a time.

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgConnection;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::bus::Bus;
use crate::log::EventLog;
use crate::subscription::{FanoutError, session};
use crate::{Fact, Position};

/// The advisory lock of the one leading relay of a database.
const LEADER_LOCK: i64 = 7_245_302;

/// Named limits of the relay.
#[derive(Clone, Debug)]
pub struct RelayOptions {
    /// How many facts are read and published at a time.
    pub batch_max: u32,
    /// The longest wait for a wake-up before it looks by itself: the log's heartbeat wakes it, too.
    pub poll: Duration,
    /// The least time between two readings while facts keep coming: fewer, larger batches.
    pub linger: Duration,
    /// From how many facts in one batch on it lingers.
    pub linger_from: usize,
    /// The least time between two writes of the mark. After a crash as much is published again, and dropped by whoever gets it.
    /// Each write leaves a dead row behind, which the next one walks over while somebody holds an old snapshot.
    pub mark_every: Duration,
    /// How far it may be behind before it jumps to the head: consumers read what was left out from the log.
    pub backlog_max: i64,
    /// How long a follower waits before it asks for the leadership again.
    pub follow: Duration,
    /// How long it waits after an error.
    pub pause: Duration,
}

impl Default for RelayOptions {
    fn default() -> Self {
        Self {
            batch_max: 1_000,
            poll: Duration::from_secs(1),
            linger: Duration::from_millis(5),
            linger_from: 8,
            mark_every: Duration::from_millis(250),
            backlog_max: 100_000,
            follow: Duration::from_millis(500),
            pause: Duration::from_millis(250),
        }
    }
}

/// What one step of the relay did.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelayStep {
    Follows,
    /// NATS is away; consumers read the log meanwhile.
    NoBus,
    /// The log has nothing that was not published.
    Quiet,
    /// Published and acknowledged this many facts, up to this position.
    Published {
        facts: usize,
        position: Position,
    },
    /// Too far behind: left out everything up to this position.
    Jumped {
        /// Where it goes on.
        position: Position,
    },
}

/// The relay of one process. Run as many as you like: one leads.
pub struct Relay {
    log: EventLog,
    bus: Bus,
    options: RelayOptions,
    lead: Option<Lead>,
}

struct Lead {
    /// The direct connection that holds the lock. The leadership ends with it.
    connection: PgConnection,
    /// Everything up to here is published and acknowledged.
    mark: Position,
    /// What of it is stored, and when it was.
    stored: (Position, Instant),
    stream_made: bool,
}

impl Relay {
    /// A relay from this log to this bus.
    pub fn new(log: EventLog, bus: Bus, options: RelayOptions) -> Self {
        Self {
            log,
            bus,
            options,
            lead: None,
        }
    }

    /// Publishes one batch, if it leads and there is something new.
    ///
    /// # Errors
    /// When Postgres or NATS failed. The next step goes on from the mark; a message published twice is dropped by
    /// whoever gets it.
    pub async fn step(&mut self) -> Result<RelayStep, FanoutError> {
        let Some(mut lead) = self.lead().await? else {
            return Ok(RelayStep::Follows);
        };
        match self.carry(&mut lead).await {
            Ok(step) => {
                self.lead = Some(lead);
                Ok(step)
            }
            Err(error @ FanoutError::Bus(_)) => {
                // The leadership does not depend on NATS. The stream may have gone: look again.
                lead.stream_made = false;
                self.lead = Some(lead);
                Err(error)
            }
            Err(error) => Err(error),
        }
    }

    /// Carries facts until stopped.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut appends = self.log.subscribe_appends();
        let mut last_warning: Option<String> = None;
        while !stop.is_cancelled() {
            appends.mark_unchanged();
            let started_at = Instant::now();
            let pause = match self.step().await {
                Ok(step) => {
                    if last_warning.take().is_some() {
                        info!("the relay carries facts again");
                    }
                    match step {
                        RelayStep::Published { facts, .. } if facts >= self.options.linger_from => {
                            self.options.linger.saturating_sub(started_at.elapsed())
                        }
                        RelayStep::Published { .. } | RelayStep::Jumped { .. } => Duration::ZERO,
                        RelayStep::Quiet => {
                            tokio::select! {
                                () = stop.cancelled() => {}
                                _ = appends.changed() => {}
                                () = tokio::time::sleep(self.quiet()) => {}
                            }
                            Duration::ZERO
                        }
                        RelayStep::NoBus => self.options.pause,
                        RelayStep::Follows => self.options.follow,
                    }
                }
                Err(error) => {
                    let text = error.to_string();
                    if last_warning.as_ref() != Some(&text) {
                        warn!(
                            error = &error as &dyn std::error::Error,
                            "the relay cannot carry facts at present"
                        );
                    }
                    last_warning = Some(text);
                    self.options.pause
                }
            };
            if !pause.is_zero() {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = tokio::time::sleep(pause) => {}
                }
            }
        }
        if let Some(mut lead) = self.lead.take() {
            if let Err(error) = self.store_mark(&mut lead).await {
                info!(error = %error, "the mark was left where it was");
            }
            session::close(lead.connection).await;
        }
    }

    /// The leadership, if it can be had.
    async fn lead(&mut self) -> Result<Option<Lead>, FanoutError> {
        if let Some(lead) = self.lead.take() {
            return Ok(Some(lead));
        }
        let mut connection = session::open(&self.log).await?;
        let won: bool = sqlx::query_scalar("select pg_try_advisory_lock($1)")
            .bind(LEADER_LOCK)
            .fetch_one(&mut connection)
            .await?;
        if !won {
            session::close(connection).await;
            return Ok(None);
        }
        let mark = sqlx::query_scalar("select position from relay_mark")
            .fetch_one(&mut connection)
            .await?;
        info!(relay.mark = mark, "this relay leads from position {mark}");
        Ok(Some(Lead {
            connection,
            mark,
            stored: (mark, Instant::now()),
            stream_made: false,
        }))
    }

    async fn carry(&self, lead: &mut Lead) -> Result<RelayStep, FanoutError> {
        if !self.bus.connected() {
            lead.stream_made = false;
            return Ok(RelayStep::NoBus);
        }
        if !lead.stream_made {
            self.bus.ensure_stream().await?;
            lead.stream_made = true;
        }
        let facts: Arc<[Fact]> = self
            .log
            .read_after(lead.mark, self.options.batch_max)
            .await?
            .into();
        let Some(last) = facts.last().map(|fact| fact.position) else {
            self.store_mark_in_time(lead).await?;
            return Ok(RelayStep::Quiet);
        };
        if facts.len() >= usize::try_from(self.options.batch_max).unwrap_or(usize::MAX) {
            let head = self.log.head().await?;
            if head - last > self.options.backlog_max {
                warn!(
                    relay.mark = lead.mark,
                    relay.head = head,
                    "the relay is far behind and jumps to the head"
                );
                lead.mark = head;
                self.store_mark(lead).await?;
                return Ok(RelayStep::Jumped { position: head });
            }
        }
        self.bus.hand_on(Arc::clone(&facts));
        self.bus.publish(&facts).await?;
        lead.mark = last;
        self.store_mark_in_time(lead).await?;
        metrics::counter!("tot_relay_facts_total").increment(facts.len() as u64);
        Ok(RelayStep::Published {
            facts: facts.len(),
            position: last,
        })
    }

    /// How long it may wait for facts: until it looks by itself, or until its mark is to be stored.
    fn quiet(&self) -> Duration {
        let unstored = self.lead.as_ref().filter(|lead| lead.stored.0 < lead.mark);
        unstored.map_or(self.options.poll, |lead| {
            let due = self.options.mark_every.saturating_sub(lead.stored.1.elapsed());
            due.min(self.options.poll)
        })
    }

    async fn store_mark_in_time(&self, lead: &mut Lead) -> Result<(), FanoutError> {
        if lead.stored.1.elapsed() < self.options.mark_every {
            return Ok(());
        }
        self.store_mark(lead).await
    }

    /// Forward only: a relay that slept while another led cannot move the mark back.
    async fn store_mark(&self, lead: &mut Lead) -> Result<(), FanoutError> {
        if lead.stored.0 < lead.mark {
            sqlx::query(
                "update relay_mark set position = $1, moved_at = clock_timestamp() where position < $1",
            )
            .bind(lead.mark)
            .execute(&mut lead.connection)
            .await?;
            lead.stored = (lead.mark, Instant::now());
        }
        Ok(())
    }
}
