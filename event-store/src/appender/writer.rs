//! The writer's loop: batches, one connection, and what to do when it breaks.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::call::{Answers, append_batch};
use super::{Append, Appended, COMMANDS_QUEUED_MAX, Pending, take_batch};
use crate::Position;
use crate::error::{LogError, is_connection_trouble};
use crate::identity::LogIdentity;
use crate::options::LogOptions;
use crate::position::raise;
use crate::recent_changes::RecentChanges;

/// Between two attempts to connect.
const RECONNECT_PAUSE: Duration = Duration::from_millis(50);

/// Once Postgres is known to be down, commands are told so after this, not after the whole wait.
const RECONNECT_WAIT_WHEN_DOWN: Duration = Duration::from_millis(250);

pub(super) struct Writer {
    connect: PgConnectOptions,
    connection: Option<PgConnection>,
    identity: LogIdentity,
    recent_changes: Arc<RecentChanges>,
    head: watch::Sender<Position>,
    another_log: CancellationToken,
    append_wait_max: Duration,
    connect_wait_max: Duration,
    down: bool,
}

impl Writer {
    pub fn new(
        options: &LogOptions,
        connect: PgConnectOptions,
        identity: LogIdentity,
        recent_changes: Arc<RecentChanges>,
        head: watch::Sender<Position>,
        another_log: CancellationToken,
    ) -> Self {
        // The server gives up before we do, so that what we give up on is mostly known to be undone.
        let server_wait_ms = (options.append_wait_max / 2).as_millis().to_string();
        let connect = connect.options([("statement_timeout", server_wait_ms.as_str())]);
        Self {
            connect,
            connection: None,
            identity,
            recent_changes,
            head,
            another_log,
            append_wait_max: options.append_wait_max,
            connect_wait_max: options.connect_wait_max.min(options.append_wait_max),
            down: false,
        }
    }

    /// Appends until the queue is closed and empty.
    pub async fn run(mut self, mut arriving: mpsc::Receiver<Pending>) {
        let mut waiting = VecDeque::new();
        loop {
            if waiting.is_empty() {
                match arriving.recv().await {
                    Some(pending) => waiting.push_back(pending),
                    None => break,
                }
            }
            while waiting.len() < COMMANDS_QUEUED_MAX {
                let Ok(pending) = arriving.try_recv() else { break };
                waiting.push_back(pending);
            }
            let batch = take_batch(&mut waiting);
            if !batch.is_empty() {
                self.carry_out(batch).await;
            }
        }
        if let Some(connection) = self.connection.take() {
            let _ = connection.close().await; // Postgres notices either way.
        }
    }

    async fn carry_out(&mut self, batch: Vec<Pending>) {
        let began = Instant::now();
        let appends: Vec<&Append> = batch.iter().map(|pending| &pending.append).collect();
        let dependent: Vec<bool> = batch.iter().map(Pending::is_dependent).collect();
        let facts: usize = appends.iter().map(|append| append.facts.len()).sum();
        match self.append(&appends, &dependent).await {
            Ok(outcome) => {
                measure(&outcome, facts, began.elapsed());
                self.note_changes(&appends, &outcome);
                raise(&self.head, outcome.head);
                for (pending, answer) in batch.into_iter().zip(outcome.answers) {
                    pending.answer(Ok(answer));
                }
            }
            // One command that Postgres cannot store must not take its neighbours with it.
            Err(LogError::Database(error)) if batch.len() > 1 => {
                tracing::warn!(error = %error, "A batch was refused; its commands go one by one");
                let mut alone = VecDeque::from(batch);
                while let Some(pending) = alone.pop_front() {
                    // Those behind may have been decided upon it, and know what became of it.
                    let taken = take_batch(&mut VecDeque::from([pending]));
                    if !taken.is_empty() {
                        Box::pin(self.carry_out(taken)).await;
                    }
                }
            }
            Err(error) => {
                tracing::warn!(fault = %error, commands = batch.len(), "A batch could not be appended");
                metrics::counter!("tot_append_faults_total").increment(1);
                for pending in batch {
                    pending.answer(Err(error.clone()));
                }
            }
        }
    }

    /// Remembers which streams the batch changed, before anybody hears of it.
    fn note_changes(&self, batch: &[&Append], outcome: &Answers) {
        let committed = batch
            .iter()
            .zip(&outcome.answers)
            .filter_map(|(append, answer)| match answer {
                Appended::Committed { first, .. } => Some((*first, append)),
                Appended::Conflict | Appended::Replayed(_) => None,
            });
        for (first, append) in committed {
            let facts = append.facts.iter().filter_map(|fact| {
                let (name, _) = append.streams.get(fact.stream)?;
                Some((name, fact.sequence))
            });
            self.recent_changes.appended(first, facts);
        }
    }

    /// Sends the batch until its outcome is known or the time is up. Sending it again is safe: what was committed is
    /// found by command id, under the same lock under which it was written.
    async fn append(&mut self, batch: &[&Append], dependent: &[bool]) -> Result<Answers, LogError> {
        let deadline = Instant::now() + self.append_wait_max;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let mut connection = self.connected(left).await?;
            let left = deadline.saturating_duration_since(Instant::now());
            let trouble = match timeout(left, append_batch(&mut connection, batch, dependent)).await {
                Ok(Ok(outcome)) => {
                    self.connection = Some(connection);
                    return Ok(outcome);
                }
                Ok(Err(error)) if is_connection_trouble(&error) => Some(error),
                Ok(Err(error)) => {
                    self.connection = Some(connection);
                    return Err(LogError::Database(Arc::new(error)));
                }
                Err(_) => None,
            };
            // The connection is dropped with its outcome unknown.
            drop(connection);
            metrics::counter!("tot_append_connections_lost_total").increment(1);
            if deadline <= Instant::now() {
                self.down = true;
                return Err(LogError::Unavailable {
                    during: "appending",
                    source: trouble.map(Arc::new),
                });
            }
            tracing::warn!(error = ?trouble, "The connection was lost during an append; asking what became of it");
        }
    }

    /// The connection at hand, or a new one to the same log.
    async fn connected(&mut self, left: Duration) -> Result<PgConnection, LogError> {
        if self.another_log.is_cancelled() {
            return Err(LogError::AnotherLog);
        }
        if let Some(connection) = self.connection.take() {
            return Ok(connection);
        }
        let wait_max = if self.down {
            RECONNECT_WAIT_WHEN_DOWN
        } else {
            self.connect_wait_max
        };
        let deadline = Instant::now() + wait_max.min(left);
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let trouble = match timeout(left, open(&self.connect)).await {
                Ok(Ok((connection, identity))) if identity == self.identity => {
                    self.down = false;
                    return Ok(connection);
                }
                Ok(Ok(_)) => {
                    self.another_log.cancel();
                    return Err(LogError::AnotherLog);
                }
                Ok(Err(error)) => Some(error),
                Err(_) => None,
            };
            if deadline.saturating_duration_since(Instant::now()) <= RECONNECT_PAUSE {
                self.down = true;
                return Err(LogError::Unavailable {
                    during: "connecting to append",
                    source: trouble.map(Arc::new),
                });
            }
            sleep(RECONNECT_PAUSE).await;
        }
    }
}

async fn open(connect: &PgConnectOptions) -> Result<(PgConnection, LogIdentity), sqlx::Error> {
    let mut connection = connect.connect().await?;
    let identity = LogIdentity::read(&mut connection).await?;
    Ok((connection, identity))
}

#[expect(clippy::cast_precision_loss, reason = "a histogram of small counts")]
fn measure(outcome: &Answers, facts: usize, took: Duration) {
    let fitted = outcome
        .answers
        .iter()
        .filter(|answer| matches!(answer, Appended::Committed { .. }))
        .count();
    let conflicts = outcome
        .answers
        .iter()
        .filter(|answer| matches!(answer, Appended::Conflict))
        .count();
    metrics::counter!("tot_commands_appended_total").increment(fitted as u64);
    metrics::counter!("tot_command_conflicts_total").increment(conflicts as u64);
    metrics::histogram!("tot_append_batch_facts").record(facts as f64);
    metrics::histogram!("tot_append_seconds").record(took.as_secs_f64());
}
