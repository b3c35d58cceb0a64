//! What became of a command: positions, versions, states and facts, whether decided now or earlier.

use std::fmt;
use std::sync::Arc;

use cqrs_es::Aggregate;

use super::replay::stream_as_of;
use crate::Position;
use crate::after::{After, DecidedFact, StateAfter, StreamAfter, typed};
use crate::error::LogError;
use crate::log::EventLog;
use crate::store::fold;
use crate::stream_name::StreamName;

/// What a command led to.
pub struct Outcome {
    /// The position of the last fact; the head of the log when there was nothing to do.
    pub position: Position,
    /// The positions of the facts, in order; empty when there was nothing to do.
    pub positions: Vec<Position>,
    /// Whether this is the outcome of an earlier command under the same key.
    pub replayed: bool,
    pub(super) after: Arc<After>,
}

impl Outcome {
    /// The same as a word, for a span.
    pub(super) fn word(&self) -> &'static str {
        match (self.replayed, self.positions.is_empty()) {
            (true, _) => "replayed",
            (false, true) => "nothing",
            (false, false) => "committed",
        }
    }

    /// The state the command left the stream in; `None` when the command has nothing to do with the stream, or the
    /// stream is another aggregate's.
    ///
    /// # Errors
    /// Reading an old fact of a replayed command may find it malformed: then `None` too, and a log line.
    pub fn state<A: Aggregate + 'static>(&self, name: &StreamName) -> Option<Arc<A>> {
        match &self.stream(name)?.state {
            StateAfter::Known(state) => Arc::clone(state).downcast::<A>().ok(),
            StateAfter::Events(events) => fold::<A>(events.clone())
                .inspect_err(|error| tracing::error!(fault = %error, "A stream cannot be folded"))
                .ok(),
        }
    }

    /// The same of a stream that the decision may not have named: read from the log then, as of the command. A repeat is
    /// decided from today's states, and names other streams than its first did.
    ///
    /// # Errors
    /// [`LogError`] when it must be read and cannot.
    pub async fn state_then<A: Aggregate + 'static>(
        &self,
        log: &EventLog,
        name: &StreamName,
    ) -> Result<Arc<A>, LogError> {
        if let Some(known) = self.state::<A>(name) {
            return Ok(known);
        }
        let read = stream_as_of(log, name.aggregate, name.id.as_str(), self.position).await?;
        match read.state {
            StateAfter::Events(events) => typed(name, &fold::<A>(events)?),
            StateAfter::Known(state) => typed(name, &state),
        }
    }

    /// The version the command left the stream at; 0 when the command has nothing to do with it.
    pub fn version(&self, name: &StreamName) -> i64 {
        self.stream(name).map_or(0, |stream| stream.version)
    }

    /// The facts the command led to, in order.
    pub fn facts(&self) -> &[DecidedFact] {
        &self.after.facts
    }

    fn stream(&self, name: &StreamName) -> Option<&StreamAfter> {
        self.after
            .streams
            .iter()
            .find(|stream| stream.aggregate == name.aggregate && stream.id == name.id.as_str())
    }
}

impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outcome")
            .field("positions", &self.positions)
            .field("replayed", &self.replayed)
            .finish_non_exhaustive()
    }
}

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError<R> {
    /// A rule says no. Decided from the database's state, after making sure that this command was not carried out
    /// before.
    #[error("refused")]
    Refused(R),
    /// The idempotency key belongs to another command.
    #[error("the idempotency key was used for something else")]
    KeyReused,
    /// Other processes kept changing the same streams, or too many commands wait for them.
    #[error("too many commands want the same thing at once")]
    Busy,
    /// The stream is not at the version the caller expected.
    #[error("the version is another one than expected")]
    VersionMismatch,
    /// A stream holds a fact this program does not know yet.
    #[error("a newer program wrote facts this one does not know")]
    NeedsNewerCode,
    /// The decision named more streams than it may: see [`execute`](crate::execute).
    #[error("a decision named too many streams")]
    TooManyStreams,
    /// The log itself.
    #[error("the log is at fault")]
    Log(#[source] LogError),
}

impl<R> ExecuteError<R> {
    /// The same as a word, for a span.
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::KeyReused => "key_reused",
            Self::Busy => "busy",
            Self::VersionMismatch => "version_mismatch",
            Self::NeedsNewerCode => "needs_newer_code",
            Self::TooManyStreams => "too_many_streams",
            Self::Log(_) => "log",
        }
    }
}

impl<R> From<LogError> for ExecuteError<R> {
    fn from(error: LogError) -> Self {
        match error {
            LogError::NeedsNewerCode {
                aggregate_type,
                event_type,
                event_version,
            } => {
                tracing::warn!(
                    fact.aggregate = aggregate_type,
                    fact.kind = event_type,
                    fact.version = event_version,
                    "A command met a fact that needs newer code"
                );
                Self::NeedsNewerCode
            }
            error @ (LogError::Unavailable { .. }
            | LogError::Database(_)
            | LogError::Malformed { .. }
            | LogError::Unstorable(_)
            | LogError::AnotherLog
            | LogError::NoIdentity
            | LogError::WrongAggregate(_)) => Self::Log(error),
        }
    }
}
