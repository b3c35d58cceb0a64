//! Follows the log: hashes what is new, signs a head at intervals and has it shown to the witnesses. One process at a time leads.

use std::sync::Arc;
use std::time::Duration;

use event_store::EventLog;
use notary::{Frontier, PrivateKey, SignedTreeHead};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::error::AuditError;
use crate::extend::extend;
use crate::heads;
use crate::showing::{forget_others, show};
use crate::witnesses::WitnessPort;

/// The advisory lock of the one leading notary of a database.
const LEADER_LOCK: i64 = 7_245_351;
/// Rows are found by index whatever the statistics say.
const SETTINGS: [(&str, &str); 4] = [
    ("enable_seqscan", "off"),
    ("enable_bitmapscan", "off"),
    ("idle_in_transaction_session_timeout", "60s"),
    ("jit", "off"),
];

/// Named limits of the follower.
#[derive(Clone, Debug)]
pub struct FollowerOptions {
    /// The least time between two signed heads.
    pub interval: Duration,
    /// How many facts are hashed at a time.
    pub batch_max: u32,
    /// How long it lets facts gather before it hashes them: nobody waits for it.
    pub linger: Duration,
    /// The longest wait for a wake-up before it looks by itself.
    pub poll: Duration,
    /// How long a process that does not lead waits before it asks for the leadership again.
    pub follow: Duration,
    /// How long it waits after an error.
    pub pause: Duration,
}

impl Default for FollowerOptions {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(60),
            batch_max: 4_096,
            linger: Duration::from_secs(1),
            poll: Duration::from_secs(60),
            follow: Duration::from_secs(30),
            pause: Duration::from_secs(5),
        }
    }
}

/// What heads are signed with and whom they are brought to.
#[derive(Default)]
pub struct Signer {
    /// Without one, facts are hashed and nothing is signed.
    pub key: Option<PrivateKey>,
    /// Who keeps heads outside the database.
    pub witnesses: Vec<Arc<dyn WitnessPort>>,
}

/// The notary of one process. Run as many as you like: one leads.
pub struct Follower {
    log: EventLog,
    signer: Signer,
    options: FollowerOptions,
    lead: Option<Lead>,
}

struct Lead {
    /// The direct connection that holds the lock. The leadership ends with it.
    connection: PgConnection,
    frontier: Frontier,
    /// The last head, and when this process signed it.
    signed: Option<SignedTreeHead>,
    signed_at: Option<Instant>,
    /// Where each witness is shown the last head from, beside the hashing; they end with the leadership.
    heads: watch::Sender<Option<SignedTreeHead>>,
    _showing: JoinSet<()>,
}

/// What one step of the follower did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FollowerStep {
    /// Another process leads.
    Follows,
    /// So many facts are hashed that were not.
    Hashed(usize),
}

impl Follower {
    /// A notary over this log.
    pub fn new(log: EventLog, signer: Signer, options: FollowerOptions) -> Self {
        Self {
            log,
            signer,
            options,
            lead: None,
        }
    }

    /// Hashes and signs until stopped.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut appends = self.log.subscribe_appends();
        let mut last_warning: Option<String> = None;
        while !stop.is_cancelled() {
            appends.mark_unchanged();
            let stepped = tokio::select! {
                () = stop.cancelled() => break,
                stepped = self.step() => stepped,
            };
            let (linger, wait) = match stepped {
                Ok(step) => {
                    if last_warning.take().is_some() {
                        info!("the notary follows the log again");
                    }
                    match step {
                        FollowerStep::Follows => (self.options.follow, None),
                        FollowerStep::Hashed(facts) if facts == self.batch_max() => (Duration::ZERO, None),
                        FollowerStep::Hashed(0) => (Duration::ZERO, Some(self.due_in())),
                        FollowerStep::Hashed(_) => (self.options.linger, Some(self.due_in())),
                    }
                }
                Err(error) => {
                    let text = error.to_string();
                    if last_warning.as_ref() != Some(&text) {
                        warn!(
                            error = &error as &dyn std::error::Error,
                            "the notary cannot follow the log at present"
                        );
                    }
                    last_warning = Some(text);
                    (self.options.pause, None)
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(linger) => {}
            }
            if let Some(wait) = wait {
                tokio::select! {
                    () = stop.cancelled() => {}
                    _ = appends.changed() => {}
                    () = tokio::time::sleep(wait) => {}
                }
            }
        }
        if let Some(lead) = self.lead.take() {
            drop(lead.connection.close().await);
        }
    }

    fn batch_max(&self) -> usize {
        usize::try_from(self.options.batch_max).unwrap_or(usize::MAX)
    }

    /// Hashes one batch, if it leads, and signs what is due. Witnesses are shown it beside that.
    ///
    /// # Errors
    /// What Postgres answers, or that the log has a hole or another past than was signed; the leadership ends with it.
    pub async fn step(&mut self) -> Result<FollowerStep, AuditError> {
        let Some(mut lead) = self.lead().await? else {
            return Ok(FollowerStep::Follows);
        };
        let hashed = extend(&mut lead.connection, &mut lead.frontier, self.options.batch_max).await?;
        metrics::counter!("tot_notary_facts_total").increment(hashed as u64);
        if hashed < self.batch_max() {
            self.sign_what_is_due(&mut lead).await?;
        }
        self.lead = Some(lead);
        Ok(FollowerStep::Hashed(hashed))
    }

    async fn lead(&mut self) -> Result<Option<Lead>, AuditError> {
        if let Some(lead) = self.lead.take() {
            return Ok(Some(lead));
        }
        let mut connection = connect(&self.log).await?;
        let won: bool = sqlx::query_scalar("select pg_try_advisory_lock($1)")
            .bind(LEADER_LOCK)
            .fetch_one(&mut connection)
            .await?;
        if !won {
            connection.close().await?;
            return Ok(None);
        }
        let log_id = self.log.identity().log_id();
        let signed = heads::last(&mut connection, log_id)
            .await?
            .map(|signed| signed.head);
        forget_others(&mut connection, log_id, &self.signer.witnesses).await?;
        let (heads, mut showing) = (watch::Sender::new(signed), JoinSet::new());
        for witness in &self.signer.witnesses {
            let (log, witness) = (self.log.clone(), Arc::clone(witness));
            showing.spawn(show(log, witness, heads.subscribe(), self.options.interval));
        }
        Ok(Some(Lead {
            connection,
            frontier: Frontier::default(),
            signed,
            signed_at: None,
            heads,
            _showing: showing,
        }))
    }

    async fn sign_what_is_due(&self, lead: &mut Lead) -> Result<(), AuditError> {
        let Some(key) = &self.signer.key else {
            return Ok(());
        };
        if !has_grown(lead) || !self.is_due(lead.signed_at) {
            return Ok(());
        }
        let time_us = self.log.clock().now().as_microsecond();
        let log_id = self.log.identity().log_id();
        let head = heads::sign(&mut lead.connection, key, log_id, &lead.frontier, time_us).await?;
        lead.signed = Some(head);
        lead.signed_at = Some(Instant::now());
        lead.heads.send_replace(Some(head));
        metrics::counter!("tot_notary_heads_total").increment(1);
        Ok(())
    }

    fn is_due(&self, last: Option<Instant>) -> bool {
        last.is_none_or(|last| last.elapsed() >= self.options.interval)
    }

    /// How long nothing is to be done unless facts come.
    fn due_in(&self) -> Duration {
        let Some(lead) = &self.lead else {
            return self.options.poll;
        };
        if self.signer.key.is_none() || !has_grown(lead) {
            return self.options.poll;
        }
        let left = lead.signed_at.map_or(Duration::ZERO, |last| {
            self.options.interval.saturating_sub(last.elapsed())
        });
        left.min(self.options.poll)
    }
}

/// Whether there are hashed facts under no head.
fn has_grown(lead: &Lead) -> bool {
    let signed = lead.signed.map_or(0, |head| head.unverified().tree_size);
    lead.frontier.size() > signed
}

/// A connection of the notary's own, to this log and no other.
///
/// # Errors
/// What Postgres answers, or that the database has become another log.
pub async fn connect(log: &EventLog) -> Result<PgConnection, AuditError> {
    let mut connection = connect_to(log.pool().connect_options().as_ref().clone()).await?;
    let log_id: uuid::Uuid = sqlx::query_scalar("select log_id from log_identity")
        .fetch_one(&mut connection)
        .await?;
    if log_id == log.identity().log_id() && !log.is_another_log() {
        Ok(connection)
    } else {
        connection.close().await?;
        Err(event_store::LogError::AnotherLog.into())
    }
}

/// A connection as [`connect`] gives one, to whichever log is there: for a database that was just restored.
///
/// # Errors
/// What Postgres answers.
pub async fn connect_to(options: PgConnectOptions) -> sqlx::Result<PgConnection> {
    PgConnection::connect_with(&options.options(SETTINGS)).await
}
