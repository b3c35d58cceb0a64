//! The writer's loop: batches, one connection, and what to do when it breaks. A batch is one call of `append_facts`: its parts
//! as arrays, the answers as arrays.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use sqlx::postgres::{PgConnectOptions, PgRow};
use sqlx::{ConnectOptions, Connection, PgConnection, Row};
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Append, Appended, COMMANDS_QUEUED_MAX, Pending, PriorCommit, take_batch};
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

const CALL: &str = "select head, recorded, conflicted, replayed, replayed_from, replayed_to, replayed_digests \
     from append_facts($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, \
                       $21, $22)";

/// What became of each command, in the batch's order, and the head afterwards.
struct Answers {
    answers: Vec<Appended>,
    head: Position,
}

/// Appends the batch in one round trip, which is one transaction.
async fn append_batch(
    connection: &mut PgConnection,
    batch: &[&Append],
    dependent: &[bool],
) -> Result<Answers, sqlx::Error> {
    let columns = Columns::of(batch, dependent);
    let row = sqlx::query(CALL)
        .bind(&columns.command_ids[..])
        .bind(&columns.check_commands[..])
        .bind(&columns.check_types[..])
        .bind(&columns.check_ids[..])
        .bind(&columns.check_versions[..])
        .bind(&columns.fact_commands[..])
        .bind(&columns.fact_command_ids[..])
        .bind(&columns.fact_types[..])
        .bind(&columns.fact_ids[..])
        .bind(&columns.fact_sequences[..])
        .bind(&columns.fact_event_types[..])
        .bind(&columns.fact_event_versions[..])
        .bind(&columns.fact_payloads[..])
        .bind(&columns.fact_metadata[..])
        .bind(&columns.fact_shards[..])
        .bind(&columns.fact_partition_keys[..])
        .bind(&columns.row_commands[..])
        .bind(&columns.row_ids[..])
        .bind(&columns.row_subjects[..])
        .bind(&columns.row_kinds[..])
        .bind(&columns.row_salts[..])
        .bind(&columns.row_bodies[..])
        .fetch_one(connection)
        .await?;
    read_answers(&row, batch)
}

#[derive(Default)]
struct Columns<'a> {
    command_ids: Vec<Uuid>,
    check_commands: Vec<i32>,
    check_types: Vec<&'a str>,
    check_ids: Vec<&'a str>,
    check_versions: Vec<i64>,
    fact_commands: Vec<i32>,
    fact_command_ids: Vec<Option<Uuid>>,
    fact_types: Vec<&'a str>,
    fact_ids: Vec<&'a str>,
    fact_sequences: Vec<i64>,
    fact_event_types: Vec<&'a str>,
    fact_event_versions: Vec<&'a str>,
    fact_payloads: Vec<&'a str>,
    fact_metadata: Vec<&'a str>,
    fact_shards: Vec<i16>,
    fact_partition_keys: Vec<&'a str>,
    row_commands: Vec<i32>,
    row_ids: Vec<Uuid>,
    row_subjects: Vec<Uuid>,
    row_kinds: Vec<&'a str>,
    row_salts: Vec<&'a [u8]>,
    row_bodies: Vec<&'a str>,
}

impl<'a> Columns<'a> {
    fn of(batch: &[&'a Append], dependent: &[bool]) -> Self {
        let mut columns = Self::default();
        for ((number, append), dependent) in (1..).zip(batch.iter().copied()).zip(dependent) {
            columns.command_ids.push(append.command_id);
            for (name, version) in &append.streams {
                // The function knows by the sign that others of the batch come first.
                columns
                    .check_commands
                    .push(if *dependent { -number } else { number });
                columns.check_types.push(name.aggregate);
                columns.check_ids.push(&name.id);
                columns.check_versions.push(*version);
            }
            columns.add_facts(number, append);
            for row in &append.rows {
                columns.row_commands.push(number);
                columns.row_ids.push(row.id);
                columns.row_subjects.push(row.subject_id);
                columns.row_kinds.push(row.kind);
                columns.row_salts.push(&row.salt);
                columns.row_bodies.push(&row.body);
            }
        }
        columns
    }

    fn add_facts(&mut self, number: i32, append: &'a Append) {
        let mut command_id = Some(append.command_id); // On the first fact only.
        for fact in &append.facts {
            let Some((name, _)) = append.streams.get(fact.stream) else {
                continue;
            };
            self.fact_commands.push(number);
            self.fact_command_ids.push(command_id.take());
            self.fact_types.push(name.aggregate);
            self.fact_ids.push(&name.id);
            self.fact_sequences.push(fact.sequence);
            self.fact_event_types.push(&fact.event_type);
            self.fact_event_versions.push(&fact.event_version);
            self.fact_payloads.push(&fact.payload);
            self.fact_metadata.push(&append.metadata);
            self.fact_shards.push(name.shard());
            self.fact_partition_keys.push(&name.partition_key);
        }
    }
}

fn read_answers(row: &PgRow, batch: &[&Append]) -> Result<Answers, sqlx::Error> {
    let mut head: Position = row.try_get(0)?;
    let recorded_at: Timestamp = row.try_get::<jiff_sqlx::Timestamp, _>(1)?.to_jiff();
    let conflicted: Vec<i32> = row.try_get::<Option<_>, _>(2)?.unwrap_or_default();
    let replayed: Vec<i32> = row.try_get::<Option<_>, _>(3)?.unwrap_or_default();
    let mut earlier = Vec::new();
    if !replayed.is_empty() {
        let first: Vec<Position> = row.try_get(4)?;
        let last: Vec<Position> = row.try_get(5)?;
        let digests: Vec<Option<String>> = row.try_get(6)?;
        earlier.extend(
            first
                .into_iter()
                .zip(last)
                .zip(digests)
                .map(|((first, last), digest)| PriorCommit {
                    first,
                    last,
                    digest: digest.unwrap_or_default(),
                }),
        );
    }
    let mut answers = Vec::with_capacity(batch.len());
    for (number, append) in (1_i32..).zip(batch) {
        let replay = replayed
            .iter()
            .position(|command| *command == number)
            .and_then(|at| earlier.get(at));
        if let Some(earlier) = replay {
            answers.push(Appended::Replayed(earlier.clone()));
        } else if conflicted.contains(&number) {
            answers.push(Appended::Conflict);
        } else {
            answers.push(Appended::Committed {
                first: head + 1,
                recorded_at,
            });
            head += i64::try_from(append.facts.len()).unwrap_or(i64::MAX);
        }
    }
    Ok(Answers { answers, head })
}
