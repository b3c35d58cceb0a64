//! What changed lately in the log, by whomever: a stream kept in memory is known to be current without being read again. One
//! question to the database does for all who ask at once.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::Position;
use crate::error::LogError;
use crate::stream_name::StreamName;

/// So many facts are remembered. What was read before the oldest of them must be read again to be believed.
const REMEMBERED_MAX: usize = 32_768;

/// A process that missed this many facts forgets what it knew rather than read them all.
pub(crate) const MISSED_MAX: usize = 8_192;

/// What the log holds behind a position.
pub(crate) enum News {
    /// All of it, in order: each fact's position, its stream's hash, and the version it brought that to.
    Facts(Vec<(Position, u64, i64)>),
    /// [`MISSED_MAX`] facts or more; the log ends at `head`.
    TooMany { head: Position },
}

/// The streams that changed in the last [`REMEMBERED_MAX`] facts.
pub(crate) struct RecentChanges {
    changes: Mutex<Changes>,
    /// How many questions were begun.
    asked: AtomicU64,
    answered: tokio::sync::Mutex<Answered>,
}

/// The last question that was answered, by its number, and how.
struct Answered {
    number: u64,
    outcome: Result<(), LogError>,
}

struct Changes {
    /// Nothing is known of what changed at or before this position.
    horizon: Position,
    /// Every fact behind the horizon and up to here is known.
    seen: Position,
    in_order: VecDeque<(Position, u64)>,
    /// Stream → where it changed last, and to which version.
    streams: HashMap<u64, Change>,
}

#[derive(Clone, Copy)]
struct Change {
    position: Position,
    version: i64,
}

impl RecentChanges {
    /// Nothing has changed yet since the log ended at `head`.
    pub fn since(head: Position) -> Self {
        Self {
            changes: Mutex::new(Changes {
                horizon: head,
                seen: head,
                in_order: VecDeque::new(),
                streams: HashMap::new(),
            }),
            asked: AtomicU64::new(0),
            answered: tokio::sync::Mutex::new(Answered {
                number: 0,
                outcome: Ok(()),
            }),
        }
    }

    /// Up to where every fact is known. What is read from the database from now on is not older.
    pub fn seen(&self) -> Position {
        self.lock().seen
    }

    /// Whether a stream that was at `version` when the log had reached `as_of` is still so, as far as [`Self::seen`] goes.
    pub fn is_current(&self, stream: u64, version: i64, as_of: Position) -> bool {
        let changes = self.lock();
        as_of >= changes.horizon
            && changes
                .streams
                .get(&stream)
                .is_none_or(|change| change.version <= version)
    }

    /// This process appended facts of these streams and sequences, the first of them at `first`.
    pub fn appended<'a>(&self, first: Position, facts: impl Iterator<Item = (&'a StreamName, i64)>) {
        let mut changes = self.lock();
        if first != changes.seen + 1 {
            return; // Others appended before: the next question finds theirs, and these.
        }
        for (position, (name, sequence)) in (first..).zip(facts) {
            changes.add(position, name.bookkeeping_hash(), sequence);
        }
    }

    /// Learns of every fact that stands in the log now, and answers how far the log has come. Whoever asks while somebody else is
    /// asking shares the next answer. `read` answers what came after a position.
    ///
    /// # Errors
    /// [`LogError`] when the log cannot be read.
    pub async fn catch_up<F>(&self, read: impl FnOnce(Position) -> F) -> Result<Position, LogError>
    where
        F: Future<Output = Result<News, LogError>>,
    {
        let arrived = self.asked.load(Ordering::Acquire);
        let mut answered = self.answered.lock().await;
        if answered.number <= arrived {
            let number = self.asked.fetch_add(1, Ordering::AcqRel) + 1;
            let outcome = read(self.seen()).await.map(|news| self.take(news));
            *answered = Answered { number, outcome };
        }
        answered.outcome.clone().map(|()| self.seen())
    }

    fn take(&self, news: News) {
        let mut changes = self.lock();
        match news {
            News::Facts(facts) => {
                for (position, stream, version) in facts {
                    if position > changes.seen {
                        changes.add(position, stream, version);
                    }
                }
            }
            News::TooMany { head } => changes.forget(head),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Changes> {
        // Nothing in there panics half-way.
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Changes {
    fn add(&mut self, position: Position, stream: u64, version: i64) {
        if self.in_order.len() >= REMEMBERED_MAX
            && let Some((oldest, its_stream)) = self.in_order.pop_front()
        {
            self.horizon = oldest;
            if self
                .streams
                .get(&its_stream)
                .is_some_and(|change| change.position == oldest)
            {
                self.streams.remove(&its_stream);
            }
        }
        self.in_order.push_back((position, stream));
        let change = self.streams.entry(stream).or_insert(Change { position, version });
        change.position = position;
        // Two streams of one hash look changed when either is; never unchanged.
        change.version = change.version.max(version);
        self.seen = position;
    }

    fn forget(&mut self, head: Position) {
        if head > self.seen {
            self.in_order.clear();
            self.streams.clear();
            self.horizon = head;
            self.seen = head;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Nothing;

    fn name(id: &str) -> StreamName {
        StreamName::of::<Nothing>(id, id)
    }

    #[test]
    fn a_stream_is_current_until_somebody_changes_it() {
        let changes = RecentChanges::since(10);
        let (a, b) = (name("a"), name("b"));
        assert!(changes.is_current(a.bookkeeping_hash(), 3, 10));
        changes.appended(11, [(&a, 4), (&b, 1)].into_iter());
        assert_eq!(changes.seen(), 12);
        assert!(!changes.is_current(a.bookkeeping_hash(), 3, 10));
        assert!(changes.is_current(a.bookkeeping_hash(), 4, 11));
        assert!(changes.is_current(b.bookkeeping_hash(), 1, 12));
    }

    #[test]
    fn what_was_appended_behind_a_gap_waits_for_the_gap_to_be_read() {
        let changes = RecentChanges::since(10);
        changes.appended(12, [(&name("a"), 1)].into_iter());
        assert_eq!(changes.seen(), 10);
    }

    #[test]
    fn what_was_read_before_all_that_is_remembered_is_not_believed() {
        let changes = RecentChanges::since(0);
        let (quiet, busy) = (name("quiet"), name("busy"));
        assert!(changes.is_current(quiet.bookkeeping_hash(), 1, 0));
        for position in (1..).take(REMEMBERED_MAX + 1) {
            changes.appended(position, [(&busy, position)].into_iter());
        }
        assert!(!changes.is_current(quiet.bookkeeping_hash(), 1, 0));
        assert!(changes.is_current(quiet.bookkeeping_hash(), 1, 1));
        assert!(!changes.is_current(busy.bookkeeping_hash(), 5, 5));
    }

    #[test]
    fn whoever_missed_too_much_believes_nothing_read_before() {
        let changes = RecentChanges::since(5);
        changes.lock().forget(900);
        assert!(!changes.is_current(name("a").bookkeeping_hash(), 1, 899));
        assert!(changes.is_current(name("a").bookkeeping_hash(), 1, 900));
        changes.lock().forget(20);
        assert_eq!(changes.seen(), 900, "never backwards");
    }
}
