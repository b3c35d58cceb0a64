//! What one run of a decision works on: the streams it has named so far, their states, and what it has decided.

use std::sync::Arc;

use cqrs_es::{Aggregate, DomainEvent};
use jiff::Timestamp;
use serde_json::Value;

use super::stream_locks::StreamGuards;
use super::unit_of_work::PrivateRow;
use crate::after::{AnyState, StateAfter, typed};
use crate::appender::{NewFact, NewRow};
use crate::cache::Cached;
use crate::error::LogError;
use crate::log::EventLog;
use crate::store::{Loaded, fold};
use crate::stream_name::StreamName;
use crate::upcast::StoredEvent;

/// A decision is taken over at most so many streams, unless it names more of them beforehand.
pub const STREAMS_PER_DECISION_MAX: usize = 8;
/// A decision that names its streams beforehand names at most so many; it may name no further ones.
pub const STREAMS_KNOWN_MAX: usize = 64;

pub(crate) struct DecisionSession {
    pub log: EventLog,
    pub now: Timestamp,
    pub guards: StreamGuards,
    pub streams: Vec<LoadedStream>,
    pub facts: Vec<NewFact>,
    pub rows: Vec<NewRow>,
    /// Whether states may come from the cache, and streams may be taken for new on the caller's word.
    pub trusting: bool,
    /// How many streams this decision may have.
    pub streams_max: usize,
    /// More streams were named than the decision may have.
    pub too_many_streams: bool,
    /// A vault row holds what Postgres cannot keep.
    pub unstorable: bool,
}

/// One stream of a decision.
pub(crate) struct LoadedStream {
    pub name: StreamName,
    pub origin: Origin,
    /// The version before this decision.
    pub version: i64,
    /// The state before this decision.
    base: Base,
    /// The state after what was decided so far; absent until something was.
    decided: Option<AnyState>,
    facts: i64,
    /// Whether the present run of the decision named it, or the caller did from the start.
    pub named: bool,
    /// Whether the caller named it from the start, so that every run does.
    pub known: bool,
}

/// Where a stream's state comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Nowhere yet: it was named and must be loaded.
    Unloaded,
    /// The caller says it is new.
    AssumedNew,
    /// Memory; may be old.
    Cached,
    /// The database, in this attempt.
    Loaded,
}

enum Base {
    Events(Vec<StoredEvent>),
    State(AnyState),
}

/// Why a stream cannot be read at the moment.
pub(crate) enum Missing {
    /// It must be loaded first.
    Unloaded,
    Log(LogError),
}

impl LoadedStream {
    pub fn unloaded(name: StreamName) -> Self {
        Self {
            name,
            origin: Origin::Unloaded,
            version: 0,
            base: Base::Events(Vec::new()),
            decided: None,
            facts: 0,
            named: true,
            known: false,
        }
    }

    pub fn fill(&mut self, loaded: Loaded) {
        self.origin = Origin::Loaded;
        self.version = loaded.version;
        self.base = Base::Events(loaded.events);
    }

    pub fn fill_from_cache(&mut self, cached: Cached) {
        self.origin = Origin::Cached;
        self.version = cached.version;
        self.base = Base::State(cached.state);
    }

    /// The version after what was decided so far.
    pub fn decided_version(&self) -> i64 {
        self.version + self.facts
    }

    /// The stream's name, and its state after what was decided.
    pub fn into_state(self) -> (StreamName, StateAfter) {
        let state = match (self.decided, self.base) {
            (Some(state), Base::State(_) | Base::Events(_)) | (None, Base::State(state)) => {
                StateAfter::Known(state)
            }
            (None, Base::Events(events)) => StateAfter::Events(events),
        };
        (self.name, state)
    }

    fn state<A: Aggregate + 'static>(&mut self) -> Result<Arc<A>, LogError> {
        if let Some(decided) = &self.decided {
            return typed(&self.name, decided);
        }
        if let Base::Events(events) = &mut self.base {
            self.base = Base::State(fold::<A>(std::mem::take(events))?);
        }
        match &self.base {
            Base::State(state) => typed(&self.name, state),
            Base::Events(_) => Err(LogError::WrongAggregate(self.name.to_string())), // Just folded.
        }
    }

    /// The same stream, to be loaded.
    pub fn reset(&mut self) {
        *self = Self {
            named: self.named,
            known: self.known,
            ..Self::unloaded(self.name.clone())
        };
    }

    fn forget_run(&mut self) {
        self.decided = None;
        self.facts = 0;
        self.named = self.known;
    }
}

impl DecisionSession {
    /// Clears what a run of the decision left, keeping the streams.
    pub fn begin_run(&mut self) {
        self.now = self.log.clock().now();
        self.facts.clear();
        self.rows.clear();
        self.unstorable = false;
        self.streams.iter_mut().for_each(LoadedStream::forget_run);
    }

    pub fn lacks_streams(&self) -> bool {
        self.named().any(|loaded| loaded.origin == Origin::Unloaded)
    }

    /// Whether everything decided from was read from the database in this attempt.
    pub fn is_authoritative(&self) -> bool {
        self.named().all(|loaded| loaded.origin == Origin::Loaded)
    }

    /// The streams that the present run was decided from: not those that only an earlier run, of a state that turned
    /// out old, had named.
    fn named(&self) -> impl Iterator<Item = &LoadedStream> {
        self.streams.iter().filter(|loaded| loaded.named)
    }

    /// Forgets the streams that the present run did not name, so that nothing depends on them. Facts keep theirs.
    pub fn drop_unnamed(&mut self) {
        if self.streams.iter().all(|loaded| loaded.named) {
            return;
        }
        let streams = &self.streams;
        for fact in &mut self.facts {
            let before = streams.iter().take(fact.stream);
            fact.stream = before.filter(|loaded| loaded.named).count();
        }
        self.streams.retain(|loaded| loaded.named);
    }

    /// From now on nothing is believed but the database.
    pub fn reload_from_database(&mut self) {
        self.trusting = false;
        for loaded in &mut self.streams {
            self.log.cache().forget(&loaded.name);
            loaded.reset();
        }
    }

    /// Adds a stream to the decision if it is not there. What can be had without waiting is had at once; anything else is
    /// left for loading.
    pub fn track(&mut self, name: &StreamName, new: bool) {
        if let Some(loaded) = self.streams.iter_mut().find(|loaded| loaded.name == *name) {
            loaded.named = true;
            return;
        }
        let full = self.streams.len() >= self.streams_max;
        let free = self.streams.iter().position(|loaded| full && !loaded.named);
        if full && free.is_none() {
            self.too_many_streams = true;
            return;
        }
        let mut loaded = LoadedStream::unloaded(name.clone());
        if self.trusting && self.guards.try_lock_more(self.log.stream_locks(), name) {
            if let Some(cached) = self.log.cache().get(name) {
                loaded.fill_from_cache(cached);
            } else if new {
                loaded.origin = Origin::AssumedNew;
            }
        }
        // A state that turned out old may have named other streams; their places are free for what is named now.
        match free.and_then(|place| self.streams.get_mut(place)) {
            Some(place) => *place = loaded,
            None => self.streams.push(loaded),
        }
    }

    /// The stream, loaded, and its place among the decision's.
    fn loaded(&mut self, name: &StreamName) -> Result<(usize, &mut LoadedStream), Missing> {
        self.track(name, false);
        let found = self
            .streams
            .iter_mut()
            .enumerate()
            .find(|(_, loaded)| loaded.name == *name);
        match found {
            Some((place, loaded)) if loaded.origin != Origin::Unloaded => Ok((place, loaded)),
            Some(_) | None => Err(Missing::Unloaded),
        }
    }

    pub fn state<A: Aggregate + 'static>(&mut self, name: &StreamName) -> Result<Arc<A>, Missing> {
        let (_, loaded) = self.loaded(name)?;
        loaded.state().map_err(Missing::Log)
    }

    pub fn version(&mut self, name: &StreamName) -> Result<i64, Missing> {
        self.loaded(name).map(|(_, loaded)| loaded.decided_version())
    }

    pub fn record<A>(&mut self, name: &StreamName, events: Vec<A::Event>) -> Result<(), Missing>
    where
        A: Aggregate + Clone + 'static,
    {
        let (stream, loaded) = self.loaded(name)?;
        if events.is_empty() {
            return Ok(());
        }
        let mut state = loaded.state::<A>().map_err(Missing::Log)?;
        loaded.decided = None; // If nobody else holds the state, it changes in place.
        let after = Arc::make_mut(&mut state);
        let mut facts = Vec::with_capacity(events.len());
        for event in events {
            loaded.facts += 1;
            let event_type = event.event_type();
            let payload = serde_json::to_string(&event)
                .map_err(|fault| Missing::Log(LogError::malformed(A::TYPE, &event_type, fault)))?;
            facts.push(NewFact {
                stream,
                sequence: loaded.decided_version(),
                event_type,
                event_version: event.event_version(),
                payload,
            });
            after.apply(event);
        }
        loaded.decided = Some(state);
        self.facts.append(&mut facts);
        Ok(())
    }

    pub fn store_private(&mut self, row: PrivateRow) {
        // Postgres keeps no NUL in jsonb text; found here, it costs one command and not its batch.
        self.unstorable |= has_nul(&row.body);
        self.rows.push(NewRow {
            id: row.id,
            subject_id: row.subject_id,
            kind: row.kind,
            salt: row.salt,
            body: row.body.to_string(),
        });
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
