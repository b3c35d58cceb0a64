//! Whether a leaf is in a tree: RFC 9162, section 2.1.3.2.

use crate::Hash;

/// Checks that `leaf` is the leaf hash at `index` of the tree with `size` leaves and this root hash.
///
/// The size must come from a signed head: where two sizes give a leaf the same way to the root, the hashes cannot tell
/// them apart.
///
/// # Errors
/// The first thing that is wrong, see [`InclusionRefusal`].
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    path: &[Hash],
    root: &Hash,
) -> Result<(), InclusionRefusal> {
    let outside = InclusionRefusal::OutsideTree { index, size };
    let mut last = size.checked_sub(1).ok_or(outside)?;
    if index > last {
        return Err(outside);
    }
    let (mut node, mut hash) = (index, *leaf);
    for sibling in path {
        if last == 0 {
            return Err(InclusionRefusal::PathTooLong);
        }
        if node & 1 == 1 || node == last {
            hash = Hash::of_node(sibling, &hash);
            // At the right edge, levels on which it has no sibling are passed over.
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = Hash::of_node(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(InclusionRefusal::PathTooShort);
    }
    if hash != *root {
        return Err(InclusionRefusal::AnotherRoot);
    }
    Ok(())
}

/// Why a path does not show that a leaf is in a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InclusionRefusal {
    /// The tree has no such leaf.
    #[error("a tree of {size} leaves has no leaf {index}")]
    OutsideTree {
        /// The leaf, from 0.
        index: u64,
        /// The number of leaves.
        size: u64,
    },
    /// There are hashes left at the root.
    #[error("the path goes on beyond the root")]
    PathTooLong,
    /// It does not reach the root.
    #[error("the path ends before the root")]
    PathTooShort,
    /// The leaf, its index, a hash of the path or the root is another one.
    #[error("the path leads to another root hash")]
    AnotherRoot,
}
