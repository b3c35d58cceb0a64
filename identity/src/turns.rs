//! Whose turn it is to have a password hashed, when more wait than there are cores.
//!
//! Known devices go first, then networks from which nobody failed of late, then the others; within a rank the networks take turns. So
//! whoever guesses from many networks waits behind everybody else from the first wrong guess on, and one crowded network does not hold
//! up the rest.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// Beyond this many waiting the last of the lowest rank is told to come back: a queue that only grows helps nobody.
const WAITING_MAX: usize = 256;
/// As many of one network.
const WAITING_OF_NETWORK_MAX: usize = 32;

/// How much is to be said for whoever waits; the first goes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// Somebody signed in from this device before, or is signed in now.
    Known,
    /// Nobody failed from this network of late.
    #[default]
    Calm,
    /// Somebody did, as people do who mistype.
    Failing,
    /// Somebody did more often than people mistype.
    Suspect,
}

impl Rank {
    const ALL: [Self; 4] = [Self::Known, Self::Calm, Self::Failing, Self::Suspect];
}

/// Where somebody stands who waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Before whom.
    pub rank: Rank,
    /// From which network, as a number: turns are taken by it.
    pub network: u128,
}

impl Place {
    /// Of somebody who is signed in, or sits at the server itself.
    pub const KNOWN: Self = Self {
        rank: Rank::Known,
        network: 0,
    };
}

/// Too many wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooMany;

/// The queue.
#[derive(Clone, Debug)]
pub(crate) struct Turns {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    free: usize,
    waiting: usize,
    lines: BTreeMap<Rank, Line>,
}

/// Those of one rank: networks in the order of their turns, and who waits in each.
#[derive(Debug, Default)]
struct Line {
    order: VecDeque<u128>,
    of: HashMap<u128, VecDeque<oneshot::Sender<Turn>>>,
}

/// Somebody's turn, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    turns: Turns,
}

impl Turns {
    /// So many at once.
    pub(crate) fn new(at_once: usize) -> Self {
        let state = State {
            free: at_once,
            waiting: 0,
            lines: BTreeMap::new(),
        };
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// [`TooMany`] when there is no place in the queue, or it was lost to somebody of a higher rank.
    pub(crate) async fn take(&self, place: Place) -> Result<Turn, TooMany> {
        let waiting = {
            let mut state = self.lock();
            if state.free > 0 {
                state.free -= 1;
                return Ok(Turn { turns: self.clone() });
            }
            state.join(place)?
        };
        waiting.await.map_err(|_lost| TooMany)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many wait.
    #[cfg(test)]
    fn waiting(&self) -> usize {
        self.lock().waiting
    }
}

impl State {
    fn join(&mut self, place: Place) -> Result<oneshot::Receiver<Turn>, TooMany> {
        let of_network = self
            .lines
            .get(&place.rank)
            .and_then(|line| line.of.get(&place.network))
            .map_or(0, VecDeque::len);
        // The server's own are of no network.
        if place.network != 0 && of_network >= WAITING_OF_NETWORK_MAX {
            return Err(TooMany);
        }
        if self.waiting >= WAITING_MAX && !self.lose_one_below(place.rank) {
            return Err(TooMany);
        }
        let (turn, waiting) = oneshot::channel();
        let line = self.lines.entry(place.rank).or_default();
        let of_network = line.of.entry(place.network).or_default();
        if of_network.is_empty() {
            line.order.push_back(place.network);
        }
        of_network.push_back(turn);
        self.waiting += 1;
        Ok(waiting)
    }

    /// Sends away whoever came last in the lowest rank below this one; false if there is none.
    fn lose_one_below(&mut self, rank: Rank) -> bool {
        let below = Rank::ALL.into_iter().rev().take_while(|lower| *lower > rank);
        for lower in below {
            let lost = self.lines.get_mut(&lower).and_then(Line::last);
            if lost.is_some() {
                self.waiting -= 1;
                return true;
            }
        }
        false
    }

    fn next(&mut self) -> Option<oneshot::Sender<Turn>> {
        let next = Rank::ALL
            .into_iter()
            .find_map(|rank| self.lines.get_mut(&rank).and_then(Line::first))?;
        self.waiting -= 1;
        Some(next)
    }
}

impl Line {
    /// Whoever's network has its turn.
    fn first(&mut self) -> Option<oneshot::Sender<Turn>> {
        let network = self.order.pop_front()?;
        let waiting = self.of.get_mut(&network)?;
        let first = waiting.pop_front();
        if waiting.is_empty() {
            self.of.remove(&network);
        } else {
            self.order.push_back(network);
        }
        first
    }

    /// Whoever would have to wait longest.
    fn last(&mut self) -> Option<oneshot::Sender<Turn>> {
        let network = *self.order.back()?;
        let waiting = self.of.get_mut(&network)?;
        let last = waiting.pop_back();
        if waiting.is_empty() {
            self.of.remove(&network);
            self.order.pop_back();
        }
        last
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut state = self.turns.lock();
        while let Some(next) = state.next() {
            let turn = Self {
                turns: self.turns.clone(),
            };
            match next.send(turn) {
                Ok(()) => return,
                // Gave up waiting; to drop the turn here would ask for the lock that is held.
                Err(unused) => std::mem::forget(unused),
            }
        }
        state.free += 1;
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    type Waiting<'t> = Pin<Box<dyn Future<Output = Result<Turn, TooMany>> + 't>>;

    const fn place(rank: Rank, network: u128) -> Place {
        Place { rank, network }
    }

    /// In the queue, unless there was no place.
    fn queued(turns: &Turns, at: Place) -> Result<Waiting<'_>, TooMany> {
        let mut waiting: Waiting<'_> = Box::pin(turns.take(at));
        match polled(&mut waiting) {
            Poll::Pending => Ok(waiting),
            Poll::Ready(turn) => Err(turn.expect_err("the only turn is taken")),
        }
    }

    fn polled(waiting: &mut Waiting<'_>) -> Poll<Result<Turn, TooMany>> {
        waiting.as_mut().poll(&mut Context::from_waker(Waker::noop()))
    }

    fn taken(turns: &Turns) -> Turn {
        let mut first: Waiting<'_> = Box::pin(turns.take(Place::default()));
        let Poll::Ready(turn) = polled(&mut first) else {
            panic!("the turn is free");
        };
        turn.unwrap()
    }

    /// The order in which they get their turns, one after the other.
    fn order(turn: Turn, waiting: Vec<Waiting<'_>>) -> Vec<usize> {
        let (mut order, mut turn) = (Vec::new(), Some(turn));
        let mut waiting: Vec<(usize, Waiting<'_>)> = waiting.into_iter().enumerate().collect();
        while !waiting.is_empty() {
            drop(turn.take());
            let next = waiting
                .iter_mut()
                .enumerate()
                .find_map(|(at, (_, one))| match polled(one) {
                    Poll::Ready(Ok(next)) => Some((at, next)),
                    Poll::Ready(Err(_)) | Poll::Pending => None,
                });
            let (at, next) = next.expect("somebody has the turn");
            order.push(waiting.remove(at).0);
            turn = Some(next);
        }
        order
    }

    #[test]
    fn known_devices_go_first_and_suspects_last() {
        let turns = Turns::new(1);
        let turn = taken(&turns);
        let ranks = [Rank::Suspect, Rank::Failing, Rank::Calm, Rank::Known];
        let waiting = ranks.map(|rank| queued(&turns, place(rank, 1)).unwrap());
        assert_eq!(order(turn, waiting.into()), [3, 2, 1, 0]);
    }

    #[test]
    fn networks_take_turns() {
        let turns = Turns::new(1);
        let turn = taken(&turns);
        let networks = [1, 1, 1, 2, 3];
        let waiting = networks.map(|network| queued(&turns, place(Rank::Calm, network)).unwrap());
        assert_eq!(order(turn, waiting.into()), [0, 3, 4, 1, 2]);
    }

    #[test]
    fn one_network_does_not_fill_the_queue() {
        let turns = Turns::new(1);
        let _turn = taken(&turns);
        let mut waiting: Vec<_> = (0..WAITING_OF_NETWORK_MAX)
            .map(|_| queued(&turns, place(Rank::Calm, 1)).unwrap())
            .collect();
        assert!(queued(&turns, place(Rank::Calm, 1)).is_err());
        waiting.push(queued(&turns, place(Rank::Calm, 2)).unwrap());
        assert_eq!(turns.waiting(), WAITING_OF_NETWORK_MAX + 1);
    }

    #[test]
    fn a_full_queue_loses_its_lowest_for_whoever_ranks_higher() {
        let turns = Turns::new(1);
        let _turn = taken(&turns);
        let mut suspects: Vec<_> = (1..=WAITING_MAX as u128)
            .map(|network| queued(&turns, place(Rank::Suspect, network)).unwrap())
            .collect();
        assert!(queued(&turns, place(Rank::Suspect, 9_999)).is_err());
        let _calm = queued(&turns, place(Rank::Calm, 9_999)).unwrap();
        let lost = suspects.last_mut().unwrap();
        assert!(matches!(polled(lost), Poll::Ready(Err(TooMany))));
        assert_eq!(turns.waiting(), WAITING_MAX);
    }

    #[test]
    fn whoever_gives_up_holds_up_nobody() {
        let turns = Turns::new(1);
        let turn = taken(&turns);
        let gone = queued(&turns, place(Rank::Known, 1)).unwrap();
        let stays = queued(&turns, place(Rank::Calm, 2)).unwrap();
        drop(gone);
        assert_eq!(order(turn, vec![stays]), [0]);
        // The turn is free again.
        drop(taken(&turns));
        drop(taken(&turns));
    }

    #[test]
    fn a_turn_that_came_too_late_is_passed_on() {
        let turns = Turns::new(1);
        let turn = taken(&turns);
        let late = queued(&turns, place(Rank::Calm, 1)).unwrap();
        drop(turn);
        drop(late);
        drop(taken(&turns));
    }
}
