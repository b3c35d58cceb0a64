//! The Ed25519 keys that sign access tokens: one signs, several may verify, so that keys change without anybody being
//! signed out.
//!
//! Changing keys: [`add`] a key and restart every process (all can verify it now), [`sign_with`] it and restart, and once
//! the last access token of the old key has expired, [`retire`] the old one.

mod file;
pub mod master;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{DecodingKey, EncodingKey};
use sha2::{Digest, Sha256};

use file::{KeyFile, StoredKey};

/// More keys than this in one file means that retiring was forgotten.
const KEYS_MAX: usize = 8;

/// Why the keys cannot be made, read or changed.
#[expect(missing_docs, reason = "each message says it")]
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// There is a key file already; it is never overwritten.
    #[error("{0} exists already")]
    Exists(String),
    /// The file cannot be read or written.
    #[error("the key file {path} could not be used")]
    File { path: String, source: std::io::Error },
    /// Somebody else than the owner may read the secret keys.
    #[error(
        "the key file {0} is open to others: chmod 600 it, and change the keys if others may have read it"
    )]
    OpenToOthers(String),
    /// The file is not what [`TokenKeys::generate`] or [`master::MasterKeys::generate`] writes; its content is not shown.
    #[error("the key file {0} does not hold valid keys")]
    Invalid(String),
    #[error("a key could not be generated")]
    Generate,
    /// The key to sign with or to retire is not there.
    #[error("there is no key {0}")]
    NoSuchKey(String),
    /// The key that signs cannot be retired.
    #[error("the key {0} signs; sign with another one first")]
    StillSigning(String),
    /// The key that seals cannot be retired.
    #[error("version {0} seals; seal with another one first")]
    StillSealing(u32),
    /// Retire old keys first.
    #[error("the file holds {KEYS_MAX} keys; retire old ones first")]
    TooManyKeys,
}

/// The keys of this process; cheap to clone.
#[derive(Clone)]
pub struct TokenKeys(Arc<Ring>);

struct Ring {
    signing_kid: String,
    signing: EncodingKey,
    verifying: BTreeMap<String, DecodingKey>,
}

impl TokenKeys {
    /// Makes a file, readable by its owner alone, with one fresh key.
    ///
    /// # Errors
    /// [`KeyError::Exists`] when there is a file: keys are never overwritten; [`KeyError::File`], [`KeyError::Generate`].
    pub fn generate(path: &Path) -> Result<Self, KeyError> {
        let key = fresh()?;
        let keys = KeyFile {
            signing: key.kid.clone(),
            keys: vec![key],
        };
        file::create(path, &keys)?;
        Self::from_file(path, &keys)
    }

    /// Reads the keys.
    ///
    /// # Errors
    /// [`KeyError::File`], [`KeyError::OpenToOthers`] or [`KeyError::Invalid`].
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        Self::from_file(path, &file::read(path)?)
    }

    /// No key at all: for a process that signs nobody in. Whatever it is asked to sign fails, and it believes no token.
    pub fn none() -> Self {
        Self(Arc::new(Ring {
            signing_kid: String::new(),
            // Of another family than the algorithm we sign with, which refuses it.
            signing: EncodingKey::from_secret(&[]),
            verifying: BTreeMap::new(),
        }))
    }

    /// The id of the key that signs.
    pub fn signing_kid(&self) -> &str {
        &self.0.signing_kid
    }

    /// The ids of all keys that verify.
    pub fn kids(&self) -> impl Iterator<Item = &str> {
        self.0.verifying.keys().map(String::as_str)
    }

    pub(crate) fn signing(&self) -> &EncodingKey {
        &self.0.signing
    }

    /// The own key with this id: the only place a `kid` ever leads to.
    pub(crate) fn verifying(&self, kid: &str) -> Option<&DecodingKey> {
        self.0.verifying.get(kid)
    }

    fn from_file(path: &Path, file: &KeyFile) -> Result<Self, KeyError> {
        let invalid = || KeyError::Invalid(path.display().to_string());
        if file.keys.len() > KEYS_MAX {
            return Err(KeyError::TooManyKeys);
        }
        let mut signing = None;
        let mut verifying = BTreeMap::new();
        for stored in &file.keys {
            let pkcs8 = stored.pkcs8().ok_or_else(invalid)?;
            let pair = Ed25519KeyPair::from_pkcs8(&pkcs8).map_err(|_| invalid())?;
            let public = pair.public_key().as_ref();
            // A kid that is not its key's thumbprint means an edited file.
            if kid(public) != stored.kid {
                return Err(invalid());
            }
            if stored.kid == file.signing {
                signing = Some(EncodingKey::from_ed_der(&pkcs8));
            }
            verifying.insert(stored.kid.clone(), DecodingKey::from_ed_der(public));
        }
        let signing = signing.ok_or_else(invalid)?;
        Ok(Self(Arc::new(Ring {
            signing_kid: file.signing.clone(),
            signing,
            verifying,
        })))
    }
}

impl fmt::Debug for TokenKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenKeys")
            .field("signing_kid", &self.0.signing_kid)
            .field("kids", &self.0.verifying.keys())
            .finish_non_exhaustive()
    }
}

/// Adds a fresh key that verifies but does not sign yet; answers its id.
///
/// # Errors
/// [`KeyError::TooManyKeys`], and those of reading and writing the file.
pub fn add(path: &Path) -> Result<String, KeyError> {
    let mut keys: KeyFile = file::read(path)?;
    if keys.keys.len() >= KEYS_MAX {
        return Err(KeyError::TooManyKeys);
    }
    let key = fresh()?;
    let kid = key.kid.clone();
    keys.keys.push(key);
    file::replace(path, &keys)?;
    Ok(kid)
}

/// Lets the key `kid` sign from the next start on.
///
/// # Errors
/// [`KeyError::NoSuchKey`], and those of reading and writing the file.
pub fn sign_with(path: &Path, kid: &str) -> Result<(), KeyError> {
    let mut keys: KeyFile = file::read(path)?;
    if !keys.keys.iter().any(|key| key.kid == kid) {
        return Err(KeyError::NoSuchKey(kid.to_owned()));
    }
    kid.clone_into(&mut keys.signing);
    file::replace(path, &keys)
}

/// Forgets the key `kid`: tokens it signed are refused from the next start on.
///
/// # Errors
/// [`KeyError::NoSuchKey`], [`KeyError::StillSigning`], and those of reading and writing the file.
pub fn retire(path: &Path, kid: &str) -> Result<(), KeyError> {
    let mut keys: KeyFile = file::read(path)?;
    if keys.signing == kid {
        return Err(KeyError::StillSigning(kid.to_owned()));
    }
    let before = keys.keys.len();
    keys.keys.retain(|key| key.kid != kid);
    if keys.keys.len() == before {
        return Err(KeyError::NoSuchKey(kid.to_owned()));
    }
    file::replace(path, &keys)
}

fn fresh() -> Result<StoredKey, KeyError> {
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| KeyError::Generate)?;
    let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).map_err(|_| KeyError::Generate)?;
    Ok(StoredKey::new(kid(pair.public_key().as_ref()), pkcs8.as_ref()))
}

/// The RFC 7638 thumbprint of a raw Ed25519 public key.
fn kid(public: &[u8]) -> String {
    let x = URL_SAFE_NO_PAD.encode(public);
    URL_SAFE_NO_PAD.encode(Sha256::digest(format!(
        r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#
    )))
}

#[cfg(test)]
mod tests;
