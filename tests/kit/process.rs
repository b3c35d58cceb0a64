//! One running `tot`: started, watched until it is ready, killed, paused or stopped, its log kept for scanning.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// How long a start may take (a debug build on a busy machine).
const START_PATIENCE: Duration = Duration::from_secs(60);
/// How long an orderly stop may take.
const STOP_PATIENCE: Duration = Duration::from_secs(30);
/// What the binary prints when it serves.
const READY: &str = "TOT is ready";

/// A running `tot`.
#[derive(Debug)]
pub struct Process {
    child: Child,
}

/// The binary that this workspace's build made.
pub fn binary(name: &str) -> PathBuf {
    if let Some(folder) = std::env::var_os("TOT_TEST_BIN_DIR") {
        return PathBuf::from(folder).join(name);
    }
    let test = std::env::current_exe().unwrap();
    let folder = test.ancestors().find(|folder| folder.join(name).is_file());
    let Some(folder) = folder else {
        panic!("{name} is not built: run `cargo build --workspace`, as `make test` does");
    };
    folder.join(name)
}

/// `tot` with these arguments, these variables, and no others but what a program needs to be found and measured.
pub fn command(arguments: &[&str], environment: &[(String, String)]) -> Command {
    let mut command = Command::new(binary("tot"));
    command.args(arguments).env_clear().kill_on_drop(true);
    for passed_on in ["PATH", "LLVM_PROFILE_FILE"] {
        command.envs(std::env::var(passed_on).map(|value| (passed_on, value)));
    }
    command.envs(environment.iter().cloned());
    command
}

impl Process {
    /// Starts `tot` with `arguments` and waits until it says that it is ready. What it prints lies beside its `log`, as
    /// `.out`.
    pub async fn start(arguments: &[&str], environment: &[(String, String)], log: &Path) -> Self {
        Self::start_as(command(arguments, environment), log).await
    }

    /// The same for a [`command`] that somebody has something to add to.
    pub async fn start_as(mut command: Command, log: &Path) -> Self {
        let errors = std::fs::File::options()
            .create(true)
            .append(true)
            .open(log)
            .unwrap();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut printed = std::fs::File::options()
            .create(true)
            .append(true)
            .open(log.with_extension("out"))
            .unwrap();
        let ready = async {
            while let Ok(Some(line)) = lines.next_line().await {
                writeln!(printed, "{line}").unwrap();
                if line.starts_with(READY) {
                    return true;
                }
            }
            false
        };
        let ready = tokio::time::timeout(START_PATIENCE, ready).await;
        if ready != Ok(true) {
            let said = std::fs::read_to_string(log).unwrap_or_default();
            panic!("{command:?} did not start: {ready:?}\n{said}");
        }
        // Whatever it prints later must not fill the pipe; the folder may be gone when it ends.
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                drop(writeln!(printed, "{line}"));
            }
        });
        Self { child }
    }

    /// The operating system's number of the process.
    pub fn pid(&self) -> u32 {
        self.child.id().expect("the process runs")
    }

    /// Ends it at once, in the middle of whatever it does (SIGKILL).
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Waits until it ends by itself, and answers how.
    pub async fn ended(mut self) -> std::process::ExitStatus {
        let ended = tokio::time::timeout(STOP_PATIENCE, self.child.wait()).await;
        ended.expect("the process ends by itself").unwrap()
    }

    /// Asks it to finish what it accepted and end (SIGTERM).
    pub async fn stop(self) {
        self.stop_by("TERM").await;
    }

    /// The same, as Ctrl-C in its terminal does (SIGINT).
    pub async fn interrupt(self) {
        self.stop_by("INT").await;
    }

    async fn stop_by(mut self, name: &str) {
        signal(self.pid(), name).await;
        let ended = tokio::time::timeout(STOP_PATIENCE, self.child.wait()).await;
        let status = ended.expect("an orderly stop").unwrap();
        assert!(status.success(), "the process ended with {status}");
    }

    /// Stops it from running for a while (SIGSTOP).
    pub async fn pause(&self) {
        signal(self.pid(), "STOP").await;
    }

    /// Lets it run on (SIGCONT).
    pub async fn resume(&self) {
        signal(self.pid(), "CONT").await;
    }
}

/// `kill` the program, since sending a signal from here would take unsafe code.
async fn signal(pid: u32, name: &str) {
    let status = Command::new("kill")
        .arg(format!("-{name}"))
        .arg(pid.to_string())
        .status()
        .await
        .unwrap();
    assert!(status.success(), "kill -{name} {pid}");
}
