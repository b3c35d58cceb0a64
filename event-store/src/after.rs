//! What a command left behind: its facts, and the streams it named as they stood after it.

use std::any::Any;
use std::sync::Arc;

use cqrs_es::Aggregate;

use crate::Position;
use crate::error::LogError;
use crate::stream_name::StreamName;
use crate::upcast::StoredEvent;

/// A state of some aggregate; the caller knows which.
pub(crate) type AnyState = Arc<dyn Any + Send + Sync>;

/// What the command left behind; shared by all who ask for the same replay.
pub(crate) struct After {
    pub streams: Vec<StreamAfter>,
    pub facts: Vec<DecidedFact>,
    /// Of a replayed command's facts.
    pub partition_keys: Vec<String>,
}

impl After {
    /// Whether a replayed command has a fact of this stream's partition key.
    pub fn touched_key_of(&self, name: &StreamName) -> bool {
        self.partition_keys
            .iter()
            .any(|key| key == name.partition_key.as_str())
    }
}

/// A fact that the command led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecidedFact {
    /// Where it stands in the log.
    pub position: Position,
    /// The stored type of its aggregate.
    pub aggregate_type: String,
    /// Which one of them.
    pub aggregate_id: String,
    /// Its number within its stream.
    pub sequence: i64,
    /// What kind of fact it is.
    pub event_type: String,
    /// In which version of that kind.
    pub event_version: String,
    /// The event, as stored.
    pub payload: String,
}

/// A stream as the command left it.
pub(crate) struct StreamAfter {
    pub aggregate: String,
    pub id: String,
    pub version: i64,
    pub state: StateAfter,
}

pub(crate) enum StateAfter {
    Known(AnyState),
    /// In today's words, to be folded when somebody asks.
    Events(Vec<StoredEvent>),
}

/// The state as the aggregate that it is asked for as.
pub(crate) fn typed<A: Aggregate + 'static>(name: &StreamName, state: &AnyState) -> Result<Arc<A>, LogError> {
    let state: Arc<dyn Any + Send + Sync> = Arc::clone(state);
    state
        .downcast::<A>()
        .map_err(|_| LogError::WrongAggregate(name.to_string()))
}
