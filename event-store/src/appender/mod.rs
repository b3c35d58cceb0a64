//! The group commit: one task appends what has arrived while the last batch was being committed.
//!
//! Commands queue up, the writer takes as many as go together, calls `append_facts` once, and answers each. It alone
//! owns the connection that appends. A connection lost on the way leaves the outcome unknown; the same batch sent again
//! finds out, because the function looks every command id up before it does anything else.

mod call;
#[cfg(test)]
mod tests;
mod writer;

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use sqlx::postgres::PgConnectOptions;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, timeout_at};
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
    /// What was in flight when it was decided upon: it stands only if all of these do.
    pub upon: Vec<Arc<InFlight>>,
}

/// What becomes of an append, for those that are decided upon it meanwhile. The version it would bring a stream to is not enough:
/// once it has failed, other facts may bring the stream to the same.
#[derive(Debug, Default)]
pub(crate) struct InFlight(AtomicU8);

impl InFlight {
    const COMMITTED: u8 = 1;
    const FAILED: u8 = 2;

    pub fn has_failed(&self) -> bool {
        self.0.load(Ordering::Acquire) == Self::FAILED
    }

    fn is_committed(&self) -> bool {
        self.0.load(Ordering::Acquire) == Self::COMMITTED
    }

    /// Its facts stand in the log, or never will; the first word counts.
    fn end(&self, committed: bool) {
        let end = if committed { Self::COMMITTED } else { Self::FAILED };
        let _ = self
            .0
            .compare_exchange(0, end, Ordering::AcqRel, Ordering::Acquire);
    }
}

impl Append {
    /// Whether what it was decided upon stands in the log or is part of the batch before it.
    fn stands_with(&self, batch: &[Pending]) -> bool {
        self.upon
            .iter()
            .all(|upon| upon.is_committed() || batch.iter().any(|before| Arc::ptr_eq(&before.flight.0, upon)))
    }

    /// How many facts it adds to the stream in this place.
    fn facts_of(&self, stream: usize) -> i64 {
        let count = self.facts.iter().filter(|fact| fact.stream == stream).count();
        i64::try_from(count).unwrap_or(i64::MAX)
    }
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
    flight: Flight,
    answer: oneshot::Sender<AppendResult>,
}

/// The writer's side of an append in flight: dropped without a word, it has failed.
struct Flight(Arc<InFlight>);

impl Drop for Flight {
    fn drop(&mut self) {
        self.0.end(false);
    }
}

impl Pending {
    /// Ends it, before anybody hears of it.
    fn answer(self, answer: AppendResult) {
        self.flight
            .0
            .end(matches!(answer, Ok(Appended::Committed { .. })));
        let _ = self.answer.send(answer); // The asker may have gone away.
    }

    /// Whether it was decided upon what does not stand in the log: it goes in one batch with that.
    fn is_dependent(&self) -> bool {
        !self.append.upon.iter().all(|append| append.is_committed())
    }
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

    /// Puts one command behind whatever else is waiting to be appended.
    ///
    /// # Errors
    /// [`LogError::Unavailable`] when there is no place in time; then it is not appended.
    pub async fn queue(&self, append: Append) -> Result<Queued, LogError> {
        storable(&append)?;
        let deadline = Instant::now() + self.answer_wait_max;
        let (answer, answered) = oneshot::channel();
        let in_flight = Arc::new(InFlight::default());
        let pending = Pending {
            append,
            flight: Flight(Arc::clone(&in_flight)),
            answer,
        };
        match timeout_at(deadline, self.queue.send(pending)).await {
            Ok(Ok(())) => Ok(Queued {
                answered,
                in_flight,
                deadline,
            }),
            Ok(Err(_)) | Err(_) => Err(LogError::silent("queueing an append")),
        }
    }
}

/// A command on its way into the log; dropped before its turn comes, it is not appended.
pub(crate) struct Queued {
    answered: oneshot::Receiver<AppendResult>,
    in_flight: Arc<InFlight>,
    deadline: Instant,
}

impl Queued {
    /// For those that are decided upon it.
    pub fn in_flight(&self) -> Arc<InFlight> {
        Arc::clone(&self.in_flight)
    }

    /// What became of it.
    ///
    /// # Errors
    /// [`LogError::Unavailable`] when the outcome could not be learnt in time; the same command id finds out later.
    pub async fn answer(self) -> AppendResult {
        match timeout_at(self.deadline, self.answered).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(LogError::silent("appending")),
            Err(_) => Err(LogError::silent("waiting for an append")),
        }
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

/// How far a batch has come with a stream.
#[derive(Clone, Copy)]
enum Progress {
    /// It brings it to this version.
    To(i64),
    /// Somebody who named it waits for a later batch; so do those behind.
    Waits,
}

/// Takes the next batch from the front of `waiting`: in order, as many as fit, no command id twice. Of one stream as many go
/// together as were decided upon each other: each at the version to which those before bring it. Commands that cannot go with it
/// stay, in their order; those whose asker has gone away are dropped, and those that were decided upon what has failed are told so.
fn take_batch(waiting: &mut VecDeque<Pending>) -> Vec<Pending> {
    let mut batch: Vec<Pending> = Vec::with_capacity(waiting.len().min(FACTS_PER_BATCH_MAX));
    let mut left = VecDeque::new();
    let mut ids: HashSet<Uuid> = HashSet::with_capacity(waiting.len());
    let mut streams: HashMap<u64, Progress> = HashMap::with_capacity(waiting.len());
    let mut facts = 0;
    while let Some(pending) = waiting.pop_front() {
        if pending.answer.is_closed() {
            continue;
        }
        if pending.append.upon.iter().any(|append| append.has_failed()) {
            pending.answer(Ok(Appended::Conflict));
            continue;
        }
        if facts + pending.append.facts.len() > FACTS_PER_BATCH_MAX {
            waiting.push_front(pending);
            break;
        }
        let append = &pending.append;
        let follows = |(name, version): &(StreamName, i64)| match streams.get(&name.bookkeeping_hash()) {
            Some(Progress::To(reached)) => reached == version,
            Some(Progress::Waits) => false,
            None => true,
        };
        let goes =
            ids.insert(append.command_id) && append.streams.iter().all(follows) && append.stands_with(&batch);
        for (number, (name, version)) in append.streams.iter().enumerate() {
            // Whoever must wait keeps its streams from those behind it, so that turns stay turns.
            let progress = match goes {
                true => Progress::To(*version + append.facts_of(number)),
                false => Progress::Waits,
            };
            streams.insert(name.bookkeeping_hash(), progress);
        }
        if goes {
            facts += append.facts.len();
            batch.push(pending);
        } else {
            left.push_back(pending);
        }
    }
    left.append(waiting);
    *waiting = left;
    batch
}
