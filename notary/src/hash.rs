//! SHA-256 as RFC 9162 (section 2.1.1) uses it: a leaf can never be taken for a node, nor a node for a leaf.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use uuid::Uuid;

pub(crate) const LEAF_PREFIX: u8 = 0x00;
const NODE_PREFIX: u8 = 0x01;

/// 32 bytes of SHA-256: a leaf hash, a node hash or a root hash. Its text is lower-case hex.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hash([u8; 32]);

impl Hash {
    /// What stands for the previous leaf hash of a stream's first fact.
    pub const ZERO: Self = Self([0; 32]);

    /// The hash with these bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The root hash of a tree without leaves: SHA-256 over nothing.
    pub fn of_nothing() -> Self {
        Self(Sha256::digest([]).into())
    }

    /// The leaf hash of an entry: SHA-256 over `0x00`, entry. Facts go through [`leaf_hash`](crate::leaf_hash).
    pub fn of_leaf(entry: &[u8]) -> Self {
        let hasher = Sha256::new_with_prefix([LEAF_PREFIX]);
        Self(hasher.chain_update(entry).finalize().into())
    }

    /// The hash of a node above two others: SHA-256 over `0x01`, left, right.
    pub fn of_node(left: &Self, right: &Self) -> Self {
        let hasher = Sha256::new_with_prefix([NODE_PREFIX]);
        Self(
            hasher
                .chain_update(left.0)
                .chain_update(right.0)
                .finalize()
                .into(),
        )
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::encode(self.0))
    }
}

impl FromStr for Hash {
    type Err = HexError;

    fn from_str(text: &str) -> Result<Self, HexError> {
        parse_hex(text).map(Self)
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize_hex(deserializer).map(Self)
    }
}

/// Why a text is not the hex of so many bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HexError {
    /// Another length, or a character that is no hex digit.
    #[error("not the hex of {bytes} bytes")]
    NotHex {
        /// How many bytes were expected.
        bytes: usize,
    },
    /// One value has one text.
    #[error("hex is written in lower case")]
    UpperCase,
}

/// Exactly `N` bytes in lower-case hex.
///
/// # Errors
/// When the text is anything else, upper-case hex too.
pub(crate) fn parse_hex<const N: usize>(text: &str) -> Result<[u8; N], HexError> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(HexError::UpperCase);
    }
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).map_err(|_| HexError::NotHex { bytes: N })?;
    Ok(bytes)
}

/// [`parse_hex`] for fields of JSON.
pub(crate) fn deserialize_hex<'de, D, const N: usize>(deserializer: D) -> Result<[u8; N], D::Error>
where
    D: Deserializer<'de>,
{
    let text = String::deserialize(deserializer)?;
    parse_hex(&text).map_err(serde::de::Error::custom)
}

/// A UUID in the only text that it is written as here: lower case, with hyphens.
pub(crate) fn deserialize_uuid<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Uuid, D::Error> {
    parse_uuid(&String::deserialize(deserializer)?)
}

/// [`deserialize_uuid`], or null, which must be written: what is left out of a file is not understood.
pub(crate) fn deserialize_maybe_uuid<'de, D>(deserializer: D) -> Result<Option<Uuid>, D::Error>
where
    D: Deserializer<'de>,
{
    let text = Option::<String>::deserialize(deserializer)?;
    text.as_deref().map(parse_uuid).transpose()
}

fn parse_uuid<E: serde::de::Error>(text: &str) -> Result<Uuid, E> {
    let id: Uuid = text.parse().map_err(E::custom)?;
    if id.to_string() == text {
        Ok(id)
    } else {
        Err(E::custom("an id is written in lower case, with hyphens"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leaf_is_never_a_node() {
        let (left, right) = (Hash::of_leaf(b"a"), Hash::of_leaf(b"b"));
        let both = [*left.as_bytes(), *right.as_bytes()].concat();
        assert_ne!(Hash::of_node(&left, &right), Hash::of_leaf(&both));
        assert_ne!(Hash::of_node(&left, &right), Hash::of_node(&right, &left));
    }

    #[test]
    fn a_hash_has_one_text() {
        let hash = Hash::of_leaf(b"");
        let text = hash.to_string();
        assert_eq!(
            text,
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
        );
        assert_eq!(text.parse(), Ok(hash));
        assert_eq!(text.to_uppercase().parse::<Hash>(), Err(HexError::UpperCase));
        for wrong in [
            "",
            "6e",
            &text[..62],
            &format!("{text}00"),
            &text.replace('6', "g"),
        ] {
            assert_eq!(
                wrong.parse::<Hash>(),
                Err(HexError::NotHex { bytes: 32 }),
                "{wrong}"
            );
        }
    }
}
