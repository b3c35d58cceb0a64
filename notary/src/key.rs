//! Ed25519 keys (RFC 8032) in the files that `openssl genpkey -algorithm ed25519` writes, and the short id of a key.

use std::fmt;

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{
    self, DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, spki,
};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::hash::{HexError, deserialize_hex, parse_hex};

/// What heads are signed with. Its memory is wiped when it is dropped; its `Debug` shows the id alone.
pub struct PrivateKey(SigningKey);

/// What heads are checked with. Its text is the lower-case hex of its 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// The first 8 bytes of SHA-256 over a public key's 32 bytes: a name for it, no proof of anything. Its text is lower-case
/// hex.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyId([u8; 8]);

impl PrivateKey {
    /// The key made from 32 secret random bytes, as RFC 8032 makes it. Drawing them is the caller's part.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// Reads a private key file: PKCS#8 in PEM, `BEGIN PRIVATE KEY`.
    ///
    /// # Errors
    /// When it is anything else: another algorithm, an encrypted key, a public key that is not this one's.
    pub fn from_pkcs8_pem(pem: &str) -> Result<Self, KeyError> {
        SigningKey::from_pkcs8_pem(pem)
            .map(Self)
            .map_err(KeyError::NotPrivate)
    }

    /// The text of a private key file.
    ///
    /// # Errors
    /// Never for a key that exists; the encoder's signature has one.
    pub fn to_pkcs8_pem(&self) -> Result<SecretString, KeyError> {
        // Without the public part: every release of openssl reads the older form.
        let seed = pkcs8::KeypairBytes {
            secret_key: self.0.to_bytes(),
            public_key: None,
        };
        let pem = seed.to_pkcs8_pem(LineEnding::LF).map_err(KeyError::NotPrivate)?;
        Ok(SecretString::from(pem.as_str()))
    }

    /// What others check its signatures with.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// The signature over a message.
    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PrivateKey({})", self.public().id())
    }
}

impl PublicKey {
    /// Reads a public key file: `SubjectPublicKeyInfo` in PEM, `BEGIN PUBLIC KEY`.
    ///
    /// # Errors
    /// When it is anything else, or a key under which anybody can sign.
    pub fn from_spki_pem(pem: &str) -> Result<Self, KeyError> {
        let key = VerifyingKey::from_public_key_pem(pem).map_err(KeyError::NotPublic)?;
        Self::strong(key)
    }

    /// The text of a public key file.
    ///
    /// # Errors
    /// Never for a key that exists; the encoder's signature has one.
    pub fn to_spki_pem(&self) -> Result<String, KeyError> {
        self.0
            .to_public_key_pem(LineEnding::LF)
            .map_err(KeyError::NotPublic)
    }

    /// Its short name.
    pub fn id(&self) -> KeyId {
        let [a, b, c, d, e, f, g, h, ..]: [u8; 32] = Sha256::digest(self.0.as_bytes()).into();
        KeyId([a, b, c, d, e, f, g, h])
    }

    /// Whether a signature over a message is this key's; malleable and small-order forms are not.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.0
            .verify_strict(message, &Signature::from_bytes(signature))
            .is_ok()
    }

    fn strong(key: VerifyingKey) -> Result<Self, KeyError> {
        if key.is_weak() {
            return Err(KeyError::Weak);
        }
        Ok(Self(key))
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::encode(self.0.as_bytes()))
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = deserialize_hex(deserializer)?;
        let key = VerifyingKey::from_bytes(&bytes).map_err(serde::de::Error::custom)?;
        Self::strong(key).map_err(serde::de::Error::custom)
    }
}

impl KeyId {
    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 8] {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::encode(self.0))
    }
}

impl std::str::FromStr for KeyId {
    type Err = HexError;

    fn from_str(text: &str) -> Result<Self, HexError> {
        parse_hex(text).map(Self)
    }
}

impl Serialize for KeyId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for KeyId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize_hex(deserializer).map(Self)
    }
}

/// Why a file is not the key it should be.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// No PKCS#8 PEM of an Ed25519 key.
    #[error("not an Ed25519 private key in PKCS#8 PEM")]
    NotPrivate(#[source] pkcs8::Error),
    /// No SPKI PEM of an Ed25519 key.
    #[error("not an Ed25519 public key in SPKI PEM")]
    NotPublic(#[source] spki::Error),
    /// A point of small order: signatures under it prove nothing.
    #[error("a weak public key, under which anybody can sign")]
    Weak,
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    /// RFC 8032, section 7.1, test 1.
    const SEED: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    const PUBLIC: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    const SIGNATURE: &str = "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155\
                             5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b";

    fn key() -> PrivateKey {
        PrivateKey::from_seed(&parse_hex(SEED).unwrap())
    }

    #[test]
    fn signatures_are_those_of_rfc_8032() {
        assert_eq!(key().public().to_string(), PUBLIC);
        assert_eq!(hex::encode(key().sign(b"")), SIGNATURE);
        let signature = parse_hex(SIGNATURE).unwrap();
        assert!(key().public().verifies(b"", &signature));
        assert!(!key().public().verifies(b" ", &signature));
    }

    /// Made for this test by `openssl genpkey -algorithm ed25519` and `openssl pkey -pubout`.
    const OPENSSL_PRIVATE: &str = "-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEINDsVCwiGpsqRSxRfxsmGfco2uTQ509LIpTPlJ7S7qQ6\n\
        -----END PRIVATE KEY-----\n";
    const OPENSSL_PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\n\
        MCowBQYDK2VwAyEAkP2W/USPNF+Nn15cq9+mE4xCxfnWqK/jg2h5qJAaRwM=\n\
        -----END PUBLIC KEY-----\n";

    #[test]
    fn keys_of_openssl_are_read_and_written_as_it_writes_them() {
        let private = PrivateKey::from_pkcs8_pem(OPENSSL_PRIVATE).unwrap();
        let public = PublicKey::from_spki_pem(OPENSSL_PUBLIC).unwrap();
        assert_eq!(private.public(), public);
        assert_eq!(private.to_pkcs8_pem().unwrap().expose_secret(), OPENSSL_PRIVATE);
        assert_eq!(public.to_spki_pem().unwrap(), OPENSSL_PUBLIC);
    }

    #[test]
    fn a_key_survives_its_file() {
        let pem = key().to_pkcs8_pem().unwrap();
        let read = PrivateKey::from_pkcs8_pem(pem.expose_secret()).unwrap();
        assert_eq!(read.public(), key().public());
        let pem = key().public().to_spki_pem().unwrap();
        assert_eq!(PublicKey::from_spki_pem(&pem).unwrap(), key().public());
        assert!(matches!(
            PublicKey::from_spki_pem(&pem[1..]),
            Err(KeyError::NotPublic(_))
        ));
        assert!(matches!(
            PrivateKey::from_pkcs8_pem(&pem),
            Err(KeyError::NotPrivate(_))
        ));
    }

    #[test]
    fn a_key_under_which_anybody_can_sign_is_refused() {
        // The neutral element of the curve.
        let weak = format!("\"01{}\"", "00".repeat(31));
        let error = serde_json::from_str::<PublicKey>(&weak).unwrap_err();
        assert!(error.to_string().starts_with("a weak public key"), "{error}");
    }

    #[test]
    fn a_private_key_is_not_shown() {
        assert_eq!(format!("{:?}", key()), "PrivateKey(21fe31dfa154a261)");
        assert_eq!(key().public().id().to_string(), "21fe31dfa154a261");
    }
}
