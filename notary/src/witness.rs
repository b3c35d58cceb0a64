//! What a witness accepts: somebody outside who keeps the last head of each log, so that the log can only grow.
//!
//! Pure: whoever runs a witness keeps its heads (its JSON), fetches new ones with their consistency proofs and decides here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Hash;
use crate::head::{HeadRefusal, SignedTreeHead, TreeHead};
use crate::key::PublicKey;
use crate::tree::{ConsistencyRefusal, verify_consistency};

/// The last head it saw of each log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Witness {
    seen: BTreeMap<Uuid, SignedTreeHead>,
}

/// What an accepted head is to the witness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acceptance {
    /// The first of its log: from here on the log can only grow.
    First,
    /// The tree it had already.
    Same,
    /// A larger tree that begins with the one it had.
    Grown,
}

impl Witness {
    /// The last head it saw of a log.
    pub fn last_seen(&self, log_id: Uuid) -> Option<&SignedTreeHead> {
        self.seen.get(&log_id)
    }

    /// Takes back a head that it accepted before and that was kept for it elsewhere; nothing of it is looked at.
    pub fn remember(&mut self, accepted: SignedTreeHead) {
        self.seen.insert(accepted.unverified().log_id, accepted);
    }

    /// The logs beside this head's whose last head the same key signed: of a restored or cloned database, or of one that was rewritten
    /// under another name.
    pub fn other_logs_of_key(&self, head: &SignedTreeHead) -> impl Iterator<Item = Uuid> {
        let (log_id, key_id) = (head.unverified().log_id, head.key_id());
        let of_key =
            move |(other, seen): &(&Uuid, &SignedTreeHead)| **other != log_id && seen.key_id() == key_id;
        self.seen.iter().filter(of_key).map(|(other, _)| *other)
    }

    /// Accepts a head of a log, or refuses it and keeps what it had.
    ///
    /// `proof` shows that the tree it saw last is the beginning of the offered one: `PROOF(last seen size, offered size)`,
    /// empty when there is no last or the size is the same.
    ///
    /// # Errors
    /// See [`WitnessRefusal`].
    pub fn observe(
        &mut self,
        offered: &SignedTreeHead,
        proof: &[Hash],
        key: &PublicKey,
    ) -> Result<Acceptance, WitnessRefusal> {
        let head = offered.verify(key)?;
        let Some(seen) = self.seen.get(&head.log_id) else {
            self.seen.insert(head.log_id, *offered);
            return Ok(Acceptance::First);
        };
        let acceptance = judge(seen, offered, head, proof)?;
        // A repeated head that is older says nothing new.
        if acceptance == Acceptance::Grown || head.time_us > seen.unverified().time_us {
            self.seen.insert(head.log_id, *offered);
        }
        Ok(acceptance)
    }
}

/// Whether a tree that was verified can follow the one that was seen.
fn judge(
    seen: &SignedTreeHead,
    offered: &SignedTreeHead,
    head: &TreeHead,
    proof: &[Hash],
) -> Result<Acceptance, WitnessRefusal> {
    let last = seen.unverified(); // It was verified when it was accepted.
    if head.tree_size < last.tree_size {
        return Err(WitnessRefusal::Stale {
            seen: last.tree_size,
            offered: head.tree_size,
        });
    }
    if head.tree_size == last.tree_size {
        return if head.root_hash == last.root_hash {
            Ok(Acceptance::Same)
        } else {
            Err(WitnessRefusal::Fork(Box::new(Fork {
                seen: *seen,
                offered: *offered,
            })))
        };
    }
    let (first, second) = (last.tree_size, head.tree_size);
    verify_consistency(first, second, proof, &last.root_hash, &head.root_hash)
        .map(|()| Acceptance::Grown)
        .map_err(|why| WitnessRefusal::Inconsistent {
            seen: first,
            offered: second,
            why,
        })
}

/// Two heads of one log that cannot both be true, signed by the same key: whoever holds them can show the fork to anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fork {
    /// The one that was seen first.
    pub seen: SignedTreeHead,
    /// The one with the same size and another root hash.
    pub offered: SignedTreeHead,
}

/// Why a head is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WitnessRefusal {
    /// It is not a head of the notary that is trusted.
    #[error(transparent)]
    Head(#[from] HeadRefusal),
    /// A smaller tree than the one that was seen: an old head, or a log that lost facts.
    #[error("a head of {offered} facts after one of {seen}")]
    Stale {
        /// The number of leaves seen last.
        seen: u64,
        /// The number of leaves offered.
        offered: u64,
    },
    /// Two trees of the same size: the log has two histories.
    #[error("another root hash for the same {} facts", .0.seen.unverified().tree_size)]
    Fork(Box<Fork>),
    /// A larger tree that was not shown to begin with the one that was seen: the proof is wrong, or the log was rewritten.
    #[error("a head of {offered} facts does not follow from the one of {seen}")]
    Inconsistent {
        /// The number of leaves seen last.
        seen: u64,
        /// The number of leaves offered.
        offered: u64,
        /// What the proof lacks.
        #[source]
        why: ConsistencyRefusal,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::PrivateKey;
    use crate::tree::{Frontier, NodeId, consistency_proof, root_at};

    struct Log {
        nodes: BTreeMap<NodeId, Hash>,
        key: PrivateKey,
    }

    impl Log {
        /// A log of eight facts, of which those from `changed` on are others than in the plain one.
        fn new(changed: u64) -> Self {
            let (mut frontier, mut nodes) = (Frontier::default(), BTreeMap::new());
            for fact in 0..8 {
                let fact = if fact < changed { fact } else { fact + 100 };
                frontier.append(Hash::of_leaf(&fact.to_be_bytes()), |id, hash| {
                    nodes.insert(id, hash);
                });
            }
            let key = PrivateKey::from_seed(&[1; 32]);
            Self { nodes, key }
        }

        fn head(&self, tree_size: u64) -> SignedTreeHead {
            let head = TreeHead {
                log_id: Uuid::from_u128(1),
                tree_size,
                root_hash: root_at(&self.nodes, tree_size).unwrap(),
                position: tree_size.try_into().unwrap(),
                time_us: 1_000,
            };
            head.sign(&self.key)
        }

        fn proof(&self, first: u64, second: u64) -> Vec<Hash> {
            consistency_proof(&self.nodes, first, second).unwrap()
        }

        fn show(&self, witness: &mut Witness, first: u64, second: u64) -> Result<Acceptance, WitnessRefusal> {
            let proof = self.proof(first, second);
            witness.observe(&self.head(second), &proof, &self.key.public())
        }
    }

    #[test]
    fn a_log_may_stand_still_or_grow() {
        let (log, mut witness) = (Log::new(8), Witness::default());
        assert_eq!(log.show(&mut witness, 0, 0), Ok(Acceptance::First));
        assert_eq!(log.show(&mut witness, 0, 3), Ok(Acceptance::Grown));
        assert_eq!(log.show(&mut witness, 3, 3), Ok(Acceptance::Same));
        assert_eq!(log.show(&mut witness, 3, 8), Ok(Acceptance::Grown));
        assert_eq!(witness.last_seen(Uuid::from_u128(1)), Some(&log.head(8)));
    }

    #[test]
    fn of_two_heads_of_one_tree_the_later_is_kept() {
        let (log, mut witness) = (Log::new(8), Witness::default());
        for (time_us, kept_us) in [(5, 5), (4, 5), (6, 6)] {
            let head = TreeHead {
                time_us,
                ..*log.head(3).unverified()
            };
            let accepted = witness.observe(&head.sign(&log.key), &[], &log.key.public());
            assert!(accepted.is_ok(), "{accepted:?}");
            let kept = witness.last_seen(head.log_id).unwrap();
            assert_eq!(kept.unverified().time_us, kept_us);
        }
    }

    #[test]
    fn a_smaller_head_is_stale() {
        let (log, mut witness) = (Log::new(8), Witness::default());
        log.show(&mut witness, 0, 8).unwrap();
        let refused = witness.observe(&log.head(7), &[], &log.key.public());
        assert_eq!(refused, Err(WitnessRefusal::Stale { seen: 8, offered: 7 }));
        assert_eq!(witness.last_seen(Uuid::from_u128(1)), Some(&log.head(8)));
    }

    #[test]
    fn two_histories_of_one_size_are_a_fork_that_can_be_shown() {
        let (log, other, mut witness) = (Log::new(8), Log::new(4), Witness::default());
        log.show(&mut witness, 0, 5).unwrap();
        let fork = Fork {
            seen: log.head(5),
            offered: other.head(5),
        };
        let refused = other.show(&mut witness, 5, 5);
        assert_eq!(refused, Err(WitnessRefusal::Fork(Box::new(fork))));
        for shown in [fork.seen, fork.offered] {
            assert!(shown.verify(&log.key.public()).is_ok());
        }
        assert_eq!(witness.last_seen(Uuid::from_u128(1)), Some(&log.head(5)));
    }

    #[test]
    fn a_rewritten_log_cannot_grow() {
        for seen in 1..8 {
            for offered in seen + 1..=8 {
                let (log, other, mut witness) = (Log::new(8), Log::new(seen - 1), Witness::default());
                log.show(&mut witness, 0, seen).unwrap();
                for proof in [
                    log.proof(seen, offered),
                    other.proof(seen, offered),
                    other.proof(seen - 1, offered),
                    vec![],
                ] {
                    let refused = witness.observe(&other.head(offered), &proof, &log.key.public());
                    assert!(
                        matches!(refused, Err(WitnessRefusal::Inconsistent { .. })),
                        "{refused:?}"
                    );
                }
                assert_eq!(witness.last_seen(Uuid::from_u128(1)), Some(&log.head(seen)));
            }
        }
    }

    #[test]
    fn a_head_of_another_key_is_nobodys() {
        let (log, mut witness) = (Log::new(8), Witness::default());
        let stranger = PrivateKey::from_seed(&[2; 32]).public();
        let refused = witness.observe(&log.head(1), &[], &stranger);
        assert!(matches!(
            refused,
            Err(WitnessRefusal::Head(HeadRefusal::AnotherKey { .. }))
        ));
        assert_eq!(witness, Witness::default());
    }

    #[test]
    fn a_witness_remembers_what_was_kept_and_knows_the_other_logs_of_a_key() {
        let (log, mut witness) = (Log::new(8), Witness::default());
        witness.remember(log.head(3));
        assert_eq!(log.show(&mut witness, 3, 4), Ok(Acceptance::Grown));
        assert_eq!(witness.other_logs_of_key(&log.head(4)).count(), 0);
        let renamed = TreeHead {
            log_id: Uuid::from_u128(2),
            ..*log.head(4).unverified()
        };
        let others = |head: SignedTreeHead| -> Vec<Uuid> { witness.other_logs_of_key(&head).collect() };
        assert_eq!(others(renamed.sign(&log.key)), [Uuid::from_u128(1)]);
        assert!(others(renamed.sign(&PrivateKey::from_seed(&[2; 32]))).is_empty());
    }

    #[test]
    fn a_witness_remembers_through_its_text() {
        let (log, mut witness) = (Log::new(8), Witness::default());
        log.show(&mut witness, 0, 3).unwrap();
        let text = serde_json::to_string(&witness).unwrap();
        let mut read: Witness = serde_json::from_str(&text).unwrap();
        assert_eq!(read, witness);
        assert_eq!(log.show(&mut read, 3, 4), Ok(Acceptance::Grown));
    }
}
