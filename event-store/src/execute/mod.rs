//! Carries a command out: load, decide, append, retry within bounds, answer. Exactly once per command id.

mod decision_session;
mod no_op;
mod outcome;
mod replay;
mod stream_locks;
mod unit_of_work;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::after::{After, AnyState, DecidedFact, StateAfter, StreamAfter};
use crate::appender::{Append, Appended, PriorCommit};
use crate::cache::Cached;
use crate::error::LogError;
use crate::log::EventLog;
use crate::metadata::{CommandContext, written};
use crate::store;
use crate::stream_name::StreamName;

pub use decision_session::{STREAMS_KNOWN_MAX, STREAMS_PER_DECISION_MAX};
pub use outcome::{ExecuteError, Outcome};
pub(crate) use stream_locks::StreamLocks;
pub use unit_of_work::{DecisionError, PrivateRow, UnitOfWork, Unloaded};

use decision_session::{DecisionSession, Origin};
use no_op::Kept;
use stream_locks::StreamGuards;

/// Appends that may fail because other processes were faster, before the caller is told to come again.
const CONFLICTS_MAX: u32 = 16;

/// The longest pause after a conflict.
const CONFLICT_PAUSE_MAX_MS: u64 = 40;

/// How long a command waits for the locks of its streams.
const LOCK_WAIT_MAX: Duration = Duration::from_secs(20);

/// Carries out one command.
///
/// `known` are the streams sure to be needed, at most [`STREAMS_KNOWN_MAX`]; they are loaded together. Named one by one
/// while deciding there are at most [`STREAMS_PER_DECISION_MAX`]. `decide` must be pure: it is run again when it
/// names a stream that is not loaded yet, when it would refuse on the word of the cache, and after a conflict. Its facts
/// are appended all or nothing, and only if every stream it named is still at the version it saw.
///
/// # Errors
/// [`ExecuteError`]; after [`LogError::Unavailable`] the outcome may be unknown, and the same command id finds out.
pub async fn execute<R, F>(
    log: &EventLog,
    context: &CommandContext,
    known: &[StreamName],
    mut decide: F,
) -> Result<Outcome, ExecuteError<R>>
where
    R: Send,
    F: FnMut(&mut UnitOfWork<'_, R>) -> Result<(), DecisionError<R>> + Send,
{
    if log.is_another_log() {
        return Err(ExecuteError::Log(LogError::AnotherLog));
    }
    let mut session = DecisionSession::begin(log, context, known).await?;
    let mut conflicts = 0;
    loop {
        let verdict = run(&mut session, context, &mut decide).await?;
        if context.keyed
            && let Some(earlier) = log.cache().command(context.command_id)
        {
            // Found without asking, so that a crowd of repeats does not queue up for one answer each.
            return replayed(session, context, &earlier).await;
        }
        if !matches!(verdict, Verdict::Facts) && !session.is_authoritative() {
            // Nothing is refused, and nothing is called done, on the word of the cache. Who is about to be refused
            // looks again without keeping the others waiting: should there be facts after all, versions decide.
            session.guards = StreamGuards::default();
            session.reload_from_database();
            continue;
        }
        match verdict {
            Verdict::Facts => {
                let append = session.take_append(context)?;
                let facts = described(&append);
                match log.appender().append(append).await? {
                    Appended::Committed { first, .. } => {
                        return Ok(session.into_outcome(context, first, facts));
                    }
                    Appended::Replayed(earlier) => return replayed(session, context, &earlier).await,
                    Appended::Conflict => {}
                }
            }
            Verdict::Nothing if context.no_op_kept => match no_op::keep(&session, context).await? {
                Kept::Now(earlier) => {
                    let first = earlier.first;
                    log.cache().remember_command(context.command_id, earlier);
                    return Ok(session.into_outcome(context, first, Vec::new()));
                }
                Kept::Before(earlier) => return replayed(session, context, &earlier).await,
                Kept::Conflict => {}
            },
            Verdict::Nothing | Verdict::Refused(_) | Verdict::VersionMismatch => {
                return answer_without_facts(session, context, verdict).await;
            }
        }
        conflicts += 1;
        if conflicts > CONFLICTS_MAX {
            return Err(ExecuteError::Busy);
        }
        session.reload_from_database();
        sleep(conflict_pause(conflicts)).await;
    }
}

enum Verdict<R> {
    Facts,
    Nothing,
    Refused(R),
    VersionMismatch,
}

/// Runs the decision until every stream it names is loaded.
async fn run<R, F>(
    session: &mut DecisionSession,
    context: &CommandContext,
    decide: &mut F,
) -> Result<Verdict<R>, ExecuteError<R>>
where
    F: FnMut(&mut UnitOfWork<'_, R>) -> Result<(), DecisionError<R>>,
{
    // Each round either ends or names at least one more stream.
    for _ in 0..=STREAMS_PER_DECISION_MAX + 1 {
        session.load().await?;
        session.begin_run();
        if let Some((name, expected)) = &context.expected
            && session
                .streams
                .iter()
                .any(|loaded| loaded.name == *name && loaded.version != *expected)
        {
            return Ok(Verdict::VersionMismatch);
        }
        let decided = decide(&mut UnitOfWork::new(session));
        if session.too_many_streams {
            return Err(ExecuteError::TooManyStreams);
        }
        if session.lacks_streams() {
            session.relock().await?;
            continue;
        }
        session.drop_unnamed();
        if session.unstorable {
            return Err(ExecuteError::Log(LogError::Unstorable(
                "a vault row holds a NUL character",
            )));
        }
        return match decided {
            Ok(()) if session.facts.is_empty() => Ok(Verdict::Nothing),
            Ok(()) => Ok(Verdict::Facts),
            Err(DecisionError::Refused(refusal)) => Ok(Verdict::Refused(refusal)),
            Err(DecisionError::Log(fault)) => Err(fault.into()),
            Err(DecisionError::Unloaded(_)) => Err(ExecuteError::TooManyStreams), // Kept from an earlier run.
        };
    }
    Err(ExecuteError::TooManyStreams)
}

/// A refusal or a no-op, unless this very command was carried out before.
async fn answer_without_facts<R>(
    session: DecisionSession,
    context: &CommandContext,
    verdict: Verdict<R>,
) -> Result<Outcome, ExecuteError<R>> {
    // Looked up after loading: had it been carried out before the load, it is found now.
    if context.keyed
        && let Some(earlier) = replay::find(&session.log, context.command_id).await?
    {
        return replayed(session, context, &earlier).await;
    }
    match verdict {
        Verdict::Refused(refusal) => Err(ExecuteError::Refused(refusal)),
        Verdict::VersionMismatch => Err(ExecuteError::VersionMismatch),
        Verdict::Nothing | Verdict::Facts => {
            let head = session.log.head().await?;
            let mut outcome = session.into_outcome(context, head, Vec::new());
            outcome.position = head;
            Ok(outcome)
        }
    }
}

async fn replayed<R>(
    session: DecisionSession,
    context: &CommandContext,
    earlier: &PriorCommit,
) -> Result<Outcome, ExecuteError<R>> {
    let DecisionSession {
        log, streams, guards, ..
    } = session;
    log.cache().remember_command(context.command_id, earlier.clone());
    drop(guards); // The past does not change; nobody needs to wait for us.
    let mut named: Vec<StreamName> = streams.into_iter().map(|loaded| loaded.name).collect();
    named.sort_unstable();
    replay::outcome(&log, context, earlier, named).await
}

impl DecisionSession {
    /// The session over the streams known from the start, their locks taken.
    async fn begin<R>(
        log: &EventLog,
        context: &CommandContext,
        known: &[StreamName],
    ) -> Result<Self, ExecuteError<R>> {
        let mut session = Self {
            log: log.clone(),
            now: log.clock().now(),
            guards: StreamGuards::default(),
            streams: Vec::with_capacity(known.len().max(2)),
            facts: Vec::new(),
            rows: Vec::new(),
            trusting: true,
            streams_max: known.len().clamp(STREAMS_PER_DECISION_MAX, STREAMS_KNOWN_MAX),
            too_many_streams: false,
            unstorable: false,
        };
        let expected = context.expected.as_ref().map(|(name, _)| name);
        for name in known.iter().chain(expected) {
            session.track(name, false);
        }
        session.streams.iter_mut().for_each(|loaded| loaded.known = true);
        if session.too_many_streams {
            return Err(ExecuteError::TooManyStreams);
        }
        if session.lacks_streams() {
            session.relock().await?;
        }
        Ok(session)
    }

    /// Gives all locks back and takes them again in order, with those of streams named since.
    async fn relock<R>(&mut self) -> Result<(), ExecuteError<R>> {
        self.guards = StreamGuards::default();
        let names = self.streams.iter().map(|loaded| &loaded.name);
        self.guards = timeout(LOCK_WAIT_MAX, self.log.stream_locks().lock_all(names))
            .await
            .map_err(|_| ExecuteError::Busy)?;
        // Somebody else may have held them in between: what was known before may be old now.
        for loaded in &mut self.streams {
            match self.log.cache().get(&loaded.name) {
                Some(cached) if self.trusting && loaded.origin != Origin::Loaded => {
                    loaded.fill_from_cache(cached)
                }
                Some(cached) if loaded.origin == Origin::Loaded && cached.version <= loaded.version => {}
                None if loaded.origin == Origin::AssumedNew || loaded.origin == Origin::Loaded => {}
                Some(_) | None => loaded.reset(),
            }
        }
        Ok(())
    }

    /// Loads, together, what is known only by name.
    async fn load(&mut self) -> Result<(), LogError> {
        let log = &self.log;
        let reads = self
            .streams
            .iter_mut()
            .filter(|loaded| loaded.origin == Origin::Unloaded)
            .map(|loaded| async move {
                loaded.fill(store::load(log, &loaded.name).await?);
                Ok::<(), LogError>(())
            });
        futures::future::try_join_all(reads).await?;
        Ok(())
    }

    fn take_append(&mut self, context: &CommandContext) -> Result<Append, LogError> {
        let metadata = written(context, self.log.options().app_version, self.now)
            .map_err(|fault| LogError::malformed("metadata", "metadata", fault))?;
        Ok(Append {
            command_id: context.command_id,
            streams: self
                .streams
                .iter()
                .map(|loaded| (loaded.name.clone(), loaded.version))
                .collect(),
            facts: std::mem::take(&mut self.facts),
            metadata,
            rows: std::mem::take(&mut self.rows),
        })
    }

    /// The outcome of facts that stand in the log from `first` on; what they led to is remembered.
    fn into_outcome(self, context: &CommandContext, first: i64, mut facts: Vec<DecidedFact>) -> Outcome {
        let mut position = first - 1;
        for fact in &mut facts {
            position += 1;
            fact.position = position;
        }
        if context.keyed && position >= first {
            let earlier = PriorCommit {
                first,
                last: position,
                digest: context.digest.clone(),
            };
            self.log.cache().remember_command(context.command_id, earlier);
        }
        let mut streams = Vec::with_capacity(self.streams.len());
        for loaded in self.streams {
            let version = loaded.decided_version();
            let (name, state) = loaded.into_state();
            let aggregate = name.aggregate.to_owned();
            let id = name.id.to_string();
            if let StateAfter::Known(state) = &state {
                self.log.cache().put(
                    name,
                    Cached {
                        version,
                        state: AnyState::clone(state),
                    },
                );
            }
            streams.push(StreamAfter {
                aggregate,
                id,
                version,
                state,
            });
        }
        Outcome {
            position,
            positions: facts.iter().map(|fact| fact.position).collect(),
            replayed: false,
            after: Arc::new(After {
                streams,
                facts,
                partition_keys: Vec::new(),
            }),
        }
    }
}

/// The facts for the outcome, before they are given away; their positions come with the answer.
fn described(append: &Append) -> Vec<DecidedFact> {
    let streams = &append.streams;
    let of = |stream: usize| streams.get(stream).map(|(name, _)| name);
    append
        .facts
        .iter()
        .map(|fact| DecidedFact {
            position: 0,
            aggregate_type: of(fact.stream).map_or_else(String::new, |name| name.aggregate.to_owned()),
            aggregate_id: of(fact.stream).map_or_else(String::new, |name| name.id.to_string()),
            sequence: fact.sequence,
            event_type: fact.event_type.clone(),
            event_version: fact.event_version.clone(),
            payload: fact.payload.clone(),
        })
        .collect()
}

/// A pause of random length, longer with every conflict, so that processes do not meet again.
fn conflict_pause(conflicts: u32) -> Duration {
    let longest = (1_u64 << conflicts.min(10)).min(CONFLICT_PAUSE_MAX_MS);
    Duration::from_millis(rand::random_range(0..=longest))
}
