//! What one run of a decision works on: the streams it has named so far, locked against the other commands of this process,
//! and what it has decided.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::timeout;

use super::outcome::{ExecuteError, Outcome};
use crate::Position;
use crate::after::{After, AnyState, DecidedFact, StateAfter, StreamAfter};
use crate::appender::{Append, InFlight, NewFact, NewRow, PriorCommit};
use crate::error::LogError;
use crate::log::EventLog;
use crate::metadata::{CommandContext, written};
use crate::store::{self, Cached, LoadState, LoadedStream};
use crate::stream_locks::StreamGuards;
use crate::stream_name::StreamName;

/// A decision is taken over at most so many streams, unless it names more of them beforehand.
pub const STREAMS_PER_DECISION_MAX: usize = 8;
/// A decision that names its streams beforehand names at most so many; it may name no further ones.
pub const STREAMS_KNOWN_MAX: usize = 64;

/// How long a command waits for the locks of its streams.
const LOCK_WAIT_MAX: Duration = Duration::from_secs(20);

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
    /// How far the log had come when the states decided from were found to be current.
    confirmed_at: Option<Position>,
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
        self.named()
            .any(|loaded| loaded.load_state == LoadState::Unloaded)
    }

    /// Whether everything decided from was read from the database in this attempt.
    pub fn is_authoritative(&self) -> bool {
        self.named().all(|loaded| loaded.load_state == LoadState::Loaded)
    }

    /// Whether everything decided from is what the database has, now that it is asked. Nobody is kept waiting meanwhile.
    pub async fn confirm(&mut self) -> Result<bool, LogError> {
        self.guards = StreamGuards::default();
        if self
            .named()
            .any(|loaded| loaded.load_state == LoadState::AssumedNew)
        {
            return Ok(false);
        }
        let head = self.log.catch_up().await?;
        let changes = self.log.recent_changes();
        let current = self.named().all(|loaded| {
            loaded.load_state == LoadState::Loaded
                || (loaded.in_flight.is_none()
                    && changes.is_current(loaded.name.bookkeeping_hash(), loaded.version, loaded.as_of))
        });
        if current {
            self.confirmed_at = Some(head);
            let named = self.streams.iter_mut().filter(|loaded| loaded.named);
            named.for_each(|loaded| {
                loaded.load_state = LoadState::Loaded;
                loaded.as_of = loaded.as_of.max(head);
            });
        }
        Ok(current)
    }

    /// A position that the log has reached, and not before the states decided from were current.
    pub async fn head(&self) -> Result<Position, LogError> {
        match self.confirmed_at {
            Some(head) => Ok(head),
            None => self.log.catch_up().await,
        }
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
        self.confirmed_at = None;
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
                loaded.load_state = LoadState::AssumedNew;
            }
        }
        // A state that turned out old may have named other streams; their places are free for what is named now.
        match free.and_then(|place| self.streams.get_mut(place)) {
            Some(place) => *place = loaded,
            None => self.streams.push(loaded),
        }
    }

    /// The session over the streams known from the start, their locks taken.
    pub async fn begin<R>(
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
            confirmed_at: None,
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
    pub async fn relock<R>(&mut self) -> Result<(), ExecuteError<R>> {
        self.guards = StreamGuards::default();
        let names = self.streams.iter().map(|loaded| &loaded.name);
        self.guards = timeout(LOCK_WAIT_MAX, self.log.stream_locks().lock_all(names))
            .await
            .map_err(|_| ExecuteError::Busy)?;
        // Somebody else may have held them in between: what was known before may be old now.
        for loaded in &mut self.streams {
            match self.log.cache().get(&loaded.name) {
                Some(cached)
                    if loaded.load_state == LoadState::Loaded && cached.version <= loaded.version => {}
                Some(cached) if self.trusting => loaded.fill_from_cache(cached),
                None if loaded.load_state == LoadState::AssumedNew
                    || loaded.load_state == LoadState::Loaded => {}
                Some(_) | None => loaded.reset(),
            }
        }
        Ok(())
    }

    /// Loads, together, what is known only by name.
    pub async fn load(&mut self) -> Result<(), LogError> {
        let log = &self.log;
        let as_of = log.recent_changes().seen();
        let reads = self
            .streams
            .iter_mut()
            .filter(|loaded| loaded.load_state == LoadState::Unloaded)
            .map(|loaded| async move {
                loaded.fill(store::load(log, &loaded.name).await?, as_of);
                Ok::<(), LogError>(())
            });
        futures::future::try_join_all(reads).await?;
        Ok(())
    }

    /// What was decided may be decided upon before it stands in the log: what follows can only stand behind it. With that this
    /// decision's turn is over. A decision that was taken out of turn is not published.
    pub fn publish(&mut self, append: Arc<InFlight>) -> Published {
        let mut published = Published {
            log: self.log.clone(),
            append,
            streams: Vec::new(),
        };
        if self.named().any(|loaded| !self.guards.hold(&loaded.name)) {
            return published;
        }
        for loaded in &self.streams {
            let Some((state, version)) = loaded.decided() else {
                continue;
            };
            self.log.stream_locks().set_out(&loaded.name);
            let decided = Cached {
                version,
                state,
                as_of: loaded.as_of,
                in_flight: Some(Arc::clone(&published.append)),
            };
            self.log.cache().put(loaded.name.clone(), decided);
            published.streams.push(loaded.name.clone());
        }
        self.guards = StreamGuards::default();
        published
    }

    /// Takes the turns of all streams named so far, and waits until nothing that was decided before is on its way.
    pub async fn lock_settled<R>(&mut self) -> Result<(), ExecuteError<R>> {
        let locks = self.log.stream_locks();
        self.guards = StreamGuards::default();
        let names = self.streams.iter().map(|loaded| &loaded.name);
        let settled = async {
            let guards = locks.lock_all(names).await;
            locks.settled(&guards).await;
            guards
        };
        let guards = timeout(LOCK_WAIT_MAX, settled).await;
        self.guards = guards.map_err(|_| ExecuteError::Busy)?;
        Ok(())
    }

    pub fn take_append(&mut self, context: &CommandContext) -> Result<Append, LogError> {
        let metadata = written(context, self.log.options().app_version, self.now)
            .map_err(|error| LogError::malformed("metadata", "metadata", error))?;
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
            upon: self
                .named()
                .filter_map(|loaded| loaded.in_flight.clone())
                .collect(),
        })
    }

    /// The outcome of facts that stand in the log from `first` on; what they led to is remembered.
    pub fn into_outcome(self, context: &CommandContext, first: i64, mut facts: Vec<DecidedFact>) -> Outcome {
        let mut position = first - 1;
        for fact in &mut facts {
            position += 1;
            fact.position = position;
        }
        if context.repeatable && position >= first {
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
            let as_of = if position >= first { position } else { loaded.as_of };
            let (name, state) = loaded.into_state();
            let aggregate = name.aggregate.to_owned();
            let id = name.id.to_string();
            if let StateAfter::Known(state) = &state {
                self.log.cache().put(
                    name,
                    Cached {
                        version,
                        state: AnyState::clone(state),
                        as_of,
                        in_flight: None,
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

/// What others may decide upon though it does not stand in the log yet; dropped once it does, or when it never will.
pub(crate) struct Published {
    log: EventLog,
    append: Arc<InFlight>,
    streams: Vec<StreamName>,
}

impl Drop for Published {
    fn drop(&mut self) {
        for name in &self.streams {
            self.log.cache().forget_in_flight(name, &self.append);
            self.log.stream_locks().arrive(name);
        }
    }
}

/// The facts for the outcome, before they are given away; their positions come with the answer.
pub(super) fn described(append: &Append) -> Vec<DecidedFact> {
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
