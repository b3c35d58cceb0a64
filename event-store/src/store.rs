//! Streams as this process knows them: loaded through postgres-es, their old facts made readable, folded into states, and kept in
//! memory, bounded (a stream known at a version costs no query).

use std::sync::Arc;
use std::time::Duration;

use cqrs_es::{Aggregate, DomainEvent};
use uuid::Uuid;

use crate::Position;
use crate::after::{After, AnyState, StateAfter, typed};
use crate::appender::{InFlight, NewFact, PriorCommit};
use crate::error::LogError;
use crate::log::EventLog;
use crate::options::LogOptions;
use crate::stream_name::StreamName;
use crate::upcast::{StoredEvent, readable};

/// After a restart of Postgres every pooled connection fails once; so many reads may be wasted on finding out.
const READ_TRIES_MAX: u32 = 12;

/// A stream as loaded: its version and its events in today's words.
pub(crate) struct Loaded {
    pub version: i64,
    pub events: Vec<StoredEvent>,
}

/// Loads a stream as it is now.
pub(crate) async fn load(log: &EventLog, name: &StreamName) -> Result<Loaded, LogError> {
    let stored = retried(|| async {
        name.load(log.repository())
            .await
            .map_err(|error| LogError::from_postgres_es("loading a stream", error))
    })
    .await?;
    let version = stored
        .last()
        .map_or(0, |event| i64::try_from(event.sequence).unwrap_or(i64::MAX));
    if usize::try_from(version).ok() != Some(stored.len()) {
        return Err(LogError::malformed(
            name.aggregate,
            "?",
            format!("{name} is not numbered from 1 without gaps"),
        ));
    }
    let events = stored.into_iter().map(|event| StoredEvent {
        aggregate_type: event.aggregate_type,
        event_type: event.event_type,
        event_version: event.event_version,
        payload: event.payload,
    });
    Ok(Loaded {
        version,
        events: upcast(events, log.options())?,
    })
}

/// All events in today's words.
pub(crate) fn upcast(
    events: impl Iterator<Item = StoredEvent>,
    options: &LogOptions,
) -> Result<Vec<StoredEvent>, LogError> {
    let mut upcast = Vec::with_capacity(events.size_hint().0);
    for event in events {
        upcast.extend(readable(event, options)?);
    }
    Ok(upcast)
}

/// The state that `events` lead to.
pub(crate) fn fold<A: Aggregate>(events: Vec<StoredEvent>) -> Result<Arc<A>, LogError> {
    let mut state = A::default();
    for event in events {
        let decoded = serde_json::from_value::<A::Event>(event.payload)
            .map_err(|error| LogError::malformed(&event.aggregate_type, &event.event_type, error))?;
        state.apply(decoded);
    }
    Ok(Arc::new(state))
}

/// Reads again while connections turn out to be broken, up to a limit; a read may always be repeated.
pub(crate) async fn retried<T, F>(mut read: impl FnMut() -> F) -> Result<T, LogError>
where
    F: Future<Output = Result<T, LogError>>,
{
    let mut tries = 1;
    loop {
        match read().await {
            Err(LogError::Unavailable {
                source: Some(source), ..
            }) if tries < READ_TRIES_MAX && was_broken_before(&source) => {
                tries += 1;
            }
            outcome => return outcome,
        }
    }
}

/// Whether a pooled connection failed in a way that another connection may not: not a pool that waited in vain.
fn was_broken_before(error: &sqlx::Error) -> bool {
    if let sqlx::Error::Io(broken) = error {
        return broken.kind() != std::io::ErrorKind::ConnectionRefused;
    }
    if let sqlx::Error::Database(database) = error {
        return database.code().is_some_and(|code| code == "57P01"); // Shut down by an administrator.
    }
    matches!(error, sqlx::Error::Protocol(_))
}

/// A stream's version with its state at that version.
#[derive(Clone)]
pub(crate) struct Cached {
    pub version: i64,
    pub state: AnyState,
    /// The log had come so far, or farther, when this was its state.
    pub as_of: Position,
    /// The append that brings it there, while that is not known to stand in the log.
    pub in_flight: Option<Arc<InFlight>>,
}

/// Commands whose place in the log is remembered.
const COMMANDS_MAX: usize = 10_000;

/// Streams whose partition is remembered.
const PARTITIONS_MAX: usize = 10_000;

/// Replays kept for those who ask for the same at once.
const REPLAYS_MAX: u64 = 256;

/// And for how long.
const REPLAYS_KEPT: Duration = Duration::from_secs(5);

/// The bounded cache. What it says of streams may be old, never wrong: an append checks the version, and nothing is
/// refused on its word alone. What it says of commands is final: it repeats what stands in the log.
pub(crate) struct Cache {
    streams: quick_cache::sync::Cache<StreamName, Cached>,
    commands: quick_cache::sync::Cache<Uuid, PriorCommit>,
    partitions: quick_cache::sync::Cache<(&'static str, Uuid), String>,
    replays: moka::future::Cache<(Uuid, Vec<StreamName>), Arc<After>>,
}

impl Cache {
    pub fn new(streams_max: usize) -> Self {
        Self {
            streams: quick_cache::sync::Cache::new(streams_max),
            commands: quick_cache::sync::Cache::new(COMMANDS_MAX),
            partitions: quick_cache::sync::Cache::new(PARTITIONS_MAX),
            replays: moka::future::Cache::builder()
                .max_capacity(REPLAYS_MAX)
                .time_to_live(REPLAYS_KEPT)
                .build(),
        }
    }

    /// The stream as it is remembered; nothing that came of an append which failed.
    pub fn get(&self, name: &StreamName) -> Option<Cached> {
        let known = self.streams.get(name)?;
        let failed = known.in_flight.as_ref().is_some_and(|append| append.has_failed());
        (!failed).then_some(known)
    }

    /// Remembers a stream, unless a newer decision about it is in flight.
    pub fn put(&self, name: StreamName, cached: Cached) {
        let newer = self.get(&name).filter(|known| known.in_flight.is_some());
        if newer.is_none_or(|known| known.version <= cached.version) {
            self.streams.insert(name, cached);
        }
    }

    /// Forgets what was read of a stream; not what is in flight.
    pub fn forget(&self, name: &StreamName) {
        if self.get(name).is_none_or(|known| known.in_flight.is_none()) {
            self.streams.remove(name);
        }
    }

    /// Forgets what this append was to bring the stream to.
    pub fn forget_in_flight(&self, name: &StreamName, append: &Arc<InFlight>) {
        let known = self.streams.get(name).and_then(|known| known.in_flight);
        if known.is_some_and(|known| Arc::ptr_eq(&known, append)) {
            self.streams.remove(name);
        }
    }

    /// Where this command stands in the log, if that is remembered.
    pub fn command(&self, id: Uuid) -> Option<PriorCommit> {
        self.commands.get(&id)
    }

    pub fn remember_command(&self, id: Uuid, earlier: PriorCommit) {
        self.commands.insert(id, earlier);
    }

    /// The partition of a stream, if it is remembered: it never changes.
    pub fn partition(&self, aggregate: &'static str, id: Uuid) -> Option<String> {
        self.partitions.get(&(aggregate, id))
    }

    pub fn remember_partition(&self, aggregate: &'static str, id: Uuid, partition: String) {
        self.partitions.insert((aggregate, id), partition);
    }

    /// A replay, read once for all who ask for it at the same time.
    pub async fn replay(
        &self,
        id: Uuid,
        named: Vec<StreamName>,
        read: impl Future<Output = Result<Arc<After>, LogError>>,
    ) -> Result<Arc<After>, Arc<LogError>> {
        self.replays.try_get_with((id, named), read).await
    }
}

/// One stream of a decision.
pub(crate) struct LoadedStream {
    pub name: StreamName,
    pub load_state: LoadState,
    /// The version before this decision.
    pub version: i64,
    /// How far the log had come, at least, when it was at that version.
    pub as_of: Position,
    /// The append that brings it to that version, where that was in flight when it was taken from memory.
    pub in_flight: Option<Arc<InFlight>>,
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
pub(crate) enum LoadState {
    /// Nowhere yet: it was named and must be loaded.
    Unloaded,
    /// The caller says it is new.
    AssumedNew,
    /// Memory; may be old.
    Cached,
    /// The database, in this attempt; or memory, and known to be what the database has.
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
            load_state: LoadState::Unloaded,
            version: 0,
            as_of: 0,
            in_flight: None,
            base: Base::Events(Vec::new()),
            decided: None,
            facts: 0,
            named: true,
            known: false,
        }
    }

    /// Takes what the database has; the log had come as far as `as_of` before it was asked.
    pub fn fill(&mut self, loaded: Loaded, as_of: Position) {
        self.load_state = LoadState::Loaded;
        self.version = loaded.version;
        self.as_of = as_of;
        self.in_flight = None;
        self.base = Base::Events(loaded.events);
    }

    pub fn fill_from_cache(&mut self, cached: Cached) {
        self.load_state = LoadState::Cached;
        self.version = cached.version;
        self.as_of = cached.as_of;
        self.in_flight = cached.in_flight;
        self.base = Base::State(cached.state);
    }

    /// The version after what was decided so far.
    pub fn decided_version(&self) -> i64 {
        self.version + self.facts
    }

    /// The state that was decided, with its version; nothing where nothing was.
    pub fn decided(&self) -> Option<(AnyState, i64)> {
        let state = self.decided.as_ref()?;
        (self.facts > 0).then(|| (AnyState::clone(state), self.decided_version()))
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

    pub fn state<A: Aggregate + 'static>(&mut self) -> Result<Arc<A>, LogError> {
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
    pub fn record<A>(&mut self, stream: usize, events: Vec<A::Event>) -> Result<Vec<NewFact>, LogError>
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
                .map_err(|error| LogError::malformed(A::TYPE, &event_type, error))?;
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
