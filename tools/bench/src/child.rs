//! A service under measurement: started, asked where it listens, its memory read, stopped.

use std::path::PathBuf;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A running service.
#[derive(Debug)]
pub struct Service {
    child: Child,
    /// `host:port`.
    pub address: String,
}

/// A binary beside this one.
pub fn beside(name: &str) -> Result<PathBuf, String> {
    let here = std::env::current_exe().map_err(|error| error.to_string())?;
    let path = here.with_file_name(name);
    if path.is_file() {
        Ok(path)
    } else {
        Err(format!("{} is not built: use `make bench`", path.display()))
    }
}

/// Peak resident memory of a running process, MiB.
pub fn peak_memory_mib(pid: u32) -> Result<f64, String> {
    Ok(status_kib(pid, "VmHWM:")? / 1024.0)
}

/// A figure of a running process as Linux tells it, KiB.
fn status_kib(pid: u32, name: &str) -> Result<f64, String> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).map_err(|error| error.to_string())?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .ok_or_else(|| format!("no {name}"))?;
    let kib = line.trim().trim_end_matches(" kB").parse();
    kib.map_err(|_| format!("{name} is no number"))
}

impl Service {
    /// Starts `program`; it is ready when a line begins with `ready`, whose rest says where it listens.
    pub async fn start(
        program: &str,
        arguments: &[&str],
        environment: &[(String, String)],
        ready: &str,
    ) -> Result<Self, String> {
        let mut child = Command::new(program)
            .args(arguments)
            .envs(environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("{program} does not start: {error}"))?;
        let stdout = child.stdout.take().ok_or("no standard output")?;
        let mut lines = BufReader::new(stdout).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            if let Some(rest) = line.strip_prefix(ready) {
                let address = rest
                    .trim()
                    .trim_start_matches("http://")
                    .replace("localhost", "127.0.0.1");
                tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
                return Ok(Self { child, address });
            }
        }
        Err(format!("{program} ended before it was ready"))
    }

    /// Peak resident memory, MiB.
    pub fn peak_memory_mib(&self) -> Result<f64, String> {
        peak_memory_mib(self.child.id().ok_or("the service ended")?)
    }

    /// Resident memory now, KiB.
    pub fn memory_kib(&self) -> Result<f64, String> {
        status_kib(self.child.id().ok_or("the service ended")?, "VmRSS:")
    }

    /// Ends it.
    pub async fn stop(mut self) {
        drop(self.child.kill().await);
    }
}
