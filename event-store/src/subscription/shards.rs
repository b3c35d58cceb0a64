//! What a worker knows of the shards it holds: how far each has come, and whether a message is the next one.

use std::collections::HashMap;

use super::leases::LeasedShard;
use crate::{Fact, Position, SHARDS};

/// What to do with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OfferResult {
    /// It is the next fact of its shard.
    Next,
    /// Applied or taken already.
    Old,
    /// Facts between the shard's position and this one are missing: the log has them.
    Gap,
    /// Of a shard this worker does not hold.
    NotHeld,
}

/// One held shard.
#[derive(Clone, Debug)]
pub(crate) struct OwnedShard {
    /// The fence under which it is held.
    pub fence: i64,
    /// The stored checkpoint.
    pub committed: Position,
    /// Facts it has moved over, ever.
    pub applied: i64,
    /// The last fact taken, committed or not.
    pub known: Position,
    /// The log has more that will not come over the bus.
    pub behind: bool,
    /// The shard's head in the log at the last comparison.
    head_then: Position,
    /// `known` at the last comparison.
    known_then: Position,
}

/// The shards a worker holds, and the keys parked in them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shards {
    owned: Vec<Option<OwnedShard>>,
    /// Partition key → position from which its facts wait.
    pub parked: HashMap<String, Position>,
}

/// How a comparison with the log's heads is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CatchUpPolicy {
    /// Whatever is in the log and not here is missing.
    None,
    /// What came into the log since the last comparison may still be on its way over the bus.
    OneRound,
}

impl Shards {
    /// Takes over what the database says is held; answers whether the set of shards changed.
    pub fn hold(&mut self, rows: &[LeasedShard]) -> bool {
        let mut next = vec![None; usize::from(SHARDS.unsigned_abs())];
        for &LeasedShard {
            shard,
            position,
            fence,
            applied,
        } in rows
        {
            let kept = self
                .get(shard)
                .filter(|owned| owned.fence == fence && owned.committed == position);
            let owned = kept.cloned().unwrap_or(OwnedShard {
                fence,
                committed: position,
                applied,
                known: position,
                behind: true,
                head_then: 0,
                known_then: position,
            });
            if let Some(place) = next.get_mut(index(shard)) {
                *place = Some(owned);
            }
        }
        let before: Vec<i16> = self.numbers();
        self.owned = next;
        before != self.numbers()
    }

    /// Whether this shard is held already, and was not lost meanwhile.
    pub fn has(&self, leased: &LeasedShard) -> bool {
        self.get(leased.shard)
            .is_some_and(|owned| owned.fence == leased.fence)
    }

    /// Forgets everything: the next [`Shards::hold`] starts from the stored checkpoints.
    pub fn clear(&mut self) {
        self.owned.clear();
        self.parked.clear();
    }

    /// The numbers of the held shards, in order.
    pub fn numbers(&self) -> Vec<i16> {
        self.all().map(|(shard, _)| shard).collect()
    }

    /// Every held shard with its number, in order.
    pub fn all(&self) -> impl Iterator<Item = (i16, &OwnedShard)> {
        (0_i16..)
            .zip(&self.owned)
            .filter_map(|(shard, owned)| owned.as_ref().map(|owned| (shard, owned)))
    }

    /// One held shard.
    pub fn get(&self, shard: i16) -> Option<&OwnedShard> {
        self.owned.get(index(shard)).and_then(Option::as_ref)
    }

    fn get_mut(&mut self, shard: i16) -> Option<&mut OwnedShard> {
        self.owned.get_mut(index(shard)).and_then(Option::as_mut)
    }

    /// Judges a message, and takes it when it is the next one.
    pub fn offer(&mut self, shard: i16, before: Position, position: Position) -> OfferResult {
        let Some(owned) = self.get_mut(shard) else {
            return OfferResult::NotHeld;
        };
        if position <= owned.known {
            return OfferResult::Old;
        }
        if before > owned.known {
            owned.behind = true;
            return OfferResult::Gap;
        }
        owned.known = position;
        OfferResult::Next
    }

    /// Takes what was read from the log for one shard, up to `last`; `complete` when the log had no more.
    pub fn took_from_log(&mut self, shard: i16, last: Option<Position>, complete: bool) {
        if let Some(owned) = self.get_mut(shard) {
            owned.known = last.map_or(owned.known, |last| last.max(owned.known));
            owned.behind = !complete;
        }
    }

    /// Compares with the log's heads; answers how many shards miss something.
    pub fn compare(&mut self, heads: &[(i16, Position)], catch_up_policy: CatchUpPolicy) -> usize {
        let mut missing = 0;
        for &(shard, head) in heads {
            let Some(owned) = self.get_mut(shard) else {
                continue;
            };
            let overdue = match catch_up_policy {
                CatchUpPolicy::None => true,
                CatchUpPolicy::OneRound => owned.head_then > owned.known || owned.known_then == owned.known,
            };
            if head > owned.known && overdue {
                owned.behind = true;
                missing += 1;
            }
            owned.head_then = head;
            owned.known_then = owned.known;
        }
        missing
    }

    /// Whether everything up to these heads of the log was taken.
    pub fn have(&self, heads: &[(i16, Position)]) -> bool {
        heads
            .iter()
            .all(|&(shard, head)| self.get(shard).is_none_or(|owned| owned.known >= head))
    }

    /// Whether all that was found for this shard so far is committed (also when it is not held).
    pub fn is_done(&self, shard: i16) -> bool {
        self.get(shard)
            .is_none_or(|owned| !owned.behind && owned.known == owned.committed)
    }

    /// The shards to be read from the log, each with the position to read after.
    pub fn behind(&self) -> Vec<(i16, Position)> {
        self.all()
            .filter(|(_, owned)| owned.behind)
            .map(|(shard, owned)| (shard, owned.known))
            .collect()
    }

    /// Moves the checkpoints over these facts; answers which shards they are of.
    pub fn move_over(&mut self, facts: &[Fact]) -> Vec<i16> {
        let mut moved = Vec::new();
        for fact in facts {
            if let Some(owned) = self.get_mut(fact.shard) {
                owned.committed = fact.position;
                owned.applied += 1;
                if !moved.contains(&fact.shard) {
                    moved.push(fact.shard);
                }
            }
        }
        moved
    }

    /// The checkpoint of every shard in order; 0 for those not held.
    pub fn positions(&self) -> Vec<Position> {
        self.of_each(|owned| owned.committed)
    }

    /// How many facts the checkpoint of every shard has moved over; 0 for those not held.
    pub fn applied(&self) -> Vec<i64> {
        self.of_each(|owned| owned.applied)
    }

    fn of_each(&self, figure: impl Fn(&OwnedShard) -> i64) -> Vec<i64> {
        (0..SHARDS)
            .map(|shard| self.get(shard).map_or(0, &figure))
            .collect()
    }

    /// Drops what was taken but not committed: it will be read from the log again.
    pub fn take_back(&mut self, shard: i16) {
        if let Some(owned) = self.get_mut(shard) {
            owned.known = owned.committed;
            owned.behind = true;
        }
    }
}

fn index(shard: i16) -> usize {
    usize::try_from(shard).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leased(shard: i16, position: Position, fence: i64) -> LeasedShard {
        LeasedShard {
            shard,
            position,
            fence,
            applied: 0,
        }
    }

    fn holding(shard: i16, position: Position) -> Shards {
        let mut shards = Shards::default();
        shards.hold(&[leased(shard, position, 1)]);
        shards.took_from_log(shard, None, true);
        shards
    }

    #[test]
    fn only_the_next_message_of_a_held_shard_is_taken() {
        let mut shards = holding(3, 10);
        assert_eq!(shards.offer(4, 10, 11), OfferResult::NotHeld);
        assert_eq!(shards.offer(3, 7, 10), OfferResult::Old);
        assert_eq!(shards.offer(3, 12, 15), OfferResult::Gap);
        assert_eq!(shards.behind(), [(3, 10)]);
        assert_eq!(shards.offer(3, 10, 12), OfferResult::Next);
        assert_eq!(shards.offer(3, 10, 12), OfferResult::Old);
        assert_eq!(shards.offer(3, 12, 15), OfferResult::Next);
    }

    #[test]
    fn a_checkpoint_between_two_facts_of_a_shard_takes_the_later_one() {
        // A process starts at the log's head, which is seldom a fact of this shard.
        let mut shards = holding(0, 100);
        assert_eq!(shards.offer(0, 90, 101), OfferResult::Next);
    }

    #[test]
    fn what_may_still_be_on_its_way_is_given_one_round() {
        let mut shards = holding(0, 10);
        shards.compare(&[(0, 10)], CatchUpPolicy::OneRound);
        assert_eq!(shards.offer(0, 10, 12), OfferResult::Next);
        assert_eq!(
            shards.compare(&[(0, 14)], CatchUpPolicy::OneRound),
            0,
            "it moves, so the rest may be coming"
        );
        assert_eq!(shards.offer(0, 12, 13), OfferResult::Next);
        assert_eq!(
            shards.compare(&[(0, 20)], CatchUpPolicy::OneRound),
            1,
            "14 was there a round ago"
        );
        assert_eq!(shards.behind(), [(0, 13)]);
    }

    #[test]
    fn a_stolen_and_retaken_shard_starts_from_its_stored_checkpoint() {
        let mut shards = holding(5, 10);
        assert_eq!(shards.offer(5, 10, 12), OfferResult::Next);
        assert!(
            !shards.hold(&[leased(5, 10, 1)]),
            "the same lease keeps what was taken"
        );
        assert_eq!(shards.get(5).map(|owned| owned.known), Some(12));
        shards.hold(&[leased(5, 11, 3)]);
        assert_eq!(
            shards.get(5).map(|owned| (owned.known, owned.behind)),
            Some((11, true))
        );
        assert!(shards.hold(&[]));
        assert_eq!(shards.offer(5, 11, 12), OfferResult::NotHeld);
    }
}
