//! Locks that keep the commands of one process off each other's streams, so that they seldom decide in vain; what is right,
//! the versions alone decide.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::{Mutex, Notify, OwnedMutexGuard};

use crate::stream_name::StreamName;

/// Streams share this many locks by hash. Two streams that share one merely wait for each other now and then.
const STRIPES: usize = 16_384;

/// The locks of this process, and how much of what was decided under each is still on its way into the log.
pub(crate) struct StreamLocks {
    turns: Box<[Arc<Mutex<()>>]>,
    on_their_way: Box<[AtomicU32]>,
    arrived: Notify,
}

impl Default for StreamLocks {
    fn default() -> Self {
        Self {
            turns: (0..STRIPES).map(|_| Arc::default()).collect(),
            on_their_way: (0..STRIPES).map(|_| AtomicU32::new(0)).collect(),
            arrived: Notify::new(),
        }
    }
}

impl StreamLocks {
    /// Waits for the locks of all these streams. They are taken in one order everywhere, so nobody waits in a
    /// circle.
    pub async fn lock_all(&self, names: impl Iterator<Item = &StreamName>) -> StreamGuards {
        let mut stripes: Vec<usize> = names.map(stripe).collect();
        stripes.sort_unstable();
        stripes.dedup();
        let mut guards = StreamGuards::default();
        for stripe in stripes {
            if let Some(turn) = self.turns.get(stripe) {
                guards.0.push((stripe, Arc::clone(turn).lock_owned().await));
            }
        }
        guards
    }

    /// Something that was decided about this stream is on its way into the log.
    pub fn set_out(&self, name: &StreamName) {
        if let Some(count) = self.on_their_way.get(stripe(name)) {
            count.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// It has arrived there, or never will.
    pub fn arrive(&self, name: &StreamName) {
        if let Some(count) = self.on_their_way.get(stripe(name))
            && count.fetch_sub(1, Ordering::AcqRel) == 1
        {
            self.arrived.notify_waiters();
        }
    }

    /// Waits until nothing is on its way that was decided before about the streams whose turns are held.
    pub async fn settled(&self, held: &StreamGuards) {
        loop {
            let mut arrived = std::pin::pin!(self.arrived.notified());
            arrived.as_mut().enable();
            let is_on_its_way = |stripe: &usize| {
                let count = self.on_their_way.get(*stripe);
                count.is_some_and(|count| count.load(Ordering::Acquire) > 0)
            };
            if !held.0.iter().any(|(stripe, _)| is_on_its_way(stripe)) {
                return;
            }
            arrived.await;
        }
    }
}

/// Locks held until dropped.
#[derive(Default)]
pub(crate) struct StreamGuards(pub Vec<(usize, OwnedMutexGuard<()>)>);

impl StreamGuards {
    /// Takes one more lock if nobody has it; never waits, so the order of taking does not matter.
    pub fn try_lock_more(&mut self, locks: &StreamLocks, name: &StreamName) -> bool {
        let stripe = stripe(name);
        if self.0.iter().any(|(held, _)| *held == stripe) {
            return true;
        }
        let Some(Ok(guard)) = locks
            .turns
            .get(stripe)
            .map(|lock| Arc::clone(lock).try_lock_owned())
        else {
            return false;
        };
        self.0.push((stripe, guard));
        true
    }

    /// Whether the stream's turn is among them.
    pub fn hold(&self, name: &StreamName) -> bool {
        let stripe = stripe(name);
        self.0.iter().any(|(held, _)| *held == stripe)
    }
}

fn stripe(name: &StreamName) -> usize {
    usize::try_from(name.bookkeeping_hash() % (STRIPES as u64)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;
    use crate::testing::Nothing;

    fn name(id: &str) -> StreamName {
        StreamName::of::<Nothing>(id, id)
    }

    #[test]
    fn locks_are_given_first_come_first_served_and_nobody_barges_in() {
        let locks = StreamLocks::default();
        let (a, b) = (name("a"), name("b"));
        let first = locks.lock_all([&a].into_iter()).now_or_never().unwrap();
        let mut second = Box::pin(locks.lock_all([&b, &a].into_iter()));
        let mut third = Box::pin(locks.lock_all([&a].into_iter()));
        assert!(second.as_mut().now_or_never().is_none());
        assert!(third.as_mut().now_or_never().is_none());
        drop(first);
        assert!(
            !StreamGuards::default().try_lock_more(&locks, &a),
            "the next one waits for it"
        );
        assert!(third.as_mut().now_or_never().is_none());
        let second = second.now_or_never().unwrap();
        drop(second);
        assert!(third.now_or_never().is_some());
    }

    #[test]
    fn who_needs_the_truth_waits_for_what_was_decided_before_and_for_nothing_else() {
        let locks = StreamLocks::default();
        let (a, b) = (name("a"), name("b"));
        let held = locks.lock_all([&a].into_iter()).now_or_never().unwrap();
        locks.set_out(&b);
        assert!(locks.settled(&held).now_or_never().is_some());
        locks.set_out(&a);
        locks.set_out(&a);
        let mut settled = Box::pin(locks.settled(&held));
        assert!(settled.as_mut().now_or_never().is_none());
        locks.arrive(&a);
        assert!(settled.as_mut().now_or_never().is_none());
        locks.arrive(&a);
        assert!(settled.now_or_never().is_some());
    }

    #[test]
    fn a_turn_already_held_is_held_once() {
        let locks = StreamLocks::default();
        let (a, b) = (name("a"), name("b"));
        let mut guards = locks.lock_all([&a, &a].into_iter()).now_or_never().unwrap();
        assert!(guards.try_lock_more(&locks, &a));
        assert!(guards.try_lock_more(&locks, &b));
        assert_eq!(guards.0.len(), 2);
    }
}
