//! Rows of one table as a batch of facts finds and leaves them: loaded, folded, written once.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use event_store::{ApplyError, Fact};

use crate::facts;

/// The rows that a batch is about, by what its facts call them.
pub(crate) struct Rows<K, R> {
    places: HashMap<K, Place>,
    /// Begun in this batch.
    pub(crate) new: Vec<R>,
    /// Known before.
    pub(crate) changed: Vec<R>,
}

#[derive(Clone, Copy)]
enum Place {
    New(usize),
    Changed(usize),
}

/// What a row is of, and what its first fact says was done: `payout`, `asked for`.
#[derive(Clone, Copy)]
pub(crate) struct RowStart(pub(crate) &'static str, pub(crate) &'static str);

impl<K: Copy + Eq + Hash, R> Rows<K, R> {
    /// The rows that were there before the batch.
    pub(crate) fn loaded(rows: Vec<R>, key: impl Fn(&R) -> K) -> Self {
        let places = rows.iter().enumerate();
        Self {
            places: places
                .map(|(place, row)| (key(row), Place::Changed(place)))
                .collect(),
            new: Vec::new(),
            changed: rows,
        }
    }

    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut R> {
        match *self.places.get(key)? {
            Place::New(place) => self.new.get_mut(place),
            Place::Changed(place) => self.changed.get_mut(place),
        }
    }

    /// The row that a fact of `key` goes on with; none where it has begun one.
    ///
    /// # Errors
    /// [`ApplyError::Poison`] where a row begins twice, or goes on without having begun.
    pub(crate) fn follow(
        &mut self,
        fact: &Fact,
        key: K,
        begun: Option<R>,
        RowStart(what, done): RowStart,
    ) -> Result<Option<&mut R>, ApplyError> {
        let Some(row) = begun else {
            let row = self.get_mut(&key).map(Some);
            return row.ok_or_else(|| facts::poison(fact, format!("the {what} was never {done}")));
        };
        if self.places.insert(key, Place::New(self.new.len())).is_some() {
            return Err(facts::poison(fact, format!("the {what} was {done} before")));
        }
        self.new.push(row);
        Ok(None)
    }

    /// Every row, whether it was there before or not.
    pub(crate) fn into_all(self) -> Vec<R> {
        let mut all = self.changed;
        all.extend(self.new);
        all
    }
}

/// The keys whose rows must be there already, each once: all but those that begin in the batch. Takes each fact's key and
/// whether the fact begins it.
pub(crate) fn known_before<K: Copy + Eq + Hash>(facts: impl Iterator<Item = (K, bool)>) -> Vec<K> {
    let mut seen = HashSet::new();
    facts
        .filter(|(key, begins)| seen.insert(*key) && !begins)
        .map(|(key, _)| key)
        .collect()
}
