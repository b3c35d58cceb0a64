//! What a decision sees: the streams it names, as typed states, and where it leaves what it decides.

use std::marker::PhantomData;
use std::sync::Arc;

use cqrs_es::Aggregate;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::decision_session::{DecisionSession, Missing};
use crate::error::LogError;
use crate::stream_name::StreamName;

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
        self.session.state(name).map_err(stop)
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
        self.session.version(name).map_err(stop)
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
        self.session.record::<A>(name, facts).map_err(stop)
    }

    /// Writes a vault row in the same commit, if there is one.
    pub fn store_private(&mut self, row: PrivateRow) {
        self.session.store_private(row);
    }
}

fn stop<R>(missing: Missing) -> DecisionError<R> {
    match missing {
        Missing::Unloaded => DecisionError::Unloaded(Unloaded(())),
        Missing::Log(fault) => DecisionError::Log(fault),
    }
}
