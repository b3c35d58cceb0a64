//! The last of what happened to whom, bounded, by account.

use std::collections::{HashMap, VecDeque};

use domain::ids::AccountId;
use event_store::Position;

use super::Lookup;
use super::change::{Change, LiveEvent};

/// So many changes are remembered, about half a kilobyte each.
const REMEMBERED_MAX: usize = 16_384;

/// What happened behind one position up to another.
#[derive(Debug)]
pub struct Memory {
    /// Every change behind this position is remembered.
    horizon: Position,
    /// Every fact up to here has been looked at.
    reached: Position,
    changes: VecDeque<Change>,
    /// The number of the oldest change there; each has the next number.
    first: u64,
    /// Account → the numbers of what is told to it, in order.
    by_account: HashMap<AccountId, VecDeque<u64>>,
    remembered_max: usize,
}

impl Default for Memory {
    fn default() -> Self {
        Self::behind(0)
    }
}

impl Memory {
    /// Nothing yet of what came behind this position.
    pub fn behind(position: Position) -> Self {
        Self::bounded(position, REMEMBERED_MAX)
    }

    pub(super) fn bounded(position: Position, remembered_max: usize) -> Self {
        Self {
            horizon: position,
            reached: position,
            changes: VecDeque::new(),
            first: 0,
            by_account: HashMap::new(),
            remembered_max,
        }
    }

    /// What is told to an account behind a position.
    pub fn lookup(&self, account: AccountId, after: Position) -> Lookup {
        if after < self.horizon {
            return Lookup::Forgotten;
        }
        let numbers = self.by_account.get(&account).into_iter().flatten();
        let mut told: Vec<LiveEvent> = numbers
            .rev()
            .map_while(|number| self.changes.get(usize::try_from(number - self.first).ok()?))
            .take_while(|change| change.position > after)
            .filter_map(|change| change.event_for(account))
            .collect();
        told.reverse();
        Lookup::Events(told, self.reached)
    }

    /// What the facts up to a position changed, in order.
    pub fn add(&mut self, upto: Position, changes: Vec<Change>) {
        for change in changes {
            if self.changes.len() >= self.remembered_max {
                self.forget_oldest();
            }
            let number = self.first + self.changes.len() as u64;
            for account in change.accounts() {
                self.by_account.entry(account).or_default().push_back(number);
            }
            self.changes.push_back(change);
        }
        self.reached = upto.max(self.reached);
    }

    fn forget_oldest(&mut self) {
        let Some(oldest) = self.changes.pop_front() else {
            return;
        };
        self.first += 1;
        self.horizon = oldest.position;
        for account in oldest.accounts() {
            if let Some(numbers) = self.by_account.get_mut(&account) {
                numbers.pop_front();
                if numbers.is_empty() {
                    self.by_account.remove(&account);
                }
            }
        }
    }

    /// How many accounts something is remembered of.
    #[cfg(test)]
    pub fn accounts(&self) -> usize {
        self.by_account.len()
    }
}
