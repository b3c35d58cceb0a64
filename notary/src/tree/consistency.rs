//! Whether one tree is the beginning of another: RFC 9162, section 2.1.4.2.

use crate::Hash;

/// Checks that the tree with `first` leaves and root hash `first_root` is the beginning of the one with `second` leaves and
/// `second_root`.
///
/// The RFC leaves out two cases: trees of the same size need no path but the same root, and the empty tree is the
/// beginning of every tree, without a path.
///
/// # Errors
/// The first thing that is wrong, see [`ConsistencyRefusal`].
pub fn verify_consistency(
    first: u64,
    second: u64,
    path: &[Hash],
    first_root: &Hash,
    second_root: &Hash,
) -> Result<(), ConsistencyRefusal> {
    if first > second {
        return Err(ConsistencyRefusal::Shrunk { first, second });
    }
    if first == 0 && *first_root != Hash::of_nothing() {
        return Err(ConsistencyRefusal::AnotherFirstRoot);
    }
    if first == second && first_root != second_root {
        return Err(ConsistencyRefusal::AnotherSecondRoot);
    }
    if first == 0 || first == second {
        return if path.is_empty() {
            Ok(())
        } else {
            Err(ConsistencyRefusal::PathTooLong)
        };
    }
    let (start, rest) = if first.is_power_of_two() {
        (first_root, path) // Its root is a node of the second tree, so the path leaves it out.
    } else {
        path.split_first().ok_or(ConsistencyRefusal::PathTooShort)?
    };
    climb(first, second, start, rest, first_root, second_root)
}

/// Steps 3 to 8 of the RFC: from the last node that both trees have, up to both roots.
fn climb(
    first: u64,
    second: u64,
    start: &Hash,
    path: &[Hash],
    first_root: &Hash,
    second_root: &Hash,
) -> Result<(), ConsistencyRefusal> {
    let (mut node, mut last) = (first - 1, second - 1);
    let complete = node.trailing_ones();
    node >>= complete;
    last >>= complete;
    let (mut of_first, mut of_second) = (*start, *start);
    for sibling in path {
        if last == 0 {
            return Err(ConsistencyRefusal::PathTooLong);
        }
        if node & 1 == 1 || node == last {
            of_first = Hash::of_node(sibling, &of_first);
            of_second = Hash::of_node(sibling, &of_second);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            of_second = Hash::of_node(&of_second, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(ConsistencyRefusal::PathTooShort);
    }
    if of_first != *first_root {
        return Err(ConsistencyRefusal::AnotherFirstRoot);
    }
    if of_second != *second_root {
        return Err(ConsistencyRefusal::AnotherSecondRoot);
    }
    Ok(())
}

/// Why a path does not show that one tree is the beginning of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConsistencyRefusal {
    /// The first tree is the larger one.
    #[error("a tree of {second} leaves does not begin with one of {first}")]
    Shrunk {
        /// The number of leaves of what should be the beginning.
        first: u64,
        /// The number of leaves of the whole.
        second: u64,
    },
    /// There are hashes left at the root.
    #[error("the path goes on beyond the root")]
    PathTooLong,
    /// It does not reach the root, or the RFC demands a first hash that is not there.
    #[error("the path ends before the root")]
    PathTooShort,
    /// The path leads to another root hash of the first tree.
    #[error("the path leads to another root hash of the first tree")]
    AnotherFirstRoot,
    /// The path leads to another root hash of the second tree.
    #[error("the path leads to another root hash of the second tree")]
    AnotherSecondRoot,
}
