//! The desk a decision is taken at: the streams it has named so far, their states, and what it has decided.

use std::any::Any;
use std::sync::Arc;

use cqrs_es::{Aggregate, DomainEvent};
use jiff::Timestamp;
use serde_json::Value;

use super::outcome::StateAfter;
use super::streams::PrivateRow;
use super::turns::StreamGuards;
use crate::appender::{NewFact, NewRow};
use crate::cache::{AnyState, Cached};
use crate::fault::LogFault;
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
    pub turns: StreamGuards,
    pub sheets: Vec<LoadedStream>,
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

/// One stream on the desk.
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
    Fault(LogFault),
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

    fn state<A: Aggregate + 'static>(&mut self) -> Result<Arc<A>, LogFault> {
        if let Some(decided) = &self.decided {
            return typed(&self.name, decided);
        }
        if let Base::Events(events) = &mut self.base {
            self.base = Base::State(fold::<A>(std::mem::take(events))?);
        }
        match &self.base {
            Base::State(state) => typed(&self.name, state),
            Base::Events(_) => Err(LogFault::WrongAggregate(self.name.to_string())), // Just folded.
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

pub(super) fn typed<A: Aggregate + 'static>(name: &StreamName, state: &AnyState) -> Result<Arc<A>, LogFault> {
    let state: Arc<dyn Any + Send + Sync> = Arc::clone(state);
    state
        .downcast::<A>()
        .map_err(|_| LogFault::WrongAggregate(name.to_string()))
}

impl DecisionSession {
    /// Clears what a run of the decision left, keeping the streams.
    pub fn begin_run(&mut self) {
        self.now = self.log.clock().now();
        self.facts.clear();
        self.rows.clear();
        self.unstorable = false;
        self.sheets.iter_mut().for_each(LoadedStream::forget_run);
    }

    pub fn lacks_streams(&self) -> bool {
        self.named().any(|sheet| sheet.origin == Origin::Unloaded)
    }

    /// Whether everything decided from was read from the database in this attempt.
    pub fn is_authoritative(&self) -> bool {
        self.named().all(|sheet| sheet.origin == Origin::Loaded)
    }

    /// The streams that the present run was decided from: not those that only an earlier run, of a state that turned
    /// out old, had named.
    fn named(&self) -> impl Iterator<Item = &LoadedStream> {
        self.sheets.iter().filter(|sheet| sheet.named)
    }

    /// Forgets the streams that the present run did not name, so that nothing depends on them. Facts keep theirs.
    pub fn drop_unnamed(&mut self) {
        if self.sheets.iter().all(|sheet| sheet.named) {
            return;
        }
        let sheets = &self.sheets;
        for fact in &mut self.facts {
            let before = sheets.iter().take(fact.stream);
            fact.stream = before.filter(|sheet| sheet.named).count();
        }
        self.sheets.retain(|sheet| sheet.named);
    }

    /// From now on nothing is believed but the database.
    pub fn reload_from_database(&mut self) {
        self.trusting = false;
        for sheet in &mut self.sheets {
            self.log.cache().forget(&sheet.name);
            sheet.reset();
        }
    }

    /// Puts a stream on the desk if it is not there. What can be had without waiting is had at once; anything else is
    /// left for loading.
    pub fn lay(&mut self, name: &StreamName, new: bool) {
        if let Some(sheet) = self.sheets.iter_mut().find(|sheet| sheet.name == *name) {
            sheet.named = true;
            return;
        }
        let full = self.sheets.len() >= self.streams_max;
        let free = self.sheets.iter().position(|sheet| full && !sheet.named);
        if full && free.is_none() {
            self.too_many_streams = true;
            return;
        }
        let mut sheet = LoadedStream::unloaded(name.clone());
        if self.trusting && self.turns.try_lock_more(self.log.turns(), name) {
            if let Some(cached) = self.log.cache().get(name) {
                sheet.fill_from_cache(cached);
            } else if new {
                sheet.origin = Origin::AssumedNew;
            }
        }
        // A state that turned out old may have named other streams; their places are free for what is named now.
        match free.and_then(|place| self.sheets.get_mut(place)) {
            Some(place) => *place = sheet,
            None => self.sheets.push(sheet),
        }
    }

    /// The stream's sheet, readable.
    fn sheet(&mut self, name: &StreamName) -> Result<(usize, &mut LoadedStream), Missing> {
        self.lay(name, false);
        let found = self
            .sheets
            .iter_mut()
            .enumerate()
            .find(|(_, sheet)| sheet.name == *name);
        match found {
            Some((place, sheet)) if sheet.origin != Origin::Unloaded => Ok((place, sheet)),
            Some(_) | None => Err(Missing::Unloaded),
        }
    }

    pub fn state<A: Aggregate + 'static>(&mut self, name: &StreamName) -> Result<Arc<A>, Missing> {
        let (_, sheet) = self.sheet(name)?;
        sheet.state().map_err(Missing::Fault)
    }

    pub fn version(&mut self, name: &StreamName) -> Result<i64, Missing> {
        self.sheet(name).map(|(_, sheet)| sheet.decided_version())
    }

    pub fn record<A>(&mut self, name: &StreamName, events: Vec<A::Event>) -> Result<(), Missing>
    where
        A: Aggregate + Clone + 'static,
    {
        let (stream, sheet) = self.sheet(name)?;
        if events.is_empty() {
            return Ok(());
        }
        let mut state = sheet.state::<A>().map_err(Missing::Fault)?;
        sheet.decided = None; // If nobody else holds the state, it changes in place.
        let after = Arc::make_mut(&mut state);
        let mut facts = Vec::with_capacity(events.len());
        for event in events {
            sheet.facts += 1;
            let event_type = event.event_type();
            let payload = serde_json::to_string(&event)
                .map_err(|fault| Missing::Fault(LogFault::malformed(A::TYPE, &event_type, fault)))?;
            facts.push(NewFact {
                stream,
                sequence: sheet.decided_version(),
                event_type,
                event_version: event.event_version(),
                payload,
            });
            after.apply(event);
        }
        sheet.decided = Some(state);
        self.facts.append(&mut facts);
        Ok(())
    }

    pub fn keep(&mut self, row: PrivateRow) {
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
