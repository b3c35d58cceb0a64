//! Trees against the reference tree of certificate transparency, a root by definition, and every flipped bit.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// The entries of the reference tree of certificate transparency.
const ENTRIES: [&str; 8] = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
];

/// Its root hashes, by size.
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

/// The largest size of which every proof is tried.
const SIZE_MAX: u64 = 65;

type Nodes = BTreeMap<NodeId, Hash>;

fn reference() -> Vec<Hash> {
    ENTRIES
        .iter()
        .map(|entry| Hash::of_leaf(&hex::decode(entry).unwrap()))
        .collect()
}

fn numbered(size: u64) -> Vec<Hash> {
    (0..size).map(|leaf| Hash::of_leaf(&leaf.to_be_bytes())).collect()
}

fn grow(leaves: &[Hash]) -> (Frontier, Nodes) {
    let (mut frontier, mut nodes) = (Frontier::default(), Nodes::new());
    for leaf in leaves {
        frontier.append(*leaf, |id, hash| assert_eq!(nodes.insert(id, hash), None));
    }
    (frontier, nodes)
}

fn hashes(texts: &[&str]) -> Vec<Hash> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

/// `MTH` word for word as RFC 9162, section 2.1.1, defines it.
fn root_by_definition(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::of_nothing(),
        [leaf] => *leaf,
        _ => {
            let middle = leaves.len().next_power_of_two() / 2;
            let (left, right) = leaves.split_at(middle);
            Hash::of_node(&root_by_definition(left), &root_by_definition(right))
        }
    }
}

#[test]
fn the_reference_tree_has_its_known_roots() {
    let (leaves, known) = (reference(), hashes(&ROOTS));
    let (_, nodes) = grow(&leaves);
    for (size, known) in known.iter().enumerate() {
        assert_eq!(root(leaves[..size].iter().copied()), *known, "size {size}");
        assert_eq!(root_at(&nodes, size as u64), Ok(*known), "size {size}");
    }
}

#[test]
fn the_reference_tree_has_its_known_inclusion_proofs() {
    let (_, nodes) = grow(&reference());
    let known: [(u64, u64, &[&str]); 5] = [
        (0, 1, &[]),
        (
            0,
            8,
            &[
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            5,
            8,
            &[
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (2, 3, &[ROOTS[2]]),
        (
            1,
            5,
            &[
                ROOTS[1],
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        ),
    ];
    for (index, size, path) in known {
        assert_eq!(
            inclusion_proof(&nodes, index, size),
            Ok(hashes(path)),
            "{index} of {size}"
        );
    }
}

#[test]
fn the_reference_tree_has_its_known_consistency_proofs() {
    let (_, nodes) = grow(&reference());
    let known: [(u64, u64, &[&str]); 4] = [
        (1, 1, &[]),
        (
            1,
            8,
            &[
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            6,
            8,
            &[
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (
            2,
            5,
            &[
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        ),
    ];
    for (first, second, path) in known {
        assert_eq!(
            consistency_proof(&nodes, first, second),
            Ok(hashes(path)),
            "{first} of {second}"
        );
    }
}

/// The example of RFC 9162, section 2.1.5: seven leaves, and which subtrees each proof lists.
#[test]
fn proofs_have_the_shapes_of_the_rfcs_example() {
    let (_, nodes) = grow(&numbered(7));
    let leaf = |index| nodes[&NodeId { level: 0, index }];
    let (b, c, d, f, j) = (leaf(1), leaf(2), leaf(3), leaf(5), leaf(6));
    let [g, h, i] = [0, 1, 2].map(|index| nodes[&NodeId { level: 1, index }]);
    let k = nodes[&NodeId { level: 2, index: 0 }];
    let l = Hash::of_node(&i, &j);
    let path = |index| inclusion_proof(&nodes, index, 7).unwrap();
    assert_eq!(path(0), [b, h, l]);
    assert_eq!(path(3), [c, g, l]);
    assert_eq!(path(4), [f, j, k]);
    assert_eq!(path(6), [i, k]);
    let proof = |first| consistency_proof(&nodes, first, 7).unwrap();
    assert_eq!(proof(3), [c, d, g, l]);
    assert_eq!(proof(4), [l]);
    assert_eq!(proof(6), [i, j, k]);
}

#[test]
fn every_size_has_the_root_of_the_definition() {
    let leaves = numbered(SIZE_MAX);
    let (_, nodes) = grow(&leaves);
    for size in 0..=SIZE_MAX {
        let (frontier, _) = grow(&leaves[..usize::try_from(size).unwrap()]);
        let root = root_by_definition(&leaves[..usize::try_from(size).unwrap()]);
        assert_eq!(frontier.root(), root);
        assert_eq!(root_at(&nodes, size), Ok(root));
        let peaks = Frontier::peaks_at(size).map(|id| nodes[&id]).collect();
        assert_eq!(Frontier::from_peaks(size, peaks), Ok(frontier));
    }
}

#[test]
fn every_inclusion_proof_verifies_and_none_with_a_flipped_bit() {
    let leaves = numbered(SIZE_MAX);
    let (_, nodes) = grow(&leaves);
    for size in 1..=SIZE_MAX {
        let root = root_at(&nodes, size).unwrap();
        for index in 0..size {
            let leaf = leaves[usize::try_from(index).unwrap()];
            let path = inclusion_proof(&nodes, index, size).unwrap();
            assert_eq!(verify_inclusion(&leaf, index, size, &path, &root), Ok(()));
            let all = [&[leaf, root], &path[..]].concat();
            each_flipped_bit(&all, |flipped| {
                let refused = verify_inclusion(&flipped[0], index, size, &flipped[2..], &flipped[1]);
                assert_eq!(refused, Err(InclusionRefusal::AnotherRoot), "{index} of {size}");
            });
            other_lengths(&path, |path| {
                assert!(verify_inclusion(&leaf, index, size, path, &root).is_err());
            });
            for other in [index ^ 1, index + 1, index.wrapping_sub(1), index + size] {
                assert!(verify_inclusion(&leaf, other, size, &path, &root).is_err());
            }
        }
    }
}

#[test]
fn every_consistency_proof_verifies_and_none_with_a_flipped_bit() {
    let (_, nodes) = grow(&numbered(SIZE_MAX));
    for second in 1..=SIZE_MAX {
        let new = root_at(&nodes, second).unwrap();
        for first in 0..=second {
            let old = root_at(&nodes, first).unwrap();
            let path = consistency_proof(&nodes, first, second).unwrap();
            assert_eq!(verify_consistency(first, second, &path, &old, &new), Ok(()));
            let all = [&[old, new], &path[..]].concat();
            each_flipped_bit(&all, |flipped| {
                // Any tree begins with the empty one.
                let refused = verify_consistency(first, second, &flipped[2..], &flipped[0], &flipped[1]);
                let is_about_new = flipped[0] == old;
                assert!(
                    refused.is_err() || (first == 0 && is_about_new),
                    "{first} of {second}"
                );
            });
            other_lengths(&path, |path| {
                assert!(verify_consistency(first, second, path, &old, &new).is_err());
            });
            for length in 0..path.len() {
                let refused = verify_consistency(first, second, &path[..length], &old, &new);
                assert_eq!(
                    refused,
                    Err(ConsistencyRefusal::PathTooShort),
                    "{first} of {second}"
                );
            }
        }
    }
}

/// Every bit in a build with optimisation, which takes seconds; without it, every bit of small proofs and a few of each hash
/// of the others.
fn each_flipped_bit(hashes: &[Hash], mut judge: impl FnMut(&[Hash])) {
    let is_thorough = hashes.len() < 4 || !cfg!(debug_assertions);
    let stride = if is_thorough { 1 } else { 251 };
    let mut flipped = hashes.to_vec();
    for place in 0..hashes.len() {
        for bit in (place % stride..256).step_by(stride) {
            let mut bytes = *hashes[place].as_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            flipped[place] = Hash::from_bytes(bytes);
            judge(&flipped);
        }
        flipped[place] = hashes[place];
    }
}

fn other_lengths(path: &[Hash], mut judge: impl FnMut(&[Hash])) {
    for length in 0..path.len() {
        judge(&path[..length]);
        judge(&path[path.len() - length..]);
    }
    for more in [Hash::ZERO, Hash::of_nothing()] {
        judge(&[path, &[more]].concat());
        judge(&[&[more], path].concat());
    }
}

#[test]
fn what_no_tree_has_is_refused() {
    assert_eq!(
        ProofPlan::inclusion(3, 3),
        Err(RangeError::NoSuchLeaf { index: 3, size: 3 })
    );
    assert_eq!(
        ProofPlan::consistency(4, 3),
        Err(RangeError::NoSuchBeginning { first: 4, second: 3 })
    );
    let any = Hash::ZERO;
    assert_eq!(
        verify_inclusion(&any, 0, 0, &[], &any),
        Err(InclusionRefusal::OutsideTree { index: 0, size: 0 })
    );
    assert_eq!(
        verify_consistency(4, 3, &[], &any, &any),
        Err(ConsistencyRefusal::Shrunk { first: 4, second: 3 })
    );
    let missing = NodeId { level: 1, index: 0 };
    assert_eq!(
        inclusion_proof(&Nodes::new(), 2, 3),
        Err(ProofError::Source(MissingNode(missing)))
    );
}

#[test]
fn the_largest_trees_have_plans_too() {
    for size in [u64::MAX, i64::MAX as u64, 1 << 63] {
        for index in [0, 1, size / 3, size - 2, size - 1] {
            assert!(ProofPlan::inclusion(index, size).unwrap().nodes().count() < 64 * 64);
            assert!(ProofPlan::consistency(index, size).unwrap().nodes().count() < 64 * 64);
        }
    }
}

#[test]
fn a_frontier_survives_its_text_and_no_other_text_is_one() {
    let (frontier, _) = grow(&numbered(11));
    let text = serde_json::to_string(&frontier).unwrap();
    let mut read: Frontier = serde_json::from_str(&text).unwrap();
    assert_eq!(read, frontier);
    read.append(numbered(12)[11], |_, _| ());
    assert_eq!(read.root(), root(numbered(12)));
    for wrong in [
        text.replace("11", "12"),
        text.replace("\"size\":11", &format!("\"size\":{}", u64::MAX)),
        text.replace("size", "length"),
    ] {
        assert!(serde_json::from_str::<Frontier>(&wrong).is_err(), "{wrong}");
    }
    let size = 1 << 63;
    assert_eq!(
        Frontier::from_peaks(size, vec![Hash::ZERO]),
        Err(FrontierError::TooLarge { size })
    );
}

proptest! {
    #[test]
    fn proofs_of_larger_trees_verify(size in 1_u64..800, share in 0_u64..800) {
        let (leaves, part) = (numbered(size), share % size);
        let (frontier, nodes) = grow(&leaves);
        let path = inclusion_proof(&nodes, part, size).unwrap();
        let leaf = leaves[usize::try_from(part).unwrap()];
        prop_assert_eq!(verify_inclusion(&leaf, part, size, &path, &frontier.root()), Ok(()));
        let old = root_at(&nodes, part).unwrap();
        let path = consistency_proof(&nodes, part, size).unwrap();
        prop_assert_eq!(verify_consistency(part, size, &path, &old, &frontier.root()), Ok(()));
    }
}
