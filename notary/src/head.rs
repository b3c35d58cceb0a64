//! A signed tree head: what a notary says of a log at some moment, so that nobody can say otherwise later.

use serde::{Deserialize, Serialize, Serializer};
use uuid::Uuid;

use crate::hash::{Hash, deserialize_hex, deserialize_uuid};
use crate::key::{KeyId, PrivateKey, PublicKey};

/// What every signing input begins with: what it is, and in which version.
pub const HEAD_DOMAIN: [u8; 16] = *b"tot.notary.head\x01";

/// The length of the signing input: every part has a fixed one, which makes it injective.
const SIGNING_INPUT_BYTES: usize = 96;

/// The state of a log's tree. Leaf `i` is the fact at position `i + 1`, so `position` and `tree_size` say the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeHead {
    /// Which log: redrawn when a database is restored or cloned.
    pub log_id: Uuid,
    /// How many leaves the tree has.
    pub tree_size: u64,
    /// The root hash over them.
    pub root_hash: Hash,
    /// The position of the last fact it covers; 0 for the empty log.
    pub position: i64,
    /// When it was made, in microseconds since the Unix epoch, by the database's clock.
    pub time_us: i64,
}

/// A head with a signature that was not checked yet: what it says is had by [`verify`](Self::verify). Its JSON is one flat
/// object, hashes, key id and signature in lower-case hex.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "HeadText", into = "HeadText")]
pub struct SignedTreeHead {
    head: TreeHead,
    key_id: KeyId,
    signature: [u8; 64],
}

impl TreeHead {
    /// Signs it.
    pub fn sign(self, key: &PrivateKey) -> SignedTreeHead {
        let key_id = key.public().id();
        SignedTreeHead {
            head: self,
            key_id,
            signature: key.sign(&self.signing_input(key_id)),
        }
    }

    /// The bytes that are signed: domain (16), log id (16), tree size (8), root hash (32), position (8), time (8), key id
    /// (8); numbers are big-endian.
    pub fn signing_input(&self, key_id: KeyId) -> [u8; SIGNING_INPUT_BYTES] {
        let mut input = [0; SIGNING_INPUT_BYTES];
        let parts: [&[u8]; 7] = [
            &HEAD_DOMAIN,
            self.log_id.as_bytes(),
            &self.tree_size.to_be_bytes(),
            self.root_hash.as_bytes(),
            &self.position.to_be_bytes(),
            &self.time_us.to_be_bytes(),
            key_id.as_bytes(),
        ];
        for (place, byte) in input.iter_mut().zip(parts.into_iter().flatten()) {
            *place = *byte;
        }
        input
    }
}

impl SignedTreeHead {
    /// What the head says, if this key signed it.
    ///
    /// # Errors
    /// The first thing that is wrong, see [`HeadRefusal`].
    pub fn verify(&self, key: &PublicKey) -> Result<&TreeHead, HeadRefusal> {
        let trusted = key.id();
        if self.key_id != trusted {
            return Err(HeadRefusal::AnotherKey {
                trusted,
                signed_by: self.key_id,
            });
        }
        if !key.verifies(&self.head.signing_input(self.key_id), &self.signature) {
            return Err(HeadRefusal::SignatureWrong);
        }
        let TreeHead {
            tree_size, position, ..
        } = self.head;
        if u64::try_from(position) != Ok(tree_size) {
            return Err(HeadRefusal::AnotherPosition { tree_size, position });
        }
        Ok(&self.head)
    }

    /// What the head says, if the one of these keys that it names signed it.
    ///
    /// # Errors
    /// As [`verify`](Self::verify); of a head that names none of them the first one says so, of no keys at all that the signature is
    /// wrong.
    pub fn verify_with_one_of(&self, keys: &[PublicKey]) -> Result<&TreeHead, HeadRefusal> {
        let named = keys.iter().find(|key| key.id() == self.key_id);
        let key = named.or(keys.first()).ok_or(HeadRefusal::SignatureWrong)?;
        self.verify(key)
    }

    /// What the head says, whoever signed it: to look a log or a key up, never to believe it.
    pub const fn unverified(&self) -> &TreeHead {
        &self.head
    }

    /// Which key it says it was signed by.
    pub const fn key_id(&self) -> KeyId {
        self.key_id
    }
}

/// The versions of a head's text.
#[derive(Clone, Copy, Serialize, Deserialize)]
enum Form {
    #[serde(rename = "tot-tree-head/1")]
    V1,
}

/// A signed head as JSON has it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HeadText {
    form: Form,
    #[serde(deserialize_with = "deserialize_uuid")]
    log_id: Uuid,
    tree_size: u64,
    root_hash: Hash,
    position: i64,
    time_us: i64,
    key_id: KeyId,
    #[serde(serialize_with = "serialize_signature", deserialize_with = "deserialize_hex")]
    signature: [u8; 64],
}

impl From<HeadText> for SignedTreeHead {
    fn from(text: HeadText) -> Self {
        Self {
            head: TreeHead {
                log_id: text.log_id,
                tree_size: text.tree_size,
                root_hash: text.root_hash,
                position: text.position,
                time_us: text.time_us,
            },
            key_id: text.key_id,
            signature: text.signature,
        }
    }
}

impl From<SignedTreeHead> for HeadText {
    fn from(signed: SignedTreeHead) -> Self {
        let SignedTreeHead {
            head,
            key_id,
            signature,
        } = signed;
        Self {
            form: Form::V1,
            log_id: head.log_id,
            tree_size: head.tree_size,
            root_hash: head.root_hash,
            position: head.position,
            time_us: head.time_us,
            key_id,
            signature,
        }
    }
}

fn serialize_signature<S: Serializer>(signature: &[u8; 64], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex::encode(signature))
}

/// Why a head is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeadRefusal {
    /// It names another key than the one that is trusted.
    #[error("signed by key {signed_by}, not by the trusted key {trusted}")]
    AnotherKey {
        /// The key that the checker was given.
        trusted: KeyId,
        /// The key that the head names.
        signed_by: KeyId,
    },
    /// What it says is not what was signed, or its signature is no signature.
    #[error("the signature of the tree head is wrong")]
    SignatureWrong,
    /// A dense log of this many facts ends at another position: whoever signed it does not number as this log does.
    #[error("a tree of {tree_size} leaves does not cover position {position}")]
    AnotherPosition {
        /// The number of leaves.
        tree_size: u64,
        /// The position it says it covers.
        position: i64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seed: u8) -> PrivateKey {
        PrivateKey::from_seed(&[seed; 32])
    }

    fn head() -> TreeHead {
        TreeHead {
            log_id: Uuid::from_u128(7),
            tree_size: 3,
            root_hash: Hash::of_leaf(b"root"),
            position: 3,
            time_us: 1_796_000_000_000_001,
        }
    }

    #[test]
    fn a_head_is_what_was_signed() {
        let signed = head().sign(&key(1));
        assert_eq!(signed.verify(&key(1).public()), Ok(&head()));
        assert_eq!(
            signed.verify(&key(2).public()),
            Err(HeadRefusal::AnotherKey {
                trusted: key(2).public().id(),
                signed_by: key(1).public().id(),
            })
        );
        let renamed = SignedTreeHead {
            key_id: key(2).public().id(),
            ..signed
        };
        assert_eq!(renamed.verify(&key(2).public()), Err(HeadRefusal::SignatureWrong));
    }

    #[test]
    fn of_several_keys_the_one_it_names_is_asked() {
        let signed = head().sign(&key(2));
        let keys = [key(1).public(), key(2).public()];
        assert_eq!(signed.verify_with_one_of(&keys), Ok(&head()));
        let stranger = head().sign(&key(3)).verify_with_one_of(&keys).copied();
        assert_eq!(
            stranger,
            Err(HeadRefusal::AnotherKey {
                trusted: keys[0].id(),
                signed_by: key(3).public().id(),
            })
        );
        assert_eq!(signed.verify_with_one_of(&[]), Err(HeadRefusal::SignatureWrong));
    }

    #[test]
    fn no_part_of_a_head_can_be_changed() {
        let signed = head().sign(&key(1));
        let changes: [fn(&mut SignedTreeHead); 5] = [
            |signed| signed.head.log_id = Uuid::from_u128(8),
            |signed| (signed.head.tree_size, signed.head.position) = (4, 4),
            |signed| signed.head.root_hash = Hash::ZERO,
            |signed| signed.head.position = 4,
            |signed| signed.head.time_us += 1,
        ];
        for (change, number) in changes.into_iter().zip(0..) {
            let mut changed = signed;
            change(&mut changed);
            let refused = changed.verify(&key(1).public());
            assert_eq!(refused, Err(HeadRefusal::SignatureWrong), "change {number}");
        }
        for bit in 0..512 {
            let mut changed = signed;
            changed.signature[bit / 8] ^= 1 << (bit % 8);
            let refused = changed.verify(&key(1).public());
            assert_eq!(refused, Err(HeadRefusal::SignatureWrong), "bit {bit}");
        }
    }

    #[test]
    fn a_head_numbers_as_the_log_does() {
        for position in [-1, 0, 2, 4] {
            let signed = TreeHead { position, ..head() }.sign(&key(1));
            let refused = signed.verify(&key(1).public());
            assert_eq!(
                refused,
                Err(HeadRefusal::AnotherPosition {
                    tree_size: 3,
                    position
                })
            );
        }
    }

    #[test]
    fn every_part_is_signed_at_its_place() {
        let input = head().signing_input(key(1).public().id());
        let expected = [
            hex::encode("tot.notary.head\x01"),
            format!("{:032x}{:016x}", 7, 3),
            head().root_hash.to_string(),
            format!("{:016x}{:016x}", 3, 1_796_000_000_000_001_i64),
            key(1).public().id().to_string(),
        ];
        assert_eq!(hex::encode(input), expected.concat());
    }

    /// What was published once must verify for ever.
    #[test]
    fn a_head_has_one_text() {
        let signed = head().sign(&key(1));
        let text = serde_json::to_string(&signed).unwrap();
        assert_eq!(serde_json::from_str::<SignedTreeHead>(&text).unwrap(), signed);
        let written = concat!(
            r#"{"form":"tot-tree-head/1","log_id":"00000000-0000-0000-0000-000000000007","tree_size":3,"#,
            r#""root_hash":"3c06f9a65725af605261f636672c9620d409731d89a451d7455fe9c4ae167829","position":3,"#,
            r#""time_us":1796000000000001,"key_id":"34750f98bd59fcfc","#,
            r#""signature":"3b10369b543ba7d870abf7f13c6c84ddbf478466a55e3225036f42dc2db6fc17"#,
            r#"c32d4863c5bc9228a4b1576809001c797224f0e5109d957d402341772a43ba00"}"#,
        );
        assert_eq!(text, written);
        for wrong in [
            text.replace("head/1", "head/2"),
            text.replace("\"time_us\"", "\"time\""),
            text.replacen('{', "{\"more\":1,", 1),
            text.to_uppercase(),
        ] {
            assert!(serde_json::from_str::<SignedTreeHead>(&wrong).is_err(), "{wrong}");
        }
    }
}
