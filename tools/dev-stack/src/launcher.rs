//! Starts programs so that they die with this process and, when this process is root, run as nobody.
//!
//! Both are done by `setpriv` and `unshare` of util-linux, since asking the kernel ourselves between fork and exec needs
//! unsafe code. The kernel sends the death signal when the *thread* that spawned the child ends, hence a thread of our
//! own that lives as long as the process.

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{OnceLock, mpsc};

use crate::error::StackError;

/// Nobody, on every Linux we know.
const NOBODY: u32 = 65_534;

/// How this process keeps its servers away from root.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RunAs {
    /// We are an ordinary user: nothing to change.
    None,
    /// A user namespace in which our root is nobody: works below any folder, files stay ours.
    Namespace,
    /// Really become nobody: needs folders that nobody may enter and a data folder given to him.
    Nobody,
}

impl RunAs {
    /// The best one this machine allows for running `program` on `folder`, which is handed over if need be.
    pub(crate) fn choose(program: &Path, folder: &Path) -> Result<RunAs, StackError> {
        if !is_root() {
            return Ok(RunAs::None);
        }
        let in_namespace = trial(RunAs::Namespace, Path::new("true"), &[]);
        let Err(first) = in_namespace else {
            return Ok(RunAs::Namespace);
        };

        let handed = std::os::unix::fs::chown(folder, Some(NOBODY), Some(NOBODY));
        handed.map_err(StackError::file("hand to nobody", folder))?;
        for (test, path) in [("-x", program), ("-w", folder)] {
            let args = [OsStr::new(test), path.as_os_str()];
            if trial(RunAs::Nobody, Path::new("test"), &args).is_err() {
                let second = format!(
                    "{} is out of nobody's reach (a folder above it is closed)",
                    path.display()
                );
                return Err(StackError::CannotLeaveRoot(format!(
                    "no user namespace ({first}); {second}"
                )));
            }
        }
        Ok(RunAs::Nobody)
    }

    /// `program` run as this user, to be sent `death_signal` when we die.
    pub(crate) fn command(self, program: &Path, death_signal: &str) -> Command {
        let mut command = match self {
            RunAs::None => {
                let mut command = Command::new("setpriv");
                command.args(["--pdeathsig", death_signal]);
                command
            }
            RunAs::Namespace => {
                let mut command = Command::new("unshare");
                command
                    .arg("--user")
                    .arg(format!("--map-user={NOBODY}"))
                    .arg(format!("--map-group={NOBODY}"));
                command.args(["--", "setpriv", "--pdeathsig", death_signal]);
                command
            }
            RunAs::Nobody => {
                let mut command = Command::new("setpriv");
                command
                    .arg(format!("--reuid={NOBODY}"))
                    .arg(format!("--regid={NOBODY}"))
                    .arg("--clear-groups");
                // In the same call as the change of user, which would clear an earlier one.
                command.args(["--pdeathsig", death_signal]);
                command
            }
        };
        command.arg("--").arg(program);
        // A group of its own: Ctrl-C in the terminal is for us, and we stop the servers in order.
        command.stdin(Stdio::null()).env("LC_ALL", "C").process_group(0);
        command
    }
}

/// Spawns `program` so that it is terminated when this process dies, however it dies. Signals of the terminal reach it as usual.
///
/// # Errors
/// What the system answers, for instance that there is no such program.
pub fn spawn_bound(
    program: &OsStr,
    args: &[impl AsRef<OsStr>],
    envs: &[(&str, String)],
) -> Result<Child, StackError> {
    let mut command = Command::new("setpriv");
    command
        .args(["--pdeathsig", "TERM", "--"])
        .arg(program)
        .args(args);
    command.envs(envs.iter().map(|(name, value)| (name, value)));
    spawn(command)
}

/// Spawns from the thread that lives as long as the process.
pub(crate) fn spawn(command: Command) -> Result<Child, StackError> {
    type SpawnRequest = (Command, mpsc::SyncSender<io::Result<Child>>);
    static SPAWNER: OnceLock<mpsc::Sender<SpawnRequest>> = OnceLock::new();

    let program = command.get_program().to_string_lossy().into_owned();
    let error = |source| StackError::Spawn { program, source };
    let spawner = SPAWNER.get_or_init(|| {
        let (requests, inbox) = mpsc::channel::<SpawnRequest>();
        // When no thread can be had the inbox is dropped with the closure, and the requests below say so.
        let _ = std::thread::Builder::new()
            .name("dev-stack-spawner".into())
            .spawn(move || {
                for (mut command, answer) in inbox {
                    let _ = answer.send(command.spawn());
                }
            });
        requests
    });
    let (answer, child) = mpsc::sync_channel(1);
    let spawned = match spawner.send((command, answer)) {
        Ok(()) => child
            .recv()
            .unwrap_or_else(|_| Err(io::Error::other("the spawning thread is gone"))),
        Err(_) => Err(io::Error::other("no thread to spawn from")),
    };
    spawned.map_err(error)
}

fn is_root() -> bool {
    // The owner of our own process folder is our effective user.
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0)
}

/// Runs a harmless program as such a user; the error is what it wrote.
fn trial(run_as: RunAs, program: &Path, args: &[&OsStr]) -> Result<(), String> {
    let output = run_as
        .command(program, "KILL")
        .args(args)
        .output()
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}
