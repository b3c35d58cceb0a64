//! Carries a command out: load, decide, append, retry within bounds, answer. Exactly once per command id.

mod no_op;
mod outcome;
mod replay;
mod session;
#[cfg(test)]
mod tests;
mod unit_of_work;

use std::time::Duration;

use tokio::time::sleep;

use crate::appender::{Appended, PriorCommit};
use crate::error::LogError;
use crate::log::EventLog;
use crate::metadata::CommandContext;
use crate::stream_name::StreamName;

pub use outcome::{ExecuteError, Outcome};
pub(crate) use session::StreamLocks;
pub use session::{STREAMS_KNOWN_MAX, STREAMS_PER_DECISION_MAX};
pub use unit_of_work::{DecisionError, PrivateRow, UnitOfWork, Unloaded};

use no_op::Kept;
use session::{DecisionSession, StreamGuards, described};

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

/// A pause of random length, longer with every conflict, so that processes do not meet again.
fn conflict_pause(conflicts: u32) -> Duration {
    let longest = (1_u64 << conflicts.min(10)).min(CONFLICT_PAUSE_MAX_MS);
    Duration::from_millis(rand::random_range(0..=longest))
}
