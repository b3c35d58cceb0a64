//! Carries a command out: load, decide, append, retry within bounds, answer. Exactly once per command id. A decision sees the
//! streams it names as typed states, and leaves there what it decides.

mod no_op;
mod outcome;
mod replay;
mod session;

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use cqrs_es::Aggregate;
use jiff::Timestamp;
use serde_json::Value;
use tokio::time::sleep;
use traces::Attribute;
use uuid::Uuid;

use crate::appender::{Appended, NewRow, PriorCommit};
use crate::error::LogError;
use crate::log::EventLog;
use crate::metadata::CommandContext;
use crate::spans;
use crate::store::{LoadState, LoadedStream};
use crate::stream_name::StreamName;

pub use outcome::{ExecuteError, Outcome};
pub use session::{STREAMS_KNOWN_MAX, STREAMS_PER_DECISION_MAX};

use no_op::RememberedNoOp;
use session::{DecisionSession, described};

/// Appends that may fail because other processes were faster, before the caller is told to come again.
const CONFLICTS_MAX: u32 = 16;

/// The longest pause after a conflict.
const CONFLICT_PAUSE_MAX_MS: u64 = 40;

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
    decide: F,
) -> Result<Outcome, ExecuteError<R>>
where
    R: Send,
    F: FnMut(&mut UnitOfWork<'_, R>) -> Result<(), DecisionError<R>> + Send,
{
    let span = spans::of_command(context);
    if !span.is_recorded() {
        return carry_out(log, context, known, decide).await;
    }
    let work = carry_out(log, context, known, decide);
    traces::in_span(span, work, |span, outcome| {
        let word = outcome.as_ref().map_or_else(ExecuteError::word, Outcome::word);
        span.set(Attribute::Outcome(word));
    })
    .await
}

async fn carry_out<R, F>(
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
    log.activity().note();
    let mut session = DecisionSession::begin(log, context, known).await?;
    let mut conflicts = 0;
    loop {
        let verdict = run(&mut session, context, &mut decide).await?;
        if context.repeatable
            && let Some(earlier) = log.cache().command(context.command_id)
        {
            // Found without asking, so that a crowd of repeats does not queue up for one answer each.
            return replayed(session, context, &earlier).await;
        }
        if !matches!(verdict, Verdict::Facts) && !session.is_authoritative() {
            // Nothing is refused, and nothing is called done, on the word of the cache. Who is about to be refused
            // looks again without keeping the others waiting: should there be facts after all, versions decide.
            if !session.confirm().await? {
                session.reload_from_database();
                continue;
            }
        }
        match verdict {
            Verdict::Facts => {
                let append = session.take_append(context)?;
                let facts = described(&append);
                let span = spans::of_append(&append);
                let queued = log.appender().queue(append).await?;
                let published = session.publish(queued.in_flight());
                let appended = queued.answer().await;
                spans::appended(span, context, appended.as_ref());
                match appended? {
                    Appended::Committed { first, .. } => {
                        let outcome = session.into_outcome(context, first, facts);
                        drop(published); // Not before what it came to is remembered.
                        return Ok(outcome);
                    }
                    Appended::Replayed(earlier) => return replayed(session, context, &earlier).await,
                    Appended::Conflict => {}
                }
            }
            Verdict::Nothing if context.remembers_no_op => match no_op::keep(&session, context).await? {
                RememberedNoOp::Now(earlier) => {
                    let first = earlier.first;
                    log.cache().remember_command(context.command_id, earlier);
                    return Ok(session.into_outcome(context, first, Vec::new()));
                }
                RememberedNoOp::Before(earlier) => return replayed(session, context, &earlier).await,
                RememberedNoOp::Conflict => {}
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
        session.lock_settled().await?;
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
            Err(DecisionError::Log(error)) => Err(error.into()),
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
    if context.repeatable
        && let Some(earlier) = replay::find(&session.log, context.command_id).await?
    {
        return replayed(session, context, &earlier).await;
    }
    match verdict {
        Verdict::Refused(refusal) => Err(ExecuteError::Refused(refusal)),
        Verdict::VersionMismatch => Err(ExecuteError::VersionMismatch),
        Verdict::Nothing | Verdict::Facts => {
            let head = session.head().await?;
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

/// A pause of random length, longer with every conflict, so that processes do not meet again.
fn conflict_pause(conflicts: u32) -> Duration {
    let longest = (1_u64 << conflicts.min(10)).min(CONFLICT_PAUSE_MAX_MS);
    Duration::from_millis(rand::random_range(0..=longest))
}

/// The streams of one run of a decision that may be refused with an `R`.
pub struct UnitOfWork<'run, R> {
    session: &'run mut DecisionSession,
    refusal: PhantomData<fn() -> R>,
}

/// Why a decision stopped; to be passed on with `?`.
#[derive(Debug)]
pub enum DecisionError<R> {
    /// A rule says no.
    Refused(R),
    /// A stream must be loaded first; the decision is run again once it is.
    Unloaded(Unloaded),
    /// Something is wrong with the log.
    Log(LogError),
}

/// Says that a stream is not loaded yet.
#[derive(Debug)]
pub struct Unloaded(());

/// A row for the vault, written in the same commit as the facts that point at it.
#[derive(Clone)]
pub struct PrivateRow {
    /// The row, as facts name it.
    pub id: Uuid,
    /// The person it is about.
    pub subject_id: Uuid,
    /// What kind of row it is.
    pub kind: &'static str,
    /// The salt of the digest that facts hold.
    pub salt: Vec<u8>,
    /// What must be erasable.
    pub body: Value,
}

impl<R> DecisionError<R> {
    /// A rule says no.
    pub fn refuse(refusal: impl Into<R>) -> Self {
        Self::Refused(refusal.into())
    }
}

impl<R> From<R> for DecisionError<R> {
    fn from(refusal: R) -> Self {
        Self::Refused(refusal)
    }
}

impl<'run, R> UnitOfWork<'run, R> {
    fn new(session: &'run mut DecisionSession) -> Self {
        Self {
            session,
            refusal: PhantomData,
        }
    }

    /// Database time of this run.
    pub fn now(&self) -> Timestamp {
        self.session.now
    }

    /// The stream's state, with what was decided earlier in this run.
    ///
    /// # Errors
    /// A [`DecisionError`] to be passed on: the stream is loaded and the decision run again.
    pub fn state<A: Aggregate + 'static>(&mut self, name: &StreamName) -> Result<Arc<A>, DecisionError<R>> {
        self.loaded(name)?.1.state().map_err(DecisionError::Log)
    }

    /// The stream is known to be new: no query. The append checks it, and a refusal is decided anew from the truth.
    pub fn assume_new<A: Aggregate + 'static>(&mut self, name: &StreamName) {
        self.session.track(name, true);
    }

    /// The stream's version, with what was decided earlier in this run; 0 when there is no such stream.
    ///
    /// # Errors
    /// A [`DecisionError`] to be passed on.
    pub fn version<A: Aggregate + 'static>(&mut self, name: &StreamName) -> Result<i64, DecisionError<R>> {
        self.loaded(name).map(|(_, loaded)| loaded.decided_version())
    }

    /// Applies a rule to the stream's state and records the facts it yields.
    ///
    /// # Errors
    /// A [`DecisionError`] to be passed on: the rule's refusal, or the stream is not loaded.
    pub fn decide<A, E>(
        &mut self,
        name: &StreamName,
        rule: impl FnOnce(&A) -> Result<Vec<A::Event>, E>,
    ) -> Result<(), DecisionError<R>>
    where
        A: Aggregate + Clone + 'static,
        E: Into<R>,
    {
        let state = self.state::<A>(name)?;
        let facts = rule(&state).map_err(|refusal| DecisionError::Refused(refusal.into()))?;
        drop(state); // So that the state can change in place.
        self.record::<A>(name, facts)
    }

    /// Records facts on a stream, in order.
    ///
    /// # Errors
    /// A [`DecisionError`] to be passed on.
    pub fn record<A>(&mut self, name: &StreamName, facts: Vec<A::Event>) -> Result<(), DecisionError<R>>
    where
        A: Aggregate + Clone + 'static,
    {
        let (stream, loaded) = self.loaded(name)?;
        let decided = loaded.record::<A>(stream, facts).map_err(DecisionError::Log)?;
        self.session.facts.extend(decided);
        Ok(())
    }

    /// Writes a vault row in the same commit, if there is one.
    pub fn store_private(&mut self, row: PrivateRow) {
        // Postgres keeps no NUL in jsonb text; found here, it costs one command and not its batch.
        self.session.unstorable |= has_nul(&row.body);
        self.session.rows.push(NewRow {
            id: row.id,
            subject_id: row.subject_id,
            kind: row.kind,
            salt: row.salt,
            body: row.body.to_string(),
        });
    }

    /// The stream, loaded, and its place among the decision's.
    fn loaded(&mut self, name: &StreamName) -> Result<(usize, &mut LoadedStream), DecisionError<R>> {
        self.session.track(name, false);
        let streams = self.session.streams.iter_mut().enumerate();
        streams
            .filter(|(_, loaded)| loaded.load_state != LoadState::Unloaded)
            .find(|(_, loaded)| loaded.name == *name)
            .ok_or(DecisionError::Unloaded(Unloaded(())))
    }
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(fields) => fields
            .iter()
            .any(|(key, field)| key.contains('\0') || has_nul(field)),
    }
}
