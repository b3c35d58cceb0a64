//! What a backup says of itself, and whether it is what it says.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use audit::StoredTree;
use audit::verify::other_logs::FormerLog;
use jiff::Timestamp;
use notary::SignedTreeHead;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::error::BackupError;

/// The manifest's form; a higher one is not read.
pub(crate) const FORM: u32 = 2;
/// The manifest's file.
pub(crate) const MANIFEST: &str = "manifest.json";
/// The manifest's own digest, as `sha256sum` writes it.
pub(crate) const MANIFEST_DIGEST: &str = "manifest.json.sha256";
/// The folder that `pg_dump` fills.
pub(crate) const DUMP: &str = "database";
/// How much of a file is digested at a time.
const READ_BYTES: usize = 1 << 20;

/// The log that was copied, as of the copy's snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceLog {
    /// Its identity, which a restored database does not keep.
    pub log_id: Uuid,
    /// Its last position; 0 when it is empty.
    pub position: i64,
    /// When the fact there was recorded.
    pub recorded_at: Option<Timestamp>,
    /// The tree over its hashed facts.
    pub tree: StoredTree,
    /// The last head that was signed over it, if any was.
    pub head: Option<SignedTreeHead>,
    /// Which logs it says that it comes from, the oldest first; of form 1 nobody knows.
    #[serde(default)]
    pub former_logs: Vec<FormerLog>,
}

/// One file of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CopiedFile {
    /// Its path below the backup's folder, with `/`.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// The SHA-256 of its bytes, in lower-case hex.
    pub sha256: String,
}

/// What a backup says of itself: `manifest.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Of this very text.
    pub form: u32,
    /// Which release made it.
    pub tot_version: String,
    /// The number of the newest migration of its tables.
    pub migration: i64,
    /// The moment of its snapshot, by the server's clock.
    pub taken_at: Timestamp,
    /// The server's version as a number, such as 180006.
    pub server_version: u32,
    /// The major version of the `pg_dump` that wrote it.
    pub tools_version: u32,
    /// The log.
    pub log: SourceLog,
    /// Every file but the manifest and its digest, by path.
    pub files: Vec<CopiedFile>,
}

impl Manifest {
    /// Reads the manifest of a backup and compares it with its own digest.
    ///
    /// # Errors
    /// There is none, it is damaged, or a newer release wrote it.
    pub fn read(folder: &Path) -> Result<Self, BackupError> {
        let path = folder.join(MANIFEST);
        let text = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(BackupError::NotWhole(folder.to_owned()));
            }
            read => read.map_err(BackupError::file("read", &path))?,
        };
        let own = fs::read(folder.join(MANIFEST_DIGEST)).unwrap_or_default();
        if own != digest_line(&text).as_bytes() {
            return Err(damaged(
                folder,
                format!("{MANIFEST} is not the one that {MANIFEST_DIGEST} was made of"),
            ));
        }
        let form = serde_json::from_slice::<serde_json::Value>(&text)
            .ok()
            .and_then(|manifest| manifest.get("form")?.as_u64());
        if let Some(form) = form.filter(|form| *form > u64::from(FORM)) {
            return Err(BackupError::NewerForm(u32::try_from(form).unwrap_or(u32::MAX)));
        }
        serde_json::from_slice(&text).map_err(|error| damaged(folder, format!("{MANIFEST}: {error}")))
    }

    /// Compares every file of the backup with what the manifest says of it. Blocks while it reads them all.
    ///
    /// # Errors
    /// [`BackupError::Damaged`] names the first file that is changed, gone or not of it.
    pub fn check_files(&self, folder: &Path) -> Result<(), BackupError> {
        let named: BTreeSet<&str> = self.files.iter().map(|file| file.path.as_str()).collect();
        let present = paths_below(folder)?;
        for path in &present {
            if !named.contains(path.as_str()) {
                return Err(damaged(folder, format!("{path} is not of it")));
            }
        }
        for file in &self.files {
            if !present.contains(&file.path) {
                return Err(damaged(folder, format!("{} is gone", file.path)));
            }
            if digest_of(folder, &file.path)? != *file {
                return Err(damaged(folder, format!("{} was changed", file.path)));
            }
        }
        Ok(())
    }

    /// Writes the manifest and its digest, on the disk. Blocks.
    ///
    /// # Errors
    /// A file cannot be written.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), BackupError> {
        let mut text = serde_json::to_vec_pretty(self).map_err(|error| BackupError::File {
            what: "write",
            path: folder.join(MANIFEST),
            source: error.into(),
        })?;
        text.push(b'\n');
        write_to_disk(&folder.join(MANIFEST_DIGEST), digest_line(&text).as_bytes())?;
        write_to_disk(&folder.join(MANIFEST), &text)
    }
}

/// Every file below the folder but the manifest and its digest, digested and on the disk. Blocks.
pub(crate) fn digest_all(folder: &Path) -> Result<Vec<CopiedFile>, BackupError> {
    let mut files = Vec::new();
    for path in paths_below(folder)? {
        files.push(digest_of(folder, &path)?);
        let file = folder.join(path);
        let synced = File::open(&file).and_then(|file| file.sync_all());
        synced.map_err(BackupError::file("write", &file))?;
    }
    Ok(files)
}

fn damaged(folder: &Path, what: String) -> BackupError {
    BackupError::Damaged {
        folder: folder.to_owned(),
        what,
    }
}

/// As `sha256sum manifest.json` prints it.
fn digest_line(manifest: &[u8]) -> String {
    format!("{}  {MANIFEST}\n", hex::encode(Sha256::digest(manifest)))
}

fn digest_of(folder: &Path, path: &str) -> Result<CopiedFile, BackupError> {
    let whole = folder.join(path);
    let failed = |error| BackupError::file("read", &whole)(error);
    let mut file = File::open(&whole).map_err(failed)?;
    let (mut digest, mut bytes, mut buffer) = (Sha256::new(), 0, vec![0; READ_BYTES]);
    loop {
        let read = file.read(&mut buffer).map_err(failed)?;
        let Some(part) = buffer.get(..read).filter(|part| !part.is_empty()) else {
            break;
        };
        digest.update(part);
        bytes += read as u64;
    }
    Ok(CopiedFile {
        path: path.to_owned(),
        bytes,
        sha256: hex::encode(digest.finalize()),
    })
}

/// The files of a backup, which has folders of one level, by their paths.
fn paths_below(folder: &Path) -> Result<BTreeSet<String>, BackupError> {
    let mut paths = BTreeSet::new();
    for (name, path) in entries(folder)? {
        if path.is_dir() {
            paths.extend(
                entries(&path)?
                    .into_iter()
                    .map(|(inner, _)| format!("{name}/{inner}")),
            );
        } else if ![MANIFEST, MANIFEST_DIGEST].contains(&name.as_str()) {
            paths.insert(name);
        }
    }
    Ok(paths)
}

fn entries(folder: &Path) -> Result<Vec<(String, PathBuf)>, BackupError> {
    let listed = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let listed = listed.map_err(BackupError::file("list", folder))?;
    let named = |entry: fs::DirEntry| (entry.file_name().to_string_lossy().into_owned(), entry.path());
    Ok(listed.into_iter().map(named).collect())
}

fn write_to_disk(path: &Path, bytes: &[u8]) -> Result<(), BackupError> {
    let written = File::create(path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(BackupError::file("write", path))
}
