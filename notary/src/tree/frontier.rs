//! The right edge of a tree: all that is needed to append a leaf and to tell the root, 64 hashes at most.

use serde::{Deserialize, Serialize};

use crate::Hash;
use crate::tree::{NodeId, join, nodes_of};

/// The most leaves of a tree: positions of the log are `bigint`s.
const LEAVES_MAX: u64 = i64::MAX as u64;

/// The complete subtrees that a tree of some size is made of, greatest first. Its JSON is `{"size", "peaks"}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Parts")]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// The frontier of a tree with `size` leaves, whose peaks were kept or read from the nodes at
    /// [`peaks_at`](Self::peaks_at).
    ///
    /// # Errors
    /// When there are more or fewer peaks than a tree of this size has, or the size is beyond any position.
    pub fn from_peaks(size: u64, peaks: Vec<Hash>) -> Result<Self, FrontierError> {
        if size > LEAVES_MAX {
            return Err(FrontierError::TooLarge { size });
        }
        let expected = size.count_ones() as usize;
        if peaks.len() != expected {
            return Err(FrontierError::Peaks {
                size,
                expected,
                found: peaks.len(),
            });
        }
        Ok(Self { size, peaks })
    }

    /// Where the peaks of a tree with `size` leaves stand.
    pub fn peaks_at(size: u64) -> impl Iterator<Item = NodeId> {
        nodes_of(&(0..size))
    }

    /// Puts a leaf at index [`size`](Self::size) and tells each node that is complete now: the leaf itself and what it
    /// completes above it, upwards.
    pub fn append(&mut self, leaf: Hash, mut completed: impl FnMut(NodeId, Hash)) {
        let mut node = NodeId {
            level: 0,
            index: self.size,
        };
        let mut hash = leaf;
        completed(node, hash);
        while node.is_right()
            && let Some(left) = self.peaks.pop()
        {
            hash = Hash::of_node(&left, &hash);
            node = node.parent();
            completed(node, hash);
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// How many leaves there are.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The hashes of its complete subtrees, greatest first; one for each bit of the size.
    pub fn peaks(&self) -> &[Hash] {
        &self.peaks
    }

    /// The root hash: `MTH(D[n])`.
    pub fn root(&self) -> Hash {
        join(&self.peaks)
    }
}

impl TryFrom<Parts> for Frontier {
    type Error = FrontierError;

    fn try_from(parts: Parts) -> Result<Self, FrontierError> {
        Self::from_peaks(parts.size, parts.peaks)
    }
}

/// Why a size and some hashes are not the frontier of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrontierError {
    /// Every bit of the size has its peak.
    #[error("a tree of {size} leaves has {expected} peaks, not {found}")]
    Peaks {
        /// The number of leaves.
        size: u64,
        /// The number of its set bits.
        expected: usize,
        /// The number of hashes given.
        found: usize,
    },
    /// No log has so many positions.
    #[error("a tree cannot have {size} leaves")]
    TooLarge {
        /// The number of leaves.
        size: u64,
    },
}
