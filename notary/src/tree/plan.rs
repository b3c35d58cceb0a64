//! Which nodes a proof is made of, and the proof once somebody has read them.
//!
//! A plan needs no hashes, so a database can be asked for all nodes of a proof at once.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::Hash;
use crate::tree::{NodeId, join, nodes_of};

/// Whoever keeps the nodes of a tree: a table, a map, the leaves themselves.
pub trait NodeSource {
    /// Why a node could not be had.
    type Error;

    /// The hash of the complete subtree there.
    ///
    /// # Errors
    /// When it is not there or could not be read.
    fn node(&self, id: NodeId) -> Result<Hash, Self::Error>;
}

impl NodeSource for BTreeMap<NodeId, Hash> {
    type Error = MissingNode;

    fn node(&self, id: NodeId) -> Result<Hash, MissingNode> {
        self.get(&id).copied().ok_or(MissingNode(id))
    }
}

/// A proof before its hashes: the subtrees whose hashes it lists, in the order of the RFC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofPlan {
    subtrees: Vec<Range<u64>>,
}

impl ProofPlan {
    /// The inclusion proof of leaf `index` in the tree of `size` leaves: `PATH(m, D[n])`, RFC 9162, section 2.1.3.1.
    ///
    /// # Errors
    /// [`RangeError::NoSuchLeaf`] when the tree has no such leaf.
    pub fn inclusion(index: u64, size: u64) -> Result<Self, RangeError> {
        if index >= size {
            return Err(RangeError::NoSuchLeaf { index, size });
        }
        let (mut subtrees, mut tree) = (Vec::new(), 0..size);
        while tree.end - tree.start > 1 {
            let middle = split(&tree);
            if index < middle {
                subtrees.push(middle..tree.end);
                tree.end = middle;
            } else {
                subtrees.push(tree.start..middle);
                tree.start = middle;
            }
        }
        subtrees.reverse(); // From the leaf to the root.
        Ok(Self { subtrees })
    }

    /// The proof that the tree of `first` leaves is the beginning of the one of `second`: `PROOF(m, D[n])`, RFC 9162,
    /// section 2.1.4.1. It is empty when the sizes are the same or the first tree is.
    ///
    /// # Errors
    /// [`RangeError::NoSuchBeginning`] when the first tree is the larger one.
    pub fn consistency(first: u64, second: u64) -> Result<Self, RangeError> {
        if first > second {
            return Err(RangeError::NoSuchBeginning { first, second });
        }
        let (mut subtrees, mut tree) = (Vec::new(), 0..second);
        if first == 0 {
            return Ok(Self { subtrees });
        }
        while tree.end != first {
            let middle = split(&tree);
            if first <= middle {
                subtrees.push(middle..tree.end);
                tree.end = middle;
            } else {
                subtrees.push(tree.start..middle);
                tree.start = middle;
            }
        }
        // The verifier knows the first tree's own root.
        if tree.start > 0 {
            subtrees.push(tree);
        }
        subtrees.reverse();
        Ok(Self { subtrees })
    }

    /// The nodes it needs; at most 64 for each of at most 64 hashes, in truth about as many as the tree has levels.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> {
        self.subtrees.iter().flat_map(nodes_of)
    }

    /// The proof: the hashes of its subtrees.
    ///
    /// # Errors
    /// What `source` says.
    pub fn build<S: NodeSource>(&self, source: &S) -> Result<Vec<Hash>, S::Error> {
        self.subtrees
            .iter()
            .map(|subtree| subtree_hash(subtree, source))
            .collect()
    }
}

/// The inclusion proof of leaf `index` in the tree of `size` leaves, leaf first.
///
/// # Errors
/// When there is no such leaf, or what `source` says.
pub fn inclusion_proof<S: NodeSource>(
    source: &S,
    index: u64,
    size: u64,
) -> Result<Vec<Hash>, ProofError<S::Error>> {
    let plan = ProofPlan::inclusion(index, size)?;
    plan.build(source).map_err(ProofError::Source)
}

/// The proof that the tree of `first` leaves is the beginning of the one of `second`.
///
/// # Errors
/// When `first` is larger than `second`, or what `source` says.
pub fn consistency_proof<S: NodeSource>(
    source: &S,
    first: u64,
    second: u64,
) -> Result<Vec<Hash>, ProofError<S::Error>> {
    let plan = ProofPlan::consistency(first, second)?;
    plan.build(source).map_err(ProofError::Source)
}

/// The root hash of the first `size` leaves.
///
/// # Errors
/// What `source` says.
pub fn root_at<S: NodeSource>(source: &S, size: u64) -> Result<Hash, S::Error> {
    subtree_hash(&(0..size), source)
}

fn subtree_hash<S: NodeSource>(leaves: &Range<u64>, source: &S) -> Result<Hash, S::Error> {
    let nodes: Result<Vec<Hash>, _> = nodes_of(leaves).map(|id| source.node(id)).collect();
    Ok(join(&nodes?))
}

/// Where the RFC splits a tree of two or more leaves: behind the greatest power of two that is smaller than it.
const fn split(tree: &Range<u64>) -> u64 {
    let last = tree.end - tree.start - 1;
    tree.start + (1 << last.ilog2())
}

/// What no tree has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RangeError {
    /// Leaves are numbered from 0.
    #[error("a tree of {size} leaves has no leaf {index}")]
    NoSuchLeaf {
        /// The leaf.
        index: u64,
        /// The number of leaves.
        size: u64,
    },
    /// A tree never shrinks.
    #[error("a tree of {second} leaves does not begin with one of {first}")]
    NoSuchBeginning {
        /// The number of leaves of what should be the beginning.
        first: u64,
        /// The number of leaves of the whole.
        second: u64,
    },
}

/// Why there is no proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError<E> {
    /// What was asked for does not exist.
    #[error(transparent)]
    Range(#[from] RangeError),
    /// The source failed.
    #[error("the nodes of the tree could not be read")]
    Source(#[source] E),
}

/// A node that a source does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no node at level {}, index {}", .0.level, .0.index)]
pub struct MissingNode(pub NodeId);
