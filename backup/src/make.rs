//! Makes a backup: one snapshot, copied by `pg_dump`, read back whole, given its name last.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::task::spawn_blocking;

use crate::address::DatabaseAddress;
use crate::error::BackupError;
use crate::manifest::{DUMP, FORM, MANIFEST, MANIFEST_DIGEST, Manifest, digest_all};
use crate::snapshot::{Snapshot, major};
use crate::tools::{Program, Tools};

/// Added to the name of a backup that is being written.
const PARTIAL: &str = ".partial";
/// Inside it; locked as long as somebody writes.
const LOCK: &str = "lock";
/// All that a backup which was cut short may have left.
const OURS: [&str; 4] = [LOCK, DUMP, MANIFEST, MANIFEST_DIGEST];
/// Rows with the log's identity: a restored database draws its own.
const IDENTITY: &str = "public.log_identity";

/// What a backup is told beside the database.
#[derive(Clone, Debug)]
pub struct BackupOptions {
    /// The folder that it becomes; there must be nothing of that name.
    pub out: PathBuf,
    /// Which release makes it.
    pub tot_version: String,
    /// How many tables are copied at the same time.
    pub jobs: u8,
    /// Postgres' programs.
    pub tools: Tools,
}

/// Makes a backup of the database, as its owner, beside everybody's work.
///
/// # Errors
/// Whatever keeps it from being whole; then nothing of its name is there.
pub async fn make(address: &DatabaseAddress, options: &BackupOptions) -> Result<Manifest, BackupError> {
    // Without the `/` at its end that others like to see behind a folder.
    let out: PathBuf = options.out.components().collect();
    if out.exists() {
        return Err(BackupError::OutExists(out));
    }
    let snapshot = Snapshot::take(address).await?;
    let server = major(snapshot.server_version);
    let tools_version = options.tools.check(Program::Dump, server).await?;
    options.tools.check(Program::Restore, tools_version).await?;
    let partial = Partial::begin(&out)?;
    let made = copy(address, options, &snapshot, &partial, tools_version).await;
    snapshot.end().await;
    match made {
        Ok(manifest) => {
            partial.finish(&out)?;
            Ok(manifest)
        }
        Err(error) => {
            partial.give_up();
            Err(error)
        }
    }
}

async fn copy(
    address: &DatabaseAddress,
    options: &BackupOptions,
    snapshot: &Snapshot,
    partial: &Partial,
    tools_version: u32,
) -> Result<Manifest, BackupError> {
    let tools = &options.tools;
    let folder = partial.folder.join(DUMP);
    let mut dump = tools.command(Program::Dump, Some(address));
    // The lock goes with whoever writes here, also when this process is killed and the program is not.
    dump.stdin(Stdio::from(partial.lock()?))
        .args(["--no-password", "--format=directory", "--encoding=UTF8"])
        .arg(format!("--jobs={}", options.jobs))
        .arg(format!("--snapshot={}", snapshot.name))
        .arg(format!("--exclude-table-data={IDENTITY}"))
        .arg("--file")
        .arg(&folder);
    tools.run(Program::Dump, dump).await?;
    // Reads and unpacks every byte of it.
    let mut read_back = tools.command(Program::Restore, None);
    read_back.args(["--file", "/dev/null"]).arg(&folder);
    tools.run(Program::Restore, read_back).await?;
    partial.unlink_lock()?;
    let whole = partial.folder.clone();
    let mut manifest = Manifest {
        form: FORM,
        tot_version: options.tot_version.clone(),
        migration: snapshot.migration,
        taken_at: snapshot.taken_at,
        server_version: snapshot.server_version,
        tools_version,
        log: snapshot.log.clone(),
        files: Vec::new(),
    };
    let written = spawn_blocking(move || {
        manifest.files = digest_all(&whole)?;
        manifest.write(&whole)?;
        sync(&whole.join(DUMP))?;
        sync(&whole)?;
        Ok(manifest)
    });
    written.await.map_err(BackupError::Interrupted)?
}

/// A backup that is being written, under another name than it will have.
struct Partial {
    folder: PathBuf,
    lock: File,
}

impl Partial {
    /// Makes the folder anew, which only its owner may enter: people are in it. What a killed backup left there goes.
    fn begin(out: &Path) -> Result<Self, BackupError> {
        let mut name = out.as_os_str().to_owned();
        name.push(PARTIAL);
        let folder = PathBuf::from(name);
        if folder.exists() {
            require_ours(&folder)?;
            let _lock = lock_in(&folder)?;
            fs::remove_dir_all(&folder).map_err(BackupError::file("remove", &folder))?;
        }
        let made = DirBuilder::new().mode(0o700).create(&folder);
        made.map_err(BackupError::file("make the folder", &folder))?;
        let lock = lock_in(&folder)?;
        Ok(Self { folder, lock })
    }

    fn lock(&self) -> Result<File, BackupError> {
        self.lock
            .try_clone()
            .map_err(BackupError::file("open", &self.folder.join(LOCK)))
    }

    fn unlink_lock(&self) -> Result<(), BackupError> {
        let path = self.folder.join(LOCK);
        fs::remove_file(&path).map_err(BackupError::file("remove", &path))
    }

    fn finish(self, out: &Path) -> Result<(), BackupError> {
        if out.exists() {
            let taken = BackupError::OutExists(out.to_owned());
            self.give_up();
            return Err(taken);
        }
        fs::rename(&self.folder, out).map_err(BackupError::file("rename", &self.folder))?;
        let above = out.parent().filter(|above| !above.as_os_str().is_empty());
        sync(above.unwrap_or(Path::new(".")))
    }

    fn give_up(self) {
        // It has no manifest: whatever stays looks like what it is, and the next backup of this name removes it.
        drop(fs::remove_dir_all(&self.folder));
    }
}

/// Refuses a folder that holds anything else than a backup that was cut short: it would be removed.
fn require_ours(folder: &Path) -> Result<(), BackupError> {
    let listed = fs::read_dir(folder).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
    let listed = listed.map_err(BackupError::file("list", folder))?;
    let foreign = listed
        .iter()
        .find(|entry| !OURS.iter().any(|ours| entry.file_name() == *ours));
    match foreign {
        None => Ok(()),
        Some(entry) => Err(BackupError::NotOurs {
            folder: folder.to_owned(),
            entry: entry.path(),
        }),
    }
}

/// The lock of a folder that is being written, unless somebody else writes there.
fn lock_in(folder: &Path) -> Result<File, BackupError> {
    let path = folder.join(LOCK);
    let opened = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path);
    let lock = opened.map_err(BackupError::file("open", &path))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(BackupError::UnderWay(folder.to_owned())),
        Err(TryLockError::Error(source)) => Err(BackupError::file("lock", &path)(source)),
    }
}

fn sync(folder: &Path) -> Result<(), BackupError> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(BackupError::file("write", folder))
}
