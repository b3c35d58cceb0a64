//! The group commit: one task appends what has arrived while the last batch was being committed.
//!
//! Commands queue up, the writer takes as many as go together, calls `append_facts` once, and answers each. It alone
//! owns the connection that appends. A connection lost on the way leaves the outcome unknown; the same batch sent again
//! finds out, because the function looks every command id up before it does anything else.

#[cfg(test)]
mod tests;
mod writer;

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use sqlx::postgres::PgConnectOptions;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::Position;
use crate::error::LogError;
use crate::identity::LogIdentity;
use crate::options::LogOptions;
use crate::recent_changes::RecentChanges;
use crate::stream_name::StreamName;

/// Facts in one batch; a batch of one command may not hold more either.
pub const FACTS_PER_BATCH_MAX: usize = 256;

/// Commands that may wait for the writer; more wait to be let in.
const COMMANDS_QUEUED_MAX: usize = 4_096;

/// On top of the writer's own limit, for commands queued behind a batch that went wrong.
const ANSWER_WAIT_SLACK: Duration = Duration::from_secs(2);

/// A command decided, on its way into the log.
pub(crate) struct Append {
    pub command_id: Uuid,
    /// Every stream it was decided from, with the version it was decided at.
    pub streams: Vec<(StreamName, i64)>,
    pub facts: Vec<NewFact>,
    /// Stored with each of the facts.
    pub metadata: String,
    pub rows: Vec<NewRow>,
}

/// A fact decided.
pub(crate) struct NewFact {
    /// Its stream's place in [`Append::streams`].
    pub stream: usize,
    pub sequence: i64,
    pub event_type: String,
    pub event_version: String,
    pub payload: String,
}

/// A vault row, as text.
pub(crate) struct NewRow {
    pub id: Uuid,
    pub subject_id: Uuid,
    pub kind: &'static str,
    pub salt: Vec<u8>,
    pub body: String,
}

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Appended {
    /// Its facts stand in the log, the first of them here.
    Committed { first: Position, recorded_at: Timestamp },
    /// A stream had moved on; nothing was written.
    Conflict,
    /// A command with this id stands in the log already, or found nothing to do before.
    Replayed(PriorCommit),
}

/// A command that stands in the log; or found nothing to do when the log ended at `last`, and then `first` lies behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PriorCommit {
    pub first: Position,
    pub last: Position,
    pub digest: String,
}

type AppendResult = Result<Appended, LogError>;

struct Pending {
    append: Append,
    answer: oneshot::Sender<AppendResult>,
}

/// The way to the writer.
pub(crate) struct Appender {
    queue: mpsc::Sender<Pending>,
    answer_wait_max: Duration,
}

impl Appender {
    /// Starts the writer; it ends when the appender is dropped and everything queued is answered.
    pub fn start(
        options: &LogOptions,
        connect: PgConnectOptions,
        identity: LogIdentity,
        recent_changes: Arc<RecentChanges>,
        head: watch::Sender<Position>,
        another_log: CancellationToken,
    ) -> Self {
        let (queue, arriving) = mpsc::channel(COMMANDS_QUEUED_MAX);
        let writer = writer::Writer::new(options, connect, identity, recent_changes, head, another_log);
        #[expect(
            clippy::disallowed_methods,
            reason = "it ends by itself when the queue closes"
        )]
        tokio::spawn(writer.run(arriving));
        Self {
            queue,
            answer_wait_max: options.append_wait_max + ANSWER_WAIT_SLACK,
        }
    }

    /// Appends one command, together with whatever else is waiting.
    ///
    /// # Errors
    /// [`LogError::Unavailable`] when the outcome could not be learnt in time; the same command id finds out later.
    pub async fn append(&self, append: Append) -> AppendResult {
        storable(&append)?;
        let (answer, answered) = oneshot::channel();
        let queued_and_answered = async {
            self.queue
                .send(Pending { append, answer })
                .await
                .map_err(|_| LogError::silent("queueing an append"))?;
            answered.await.map_err(|_| LogError::silent("appending"))?
        };
        timeout(self.answer_wait_max, queued_and_answered)
            .await
            .unwrap_or_else(|_| Err(LogError::silent("waiting for an append")))
    }
}

/// Refuses what Postgres would refuse, so that it fails alone and not with its batch.
fn storable(append: &Append) -> Result<(), LogError> {
    if append.facts.is_empty() || append.facts.len() > FACTS_PER_BATCH_MAX {
        return Err(LogError::Unstorable("a command has between 1 and 256 facts"));
    }
    let nul = |text: &str| text.contains('\0');
    if append
        .streams
        .iter()
        .any(|(name, _)| nul(&name.id) || nul(&name.partition_key))
    {
        return Err(LogError::Unstorable("a stream's name holds a NUL character"));
    }
    if append
        .facts
        .iter()
        .any(|fact| nul(&fact.event_type) || nul(&fact.event_version))
    {
        return Err(LogError::Unstorable("a fact's type holds a NUL character"));
    }
    Ok(())
}

/// Takes the next batch from the front of `waiting`: in order, as many as fit, no command id and no stream twice. Commands that cannot go with it stay, in their order; those whose
/// asker has gone away are dropped.
fn take_batch(waiting: &mut VecDeque<Pending>) -> Vec<Pending> {
    let mut batch = Vec::with_capacity(waiting.len().min(FACTS_PER_BATCH_MAX));
    let mut left = VecDeque::new();
    let mut ids: HashSet<Uuid> = HashSet::with_capacity(waiting.len());
    let mut streams: HashSet<u64> = HashSet::with_capacity(waiting.len());
    let mut facts = 0;
    while let Some(pending) = waiting.pop_front() {
        if pending.answer.is_closed() {
            continue;
        }
        if facts + pending.append.facts.len() > FACTS_PER_BATCH_MAX {
            waiting.push_front(pending);
            break;
        }
        // Whoever must wait keeps its streams from those behind it, so that turns stay turns.
        let mut free = ids.insert(pending.append.command_id);
        for (name, _) in &pending.append.streams {
            free &= streams.insert(name.bookkeeping_hash());
        }
        if free {
            facts += pending.append.facts.len();
            batch.push(pending);
        } else {
            left.push_back(pending);
        }
    }
    left.append(waiting);
    *waiting = left;
    batch
}
