//! The feed of a process: what happens to whom, worked out once for all its live streams. However many watch, the log is read once; whom
//! a fact concerns is judged by how things stood then, and the last of it is remembered, so that whoever comes back soon misses nothing.

mod bookings;
mod change;
mod listeners;
mod memory;
mod reader;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use domain::ids::AccountId;
use event_store::{EventLog, Position};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::problem::{Code, Problem};
use change::Change;
pub use change::LiveEvent;
pub use listeners::Listener;
use listeners::Listeners;
use memory::Memory;

/// How long a new stream waits for the feed to come up with the log.
const READY_WITHIN: Duration = Duration::from_secs(5);

/// What happens to whom, as far as this process knows; cheap to clone.
#[derive(Clone, Default)]
pub struct Feed(Arc<Shared>);

#[derive(Default)]
struct Shared {
    memory: RwLock<Memory>,
    listeners: Listeners,
    state: watch::Sender<State>,
    started: AtomicBool,
}

/// How far the feed is to be relied on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Nobody listened, or it is on its way to where the log ends.
    #[default]
    Behind,
    /// It knows what had happened when somebody began to listen, and follows.
    Following,
    /// It met a fact that this program cannot read, and tells nothing more: better no stream than one with a hole.
    NeedsNewerCode,
    /// The log is another one, or the process stops.
    Over,
}

/// What there is for somebody behind a position.
#[derive(Debug)]
pub enum Lookup {
    /// In order; and how far that goes, though the last of it may be somebody else's.
    Events(Vec<LiveEvent>, Position),
    /// What came directly behind the position is forgotten.
    Forgotten,
    /// Nothing more will be told here.
    Over,
}

impl Feed {
    /// Begins to listen for what happens to an account, or to a booking; starts the feed, if nobody listened.
    pub fn listen(&self, about: Uuid, log: &EventLog, stop: CancellationToken) -> Listener {
        let listener = self.0.listeners.add(about);
        if !self.0.started.swap(true, Ordering::AcqRel) {
            let reading = reader::run(self.clone(), log.clone(), stop);
            #[expect(
                clippy::disallowed_methods,
                reason = "it ends with the process' streams, by the same token"
            )]
            tokio::spawn(reading);
        }
        listener
    }

    /// Waits until the feed knows all that had happened when somebody began to listen.
    ///
    /// # Errors
    /// `needs_newer_code`, `unavailable`.
    pub async fn ready(&self) -> Result<(), Problem> {
        let mut states = self.0.state.subscribe();
        let known = states.wait_for(|state| *state != State::Behind);
        let state = match tokio::time::timeout(READY_WITHIN, known).await {
            Ok(Ok(state)) => *state,
            Ok(Err(_)) | Err(_) => State::Behind,
        };
        match state {
            State::Following => Ok(()),
            State::NeedsNewerCode => Err(Problem::plain(Code::NeedsNewerCode)),
            State::Behind | State::Over => Err(Problem::plain(Code::Unavailable)),
        }
    }

    /// What happened to an account behind a position.
    pub fn lookup(&self, account: AccountId, after: Position) -> Lookup {
        match *self.0.state.borrow() {
            State::Behind | State::Following => self.read(|memory| memory.lookup(account, after)),
            State::NeedsNewerCode | State::Over => Lookup::Over,
        }
    }

    fn read<T>(&self, look: impl FnOnce(&Memory) -> T) -> T {
        // A panic elsewhere while writing leaves a memory that is still one.
        look(&self.0.memory.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write<T>(&self, change: impl FnOnce(&mut Memory) -> T) -> T {
        change(&mut self.0.memory.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// Forgets everything, and goes on behind a position.
    fn begin_behind(&self, position: Position) {
        self.write(|memory| *memory = Memory::behind(position));
        self.0.listeners.notify_all();
    }

    /// Remembers what the facts up to a position did to whom, and wakes those who listen for it, or for the bookings themselves.
    fn publish(&self, upto: Position, changes: Vec<Change>, bookings: impl Iterator<Item = Uuid>) {
        let accounts: Vec<Uuid> = changes
            .iter()
            .flat_map(Change::accounts)
            .map(AccountId::uuid)
            .collect();
        self.write(|memory| memory.add(upto, changes));
        self.0.listeners.notify(accounts.into_iter().chain(bookings));
    }

    fn enter(&self, state: State) {
        self.0.state.send_replace(state);
        match state {
            State::Behind | State::Following => {}
            State::NeedsNewerCode | State::Over => self.0.listeners.notify_all(),
        }
    }
}
