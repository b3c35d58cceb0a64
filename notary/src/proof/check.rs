//! What makes a proof file a proof.

use std::collections::BTreeMap;

use crate::hash::Hash;
use crate::head::TreeHead;
use crate::key::PublicKey;
use crate::leaf::leaf_hash;
use crate::proof::{Checked, CheckedStream, FactProof, NotProven, ProofFile, ProofRefusal};
use crate::tree::verify_inclusion;

/// Checks the bytes of a proof file against the key that the checker trusts.
///
/// # Errors
/// The first thing that is wrong, in this order: the form, the head, the key that the file names, then fact by fact its
/// order, its place in its stream, its chain, its bytes and its path.
pub fn check(file: &[u8], key: &PublicKey) -> Result<Checked, ProofRefusal> {
    let file: ProofFile = serde_json::from_slice(file).map_err(ProofRefusal::NotUnderstood)?;
    let head = file.head.verify(key)?;
    if file.public_key != *key {
        return Err(ProofRefusal::MisleadingKey);
    }
    if file.facts.is_empty() {
        return Err(ProofRefusal::NoFacts);
    }
    let mut progress = Progress::default();
    for fact in &file.facts {
        progress
            .prove(fact, head)
            .map_err(|why| ProofRefusal::NotProven {
                fact: fact.name(),
                why,
            })?;
    }
    Ok(Checked {
        head: *head,
        streams: progress.streams.into_iter().map(Stream::into_checked).collect(),
    })
}

/// What was proven so far.
#[derive(Default)]
struct Progress<'a> {
    position: i64,
    streams: BTreeMap<Name<'a>, Stream>,
}

type Name<'a> = (&'a str, &'a str);

/// Where a stream has come to.
#[derive(Clone, Copy)]
struct Stream {
    sequence: i64,
    position: i64,
    leaf_hash: Hash,
}

impl<'a> Progress<'a> {
    fn prove(&mut self, fact: &'a FactProof, head: &TreeHead) -> Result<(), NotProven> {
        if fact.position <= self.position {
            return Err(NotProven::OutOfOrder {
                before: self.position,
            });
        }
        let name = (fact.aggregate_type.as_str(), fact.aggregate_id.as_str());
        let (last_sequence, previous) = self
            .streams
            .get(&name)
            .map_or((0, Hash::ZERO), |stream| (stream.sequence, stream.leaf_hash));
        if fact.sequence != last_sequence + 1 {
            return Err(NotProven::MissingSequence {
                expected: last_sequence + 1,
            });
        }
        if fact.previous_leaf_hash != previous {
            return Err(NotProven::ChainBroken);
        }
        if leaf_hash(&fact.row(), &previous) != fact.leaf_hash {
            return Err(NotProven::BytesChanged);
        }
        // Above zero, because it is above the position before it.
        let index = fact.position.unsigned_abs() - 1;
        verify_inclusion(
            &fact.leaf_hash,
            index,
            head.tree_size,
            &fact.inclusion_path,
            &head.root_hash,
        )
        .map_err(NotProven::WrongPath)?;
        self.position = fact.position;
        self.streams.insert(
            name,
            Stream {
                sequence: fact.sequence,
                position: fact.position,
                leaf_hash: fact.leaf_hash,
            },
        );
        Ok(())
    }
}

impl Stream {
    fn into_checked(((aggregate_type, aggregate_id), stream): (Name<'_>, Self)) -> CheckedStream {
        CheckedStream {
            aggregate_type: aggregate_type.to_owned(),
            aggregate_id: aggregate_id.to_owned(),
            last_sequence: stream.sequence,
            last_position: stream.position,
        }
    }
}
