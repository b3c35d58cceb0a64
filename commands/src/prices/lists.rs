//! The price lists that a process has seen, and where each of them stands.

use std::sync::Arc;

use domain::any_event::{AnyEvent, DecodeError};
use domain::price_list::list::PriceList;
use domain::price_list::{self, PriceLists};
use event_store::Fact;
use jiff::Timestamp;

use crate::refusal::CommandError;

/// Every list that was seen, and when the log was last asked for more.
#[derive(Clone, Debug, Default)]
pub struct KnownLists {
    lists: Vec<Arc<PriceList>>,
    facts: i64,
    looked_at: Option<Timestamp>,
}

/// Where a list stands among the others at a moment of database time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListState {
    /// Its time has not come.
    Scheduled,
    /// It is the one that counts.
    InForce,
    /// A later one counts.
    Past,
    /// A later one is in force by the time it would be.
    Superseded,
}

impl ListState {
    /// The stable word of answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::InForce => "in_force",
            Self::Past => "past",
            Self::Superseded => "superseded",
        }
    }
}

impl KnownLists {
    /// Every list, in the order of their versions.
    pub fn all(&self) -> &[Arc<PriceList>] {
        &self.lists
    }

    /// The list of this version, if it was seen.
    pub fn version(&self, version: u32) -> Option<&Arc<PriceList>> {
        self.lists.iter().find(|list| list.version == version)
    }

    /// The list in force at this moment, as far as lists are published by now.
    pub fn in_force(&self, at: Timestamp) -> Option<&Arc<PriceList>> {
        price_list::in_force(&self.lists, at)
    }

    /// Where the list stands: what is in force when its own time comes tells whether a later one came before.
    pub fn state(&self, list: &PriceList, now: Timestamp) -> ListState {
        let version_at = |at| self.in_force(at).map(|list| list.version);
        if version_at(list.valid_from).is_some_and(|version| version > list.version) {
            ListState::Superseded
        } else if list.valid_from > now {
            ListState::Scheduled
        } else if version_at(now) == Some(list.version) {
            ListState::InForce
        } else {
            ListState::Past
        }
    }

    pub(super) fn was_looked_at_since(&self, moment: Timestamp) -> bool {
        self.looked_at.is_some_and(|looked_at| looked_at >= moment)
    }

    /// When the log was last asked for more.
    pub(super) const fn looked_at(&self) -> Option<Timestamp> {
        self.looked_at
    }

    /// How many facts of the stream these lists are from.
    pub(super) const fn facts(&self) -> i64 {
        self.facts
    }

    /// These, and what the facts that follow say, which the log was asked for at `looked_at`.
    ///
    /// # Errors
    /// [`CommandError::NeedsNewerCode`] when this code cannot read one of them.
    pub(super) fn with(&self, facts: &[Fact], looked_at: Timestamp) -> Result<Self, CommandError> {
        let mut next = Self {
            looked_at: Some(looked_at),
            ..self.clone()
        };
        for fact in facts {
            next.take(fact)?;
        }
        Ok(next)
    }

    fn take(&mut self, fact: &Fact) -> Result<(), CommandError> {
        let said = AnyEvent::read(
            &fact.aggregate_type,
            &fact.event_type,
            &fact.event_version,
            fact.payload.get(),
        )
        .map_err(unreadable)?;
        let mut lists = PriceLists::default();
        for event in said {
            if let AnyEvent::PriceList(event) = event.as_ref() {
                price_list::evolve::evolve(&mut lists, event.clone());
            }
        }
        for list in lists.all() {
            tracing::info!(
                price_list.version = list.version,
                price_list.valid_from = %list.valid_from,
                "A price list is known"
            );
            self.lists.push(Arc::new(list.clone()));
        }
        self.facts = fact.sequence;
        Ok(())
    }
}

fn unreadable(error: DecodeError) -> CommandError {
    match error {
        DecodeError::Unknown => CommandError::NeedsNewerCode,
        error @ (DecodeError::Malformed(_) | DecodeError::Old(_)) => CommandError::Internal(Box::new(error)),
    }
}
