//! The master keys, from a file outside the database: what personal data at rest is opened with in the end.
//!
//! Each has a version. One seals, all open, so that they change while everything runs: [`add`] a version and restart every
//! process (all can open it now), [`seal_with`] it and restart, seal again what older ones sealed, and [`retire`] those.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::{hkdf, hmac};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, Serialize};

use super::{KEYS_MAX, KeyError, file};
use crate::sealing::{self, KEY_BYTES, Key};

/// Keeps what is derived here from being what anybody else derives from the same bytes.
const SALT: &[u8] = b"tot master keys";
/// Bytes of the version in front of what is sealed, big-endian.
const VERSION_BYTES: usize = 4;

/// Why something could not be sealed or opened.
#[expect(missing_docs, reason = "each message says it")]
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    #[error(
        "this process has no master keys: set TOT_MASTER_KEYS to the file that `tot keys new-master` made"
    )]
    NoKeys,
    #[error(
        "version {0} of the master keys is not in the file of TOT_MASTER_KEYS: put it back from where keys are kept"
    )]
    MissingVersion(u32),
    #[error(
        "what is sealed does not open: it was changed, moved, or sealed with another file of master keys"
    )]
    DoesNotOpen,
}

/// The master keys of this process; cheap to clone.
#[derive(Clone)]
pub struct MasterKeys(Arc<Ring>);

struct Ring {
    sealing: u32,
    keys: BTreeMap<u32, hkdf::Prk>,
}

/// A digest under a master key: comparable with others of its version alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyedHash {
    /// Of the master key.
    pub version: u32,
    /// HMAC-SHA-256.
    pub hash: [u8; 32],
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MasterFile {
    sealing: u32,
    keys: Vec<StoredMaster>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredMaster {
    version: u32,
    /// 256 bits in base64.
    key: String,
}

impl MasterKeys {
    /// Makes a file, readable by its owner alone, with a fresh key, version 1.
    ///
    /// # Errors
    /// [`KeyError::Exists`] when there is a file: keys are never overwritten; [`KeyError::File`].
    pub fn generate(path: &Path) -> Result<Self, KeyError> {
        let keys = MasterFile {
            sealing: 1,
            keys: vec![fresh(1)],
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

    /// No key at all, for a process that has nothing to do with personal data: it seals and opens nothing.
    pub fn none() -> Self {
        Self(Arc::new(Ring {
            sealing: 0,
            keys: BTreeMap::new(),
        }))
    }

    /// The version that seals; 0 without keys.
    pub fn sealing_version(&self) -> u32 {
        self.0.sealing
    }

    /// All versions that open, the oldest first.
    pub fn versions(&self) -> impl Iterator<Item = u32> {
        self.0.keys.keys().copied()
    }

    /// Seals `plain` for `purpose`, each of which has a key of its own, bound to `context`: whose row and which field it is.
    /// The version of the key stands in front, in four bytes, so that SQL can count and choose by it.
    ///
    /// # Errors
    /// [`MasterKeyError::NoKeys`].
    pub fn seal(&self, purpose: &str, context: &[u8], plain: &[u8]) -> Result<Vec<u8>, MasterKeyError> {
        let version = self.0.sealing;
        let key = self.derive(version, b"seal", purpose)?;
        let sealed = sealing::seal(&key, context, plain).map_err(|_| MasterKeyError::DoesNotOpen)?;
        Ok([version.to_be_bytes().as_slice(), &sealed].concat())
    }

    /// Opens what was sealed for the same purpose and context under any version of the file.
    ///
    /// # Errors
    /// [`MasterKeyError::MissingVersion`], [`MasterKeyError::DoesNotOpen`] or [`MasterKeyError::NoKeys`].
    pub fn open(
        &self,
        purpose: &str,
        context: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, MasterKeyError> {
        let version = Self::version_of(sealed).ok_or(MasterKeyError::DoesNotOpen)?;
        let key = self.derive(version, b"seal", purpose)?;
        let text = sealed.get(VERSION_BYTES..).unwrap_or_default();
        sealing::open(&key, context, text).map_err(|_| MasterKeyError::DoesNotOpen)
    }

    /// Under which version this was sealed; none for what is too short to be sealed.
    pub fn version_of(sealed: &[u8]) -> Option<u32> {
        sealed
            .first_chunk::<VERSION_BYTES>()
            .map(|bytes| u32::from_be_bytes(*bytes))
    }

    /// A digest of `bytes` for `purpose` that nobody without the key can make or guess back, under the version that seals.
    ///
    /// # Errors
    /// [`MasterKeyError::NoKeys`].
    pub fn keyed_hash(&self, purpose: &str, bytes: &[u8]) -> Result<KeyedHash, MasterKeyError> {
        self.hash_under(self.0.sealing, purpose, bytes)
    }

    /// The same under every version there is, the oldest first: to find what was hashed under any of them.
    ///
    /// # Errors
    /// [`MasterKeyError::NoKeys`].
    pub fn keyed_hashes(&self, purpose: &str, bytes: &[u8]) -> Result<Vec<KeyedHash>, MasterKeyError> {
        if self.0.keys.is_empty() {
            return Err(MasterKeyError::NoKeys);
        }
        self.versions()
            .map(|version| self.hash_under(version, purpose, bytes))
            .collect()
    }

    fn hash_under(&self, version: u32, purpose: &str, bytes: &[u8]) -> Result<KeyedHash, MasterKeyError> {
        let key = self.derive(version, b"hash", purpose)?;
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_slice()), bytes);
        let hash = tag.as_ref().try_into().map_err(|_| MasterKeyError::DoesNotOpen)?;
        Ok(KeyedHash { version, hash })
    }

    fn derive(&self, version: u32, how: &[u8], purpose: &str) -> Result<Key, MasterKeyError> {
        let master = self.0.keys.get(&version).ok_or(match self.0.keys.is_empty() {
            true => MasterKeyError::NoKeys,
            false => MasterKeyError::MissingVersion(version),
        })?;
        let mut key = Key::default();
        let info = [how, b":", purpose.as_bytes()];
        master
            .expand(&info, hkdf::HKDF_SHA256)
            .and_then(|material| material.fill(key.as_mut_slice()))
            .map_err(|_| MasterKeyError::DoesNotOpen)?;
        Ok(key)
    }

    fn from_file(path: &Path, file: &MasterFile) -> Result<Self, KeyError> {
        let invalid = || KeyError::Invalid(path.display().to_string());
        if file.keys.len() > KEYS_MAX {
            return Err(KeyError::TooManyKeys);
        }
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, SALT);
        let mut keys = BTreeMap::new();
        for stored in &file.keys {
            let bytes = Zeroizing::new(STANDARD.decode(&stored.key).map_err(|_| invalid())?);
            let is_new = keys.insert(stored.version, salt.extract(&bytes)).is_none();
            if bytes.len() != KEY_BYTES || stored.version == 0 || !is_new {
                return Err(invalid());
            }
        }
        if !keys.contains_key(&file.sealing) {
            return Err(invalid());
        }
        Ok(Self(Arc::new(Ring {
            sealing: file.sealing,
            keys,
        })))
    }
}

impl fmt::Debug for MasterKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MasterKeys")
            .field("sealing", &self.0.sealing)
            .field("versions", &self.0.keys.keys())
            .finish()
    }
}

/// Adds a fresh version that opens but does not seal yet; answers it.
///
/// # Errors
/// [`KeyError::TooManyKeys`], and those of reading and writing the file.
pub fn add(path: &Path) -> Result<u32, KeyError> {
    let mut keys = valid(path)?;
    if keys.keys.len() >= KEYS_MAX {
        return Err(KeyError::TooManyKeys);
    }
    let newest = keys.keys.iter().map(|key| key.version).max().unwrap_or_default();
    let version = newest.saturating_add(1);
    keys.keys.push(fresh(version));
    file::replace(path, &keys)?;
    Ok(version)
}

/// Lets a version seal from the next start on.
///
/// # Errors
/// [`KeyError::NoSuchKey`], and those of reading and writing the file.
pub fn seal_with(path: &Path, version: u32) -> Result<(), KeyError> {
    let mut keys = valid(path)?;
    if !keys.keys.iter().any(|key| key.version == version) {
        return Err(KeyError::NoSuchKey(version.to_string()));
    }
    keys.sealing = version;
    file::replace(path, &keys)
}

/// Forgets a version: what it sealed cannot be opened any more, so whoever asks has made sure that nothing is left.
///
/// # Errors
/// [`KeyError::NoSuchKey`], [`KeyError::StillSealing`], and those of reading and writing the file.
pub fn retire(path: &Path, version: u32) -> Result<(), KeyError> {
    let mut keys = valid(path)?;
    if keys.sealing == version {
        return Err(KeyError::StillSealing(version));
    }
    let before = keys.keys.len();
    keys.keys.retain(|key| key.version != version);
    if keys.keys.len() == before {
        return Err(KeyError::NoSuchKey(version.to_string()));
    }
    file::replace(path, &keys)
}

/// A file is looked at whole before it is changed: a broken one stays as it is.
fn valid(path: &Path) -> Result<MasterFile, KeyError> {
    let keys: MasterFile = file::read(path)?;
    MasterKeys::from_file(path, &keys)?;
    Ok(keys)
}

fn fresh(version: u32) -> StoredMaster {
    StoredMaster {
        version,
        key: STANDARD.encode(sealing::new_key().as_slice()),
    }
}

#[cfg(test)]
mod tests;
