//! One running server: kill it, pause it, bring it back on the same port and data.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Child;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::error::StackError;
use crate::launcher::{RunAs, spawn};
use crate::{nats, postgres, valkey};

/// How long a server may take from its start to its first answer; crash recovery after heavy load is the longest case.
const READY_MAX: Duration = Duration::from_secs(60);
/// How long one attempt to reach a starting server may take.
const KNOCK_MAX: Duration = Duration::from_secs(2);
/// Between two looks at a starting or stopping server.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// How long a server may take to stop politely before it is killed.
const STOP_MAX: Duration = Duration::from_secs(10);
/// How much of a log is shown when a server fails, in lines.
const TAIL_LINES_MAX: usize = 20;

/// How to start a server.
pub(crate) struct Launch {
    pub(crate) program: PathBuf,
    pub(crate) args: Vec<OsString>,
    pub(crate) log: PathBuf,
    pub(crate) port: u16,
    pub(crate) death_signal: &'static str,
}

/// Which server it is; they differ in how they answer and how they stop.
pub(crate) enum Kind {
    /// With the address of its maintenance database.
    Postgres(String),
    Nats,
    Valkey,
}

impl Kind {
    fn name(&self) -> &'static str {
        match self {
            Kind::Postgres(_) => "Postgres",
            Kind::Nats => "NATS",
            Kind::Valkey => "Valkey",
        }
    }
}

/// A server this process started and owns.
pub struct Server {
    kind: Kind,
    launch: Launch,
    run_as: RunAs,
    child: Mutex<Option<Child>>,
}

/// Why a start did not succeed.
pub(crate) enum StartError {
    /// Somebody else took the port: another one may do.
    PortTaken,
    Fatal(StackError),
}

impl Server {
    /// Starts it and waits until it answers.
    pub(crate) async fn start(kind: Kind, launch: Launch, run_as: RunAs) -> Result<Server, StartError> {
        let server = Server {
            kind,
            launch,
            run_as,
            child: Mutex::new(None),
        };
        server.start_again(true).await?;
        Ok(server)
    }

    /// The TCP port on 127.0.0.1; it stays the same for this server's life.
    pub fn port(&self) -> u16 {
        self.launch.port
    }

    /// The process id, or none while the server is down.
    pub fn pid(&self) -> Option<u32> {
        self.child().as_ref().map(Child::id)
    }

    /// Kills it at once (SIGKILL, its children too) and returns when it is dead. Its data stays.
    ///
    /// # Errors
    /// [`StackError::NotRunning`] when it is down already.
    pub fn kill(&self) -> Result<(), StackError> {
        let mut child = self.child();
        let running = child.as_mut().ok_or(StackError::NotRunning(self.kind.name()))?;
        // Listed before, killed after: an orphan has another parent, and a living one would be replaced.
        let children = children_of(running.id());
        running.kill().map_err(|source| StackError::Signal {
            pid: running.id(),
            source,
        })?;
        for pid in children {
            let _ = signal(pid, Signal::SIGKILL);
        }
        let pid = running.id();
        running
            .wait()
            .map_err(|source| StackError::Signal { pid, source })?;
        *child = None;
        Ok(())
    }

    /// Starts it again on the same port and data, stopping it politely first if it runs; returns when it answers.
    ///
    /// # Errors
    /// [`StackError::Stopped`] or [`StackError::NotReady`], with the end of the server's log.
    pub async fn restart(&self) -> Result<(), StackError> {
        self.halt();
        match self.start_again(false).await {
            Ok(()) => Ok(()),
            Err(StartError::Fatal(error)) => Err(error),
            Err(StartError::PortTaken) => Err(StackError::Stopped {
                server: self.kind.name(),
                tail: self.log_since(0),
            }),
        }
    }

    /// Stops it in its tracks (SIGSTOP, its children too): connections stay open and nobody answers.
    ///
    /// # Errors
    /// [`StackError::NotRunning`] when it is down.
    pub fn pause(&self) -> Result<(), StackError> {
        self.signal_family(Signal::SIGSTOP)
    }

    /// Lets a paused server go on (SIGCONT).
    ///
    /// # Errors
    /// [`StackError::NotRunning`] when it is down.
    pub fn resume(&self) -> Result<(), StackError> {
        self.signal_family(Signal::SIGCONT)
    }

    /// Stops it politely, and by force when that takes too long. Does nothing when it is down.
    pub(crate) fn halt(&self) {
        let polite = match self.kind {
            // Fast shutdown: sessions end, everything is written.
            Kind::Postgres(_) => Signal::SIGINT,
            Kind::Nats | Kind::Valkey => Signal::SIGTERM,
        };
        // A paused server hears nothing else.
        let _ = self.resume();
        if let Some(pid) = self.pid() {
            let _ = signal(pid, polite);
        }
        let deadline = Instant::now() + STOP_MAX;
        while self.is_running() && Instant::now() < deadline {
            std::thread::sleep(LOOK_EVERY);
        }
        let _ = self.kill();
    }

    async fn start_again(&self, port_may_change: bool) -> Result<(), StartError> {
        let deadline = Instant::now() + READY_MAX;
        loop {
            let log_start = fs::metadata(&self.launch.log).map_or(0, |log| log.len());
            self.spawn().map_err(StartError::Fatal)?;
            match self.wait_until_ready(deadline, log_start).await {
                Ok(()) => return Ok(()),
                Err(error) => {
                    let _ = self.kill();
                    let words = self.log_since(log_start).to_lowercase();
                    let port_taken = words.contains("address already in use");
                    if port_taken && port_may_change {
                        return Err(StartError::PortTaken);
                    }
                    // The one before us on this data or port may still be dying.
                    let held = ["postmaster.pid", "shared memory block"]
                        .iter()
                        .any(|word| words.contains(word));
                    if !(port_taken || held) || Instant::now() >= deadline {
                        return Err(StartError::Fatal(error));
                    }
                    tokio::time::sleep(LOOK_EVERY * 10).await;
                }
            }
        }
    }

    fn spawn(&self) -> Result<(), StackError> {
        let path = &self.launch.log;
        let log = File::options()
            .create(true)
            .append(true)
            .open(path)
            .map_err(StackError::file("open", path))?;
        let log_too = log.try_clone().map_err(StackError::file("open", path))?;
        let mut command = self
            .run_as
            .command(&self.launch.program, self.launch.death_signal);
        command.args(&self.launch.args).stdout(log).stderr(log_too);
        *self.child() = Some(spawn(command)?);
        Ok(())
    }

    async fn wait_until_ready(&self, deadline: Instant, log_start: u64) -> Result<(), StackError> {
        let server = self.kind.name();
        while Instant::now() < deadline {
            if !self.is_running() {
                return Err(StackError::Stopped {
                    server,
                    tail: self.log_since(log_start),
                });
            }
            let answered = match &self.kind {
                Kind::Postgres(url) => tokio::time::timeout(KNOCK_MAX, postgres::answers(url)).await,
                Kind::Nats => tokio::time::timeout(KNOCK_MAX, nats::greets(self.launch.port)).await,
                Kind::Valkey => tokio::time::timeout(KNOCK_MAX, valkey::answers(self.launch.port)).await,
            };
            // Still running: otherwise it was another server that answered on a port it lost.
            if answered == Ok(true) && self.is_running() {
                return Ok(());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Err(StackError::NotReady {
            server,
            seconds: READY_MAX.as_secs(),
            tail: self.log_since(log_start),
        })
    }

    fn is_running(&self) -> bool {
        self.child()
            .as_mut()
            .is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    fn signal_family(&self, what: Signal) -> Result<(), StackError> {
        let pid = self.pid().ok_or(StackError::NotRunning(self.kind.name()))?;
        signal(pid, what)?;
        for child in children_of(pid) {
            // One that ended meanwhile needs no signal.
            let _ = signal(child, what);
        }
        Ok(())
    }

    /// The last lines of the log, of those after the first `skipped` bytes.
    fn log_since(&self, skipped: u64) -> String {
        let log = fs::read(&self.launch.log).unwrap_or_default();
        let from = usize::try_from(skipped).unwrap_or(0).min(log.len());
        let text = String::from_utf8_lossy(&log[from..]).into_owned();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(TAIL_LINES_MAX)..].join("\n")
    }

    fn child(&self) -> MutexGuard<'_, Option<Child>> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Whoever wants a polite end has halted it before.
        let _ = self.kill();
    }
}

fn signal(pid: u32, what: Signal) -> Result<(), StackError> {
    let target = i32::try_from(pid).map_or(Err(nix::errno::Errno::ESRCH), |pid| {
        kill(Pid::from_raw(pid), what)
    });
    target.map_err(|errno| StackError::Signal {
        pid,
        source: errno.into(),
    })
}

/// The processes whose parent is `pid`, from /proc; those that vanish while we look are left out.
fn children_of(pid: u32) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return vec![];
    };
    let processes = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_string_lossy().parse::<u32>().ok());
    processes
        .filter(|process| parent_of(*process) == Some(pid))
        .collect()
}

fn parent_of(pid: u32) -> Option<u32> {
    // `pid (name) state parent …`; the name may hold anything, so look after its last bracket.
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(1)?.parse().ok()
}
