//! The Merkle tree of RFC 9162, section 2.1: what grows, what proves, and what checks a proof.
//!
//! Leaves are numbered from 0. A *node* is the hash of a complete subtree: at level `l` and index `i` it stands above the
//! leaves `[i << l, (i + 1) << l)`, and never changes once they are there. Every other hash (a root, an element of a proof)
//! is made of at most 64 such nodes.

use std::ops::Range;

use crate::Hash;

mod consistency;
mod frontier;
mod inclusion;
mod plan;
#[cfg(test)]
mod tests;

pub use consistency::{ConsistencyRefusal, verify_consistency};
pub use frontier::{Frontier, FrontierError};
pub use inclusion::{InclusionRefusal, verify_inclusion};
pub use plan::{
    MissingNode, NodeSource, ProofError, ProofPlan, RangeError, consistency_proof, inclusion_proof, root_at,
};

/// Where the hash of a complete subtree stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeId {
    /// How many levels of nodes are below it: 0 for a leaf, at most 63.
    pub level: u8,
    /// Which one of its level, from the left, from 0.
    pub index: u64,
}

impl NodeId {
    /// The node above it.
    const fn parent(self) -> Self {
        Self {
            level: self.level + 1,
            index: self.index >> 1,
        }
    }

    /// Whether it is the right one of the two below its parent.
    const fn is_right(self) -> bool {
        self.index & 1 == 1
    }
}

/// The root hash of a tree with these leaves: `MTH(D[n])`.
pub fn root(leaves: impl IntoIterator<Item = Hash>) -> Hash {
    let mut frontier = Frontier::default();
    for leaf in leaves {
        frontier.append(leaf, |_, _| ());
    }
    frontier.root()
}

/// The nodes that a range of leaves is made of, from the left, each smaller than the one before. The range must be one
/// that the RFC splits a tree into: then it starts at a multiple of its greatest node.
fn nodes_of(range: &Range<u64>) -> impl Iterator<Item = NodeId> + use<> {
    let (mut start, end) = (range.start, range.end);
    std::iter::from_fn(move || {
        let level = end.checked_sub(start)?.checked_ilog2()?;
        let node = NodeId {
            level: u8::try_from(level).ok()?, // Below 64.
            index: start >> level,
        };
        start += 1 << level;
        Some(node)
    })
}

/// The hash above nodes that stand beside each other, as [`nodes_of`] has them: the smallest two are joined first. The
/// root of an empty tree for none.
fn join(nodes: &[Hash]) -> Hash {
    let joined = nodes
        .iter()
        .rev()
        .copied()
        .reduce(|right, left| Hash::of_node(&left, &right));
    joined.unwrap_or_else(Hash::of_nothing)
}
