//! What a decision sees: the streams it names, as typed states, and where it leaves what it decides.

use std::marker::PhantomData;
use std::sync::Arc;

use cqrs_es::{Aggregate, DomainEvent};
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::session::DecisionSession;
use crate::after::{AnyState, StateAfter, typed};
use crate::appender::{NewFact, NewRow};
use crate::error::LogError;
use crate::store::{Cached, Loaded, fold};
use crate::stream_name::StreamName;
use crate::upcast::StoredEvent;

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
    pub(super) fn new(session: &'run mut DecisionSession) -> Self {
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
            .filter(|(_, loaded)| loaded.origin != Origin::Unloaded)
            .find(|(_, loaded)| loaded.name == *name)
            .ok_or(DecisionError::Unloaded(Unloaded(())))
    }
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

    /// The facts that `events` are, after which the state is what they make of it; `stream` is this stream's place in the decision.
    fn record<A>(&mut self, stream: usize, events: Vec<A::Event>) -> Result<Vec<NewFact>, LogError>
    where
        A: Aggregate + Clone + 'static,
    {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let mut state = self.state::<A>()?;
        self.decided = None; // If nobody else holds the state, it changes in place.
        let after = Arc::make_mut(&mut state);
        let mut facts = Vec::with_capacity(events.len());
        for event in events {
            self.facts += 1;
            let event_type = event.event_type();
            let payload = serde_json::to_string(&event)
                .map_err(|fault| LogError::malformed(A::TYPE, &event_type, fault))?;
            facts.push(NewFact {
                stream,
                sequence: self.decided_version(),
                event_type,
                event_version: event.event_version(),
                payload,
            });
            after.apply(event);
        }
        self.decided = Some(state);
        Ok(facts)
    }

    /// The same stream, to be loaded.
    pub fn reset(&mut self) {
        *self = Self {
            named: self.named,
            known: self.known,
            ..Self::unloaded(self.name.clone())
        };
    }

    pub fn forget_run(&mut self) {
        self.decided = None;
        self.facts = 0;
        self.named = self.known;
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
