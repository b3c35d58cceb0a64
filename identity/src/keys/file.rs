//! Files of keys: JSON, mode 0600, replaced whole or not at all.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::zeroize::Zeroizing;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::KeyError;
use crate::random;

/// Eight keys need about 1.5 KB; a bigger file is not ours.
const FILE_BYTES_MAX: u64 = 16 * 1024;

/// What stands in the file. Without `Debug`: it is all secret.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyFile {
    pub(super) signing: String,
    pub(super) keys: Vec<StoredKey>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredKey {
    pub(super) kid: String,
    /// The private key, PKCS#8 in base64.
    pkcs8: String,
}

impl StoredKey {
    pub(super) fn new(kid: String, pkcs8: &[u8]) -> Self {
        Self {
            kid,
            pkcs8: STANDARD.encode(pkcs8),
        }
    }

    pub(super) fn pkcs8(&self) -> Option<Zeroizing<Vec<u8>>> {
        STANDARD.decode(&self.pkcs8).ok().map(Zeroizing::new)
    }
}

pub(super) fn read<F: DeserializeOwned>(path: &Path) -> Result<F, KeyError> {
    let metadata = fs::metadata(path).map_err(|source| at(path, source))?;
    if metadata.mode() & 0o077 != 0 {
        return Err(KeyError::OpenToOthers(path.display().to_string()));
    }
    let invalid = || KeyError::Invalid(path.display().to_string());
    if metadata.len() > FILE_BYTES_MAX {
        return Err(invalid());
    }
    let text = Zeroizing::new(fs::read(path).map_err(|source| at(path, source))?);
    // The parser's own message could quote the secret, so it is not passed on.
    serde_json::from_slice(&text).map_err(|_| invalid())
}

/// Writes a file that must not exist yet.
pub(super) fn create(path: &Path, keys: &impl Serialize) -> Result<(), KeyError> {
    let draft = write_draft(path, keys)?;
    // A link, unlike a rename, never replaces what is there.
    let linked = fs::hard_link(&draft, path);
    let removed = fs::remove_file(&draft);
    match linked {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(KeyError::Exists(path.display().to_string()))
        }
        linked => linked.and(removed).map_err(|source| at(path, source)),
    }
}

/// Puts a new content in the place of the old one.
pub(super) fn replace(path: &Path, keys: &impl Serialize) -> Result<(), KeyError> {
    let draft = write_draft(path, keys)?;
    fs::rename(&draft, path).map_err(|source| at(path, source))
}

fn write_draft(path: &Path, keys: &impl Serialize) -> Result<PathBuf, KeyError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}", hex::encode(random::bytes::<8>())));
    let draft = path.with_file_name(name);
    let text = serde_json::to_vec_pretty(keys).map_err(|_| KeyError::Invalid(path.display().to_string()))?;
    let text = Zeroizing::new(text);
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)
        .and_then(|mut file| {
            file.write_all(&text)?;
            file.sync_all()
        });
    match written {
        Ok(()) => Ok(draft),
        Err(source) => {
            // Nothing half-written stays behind; the first fault is the one to tell.
            let _ = fs::remove_file(&draft);
            Err(at(path, source))
        }
    }
}

fn at(path: &Path, source: io::Error) -> KeyError {
    KeyError::File {
        path: path.display().to_string(),
        source,
    }
}
