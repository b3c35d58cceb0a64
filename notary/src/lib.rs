#![doc = include_str!("../README.md")]

pub mod hash;
pub mod head;
pub mod key;
pub mod leaf;
pub mod proof;
pub mod tree;
pub mod witness;

pub use hash::Hash;
pub use head::{HeadRefusal, SignedTreeHead, TreeHead};
pub use key::{KeyError, KeyId, PrivateKey, PublicKey};
pub use leaf::{EventRow, leaf_hash};
pub use proof::{Checked, ProofFile, ProofRefusal, check};
pub use tree::{Frontier, NodeId, NodeSource, ProofPlan};
pub use witness::{Witness, WitnessRefusal};
