//! Postgres' own programs: where they are, which version they are of, and how they are run without a password in sight.

use std::path::PathBuf;
use std::process::Stdio;

use tokio::process::Command;

use crate::address::DatabaseAddress;
use crate::error::BackupError;

/// What of our own environment the programs are given: how they are found, and what libpq may read a password from.
const PASSED_ON: [&str; 6] = [
    "PATH",
    "HOME",
    "LD_LIBRARY_PATH",
    "TMPDIR",
    "PGPASSFILE",
    "PGPASSWORD",
];
/// How much of what a failed program said is shown, in bytes from its end.
const SAID_BYTES_MAX: usize = 4_096;

/// A program of Postgres.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    Dump,
    Restore,
}

impl Program {
    const fn name(self) -> &'static str {
        match self {
            Self::Dump => "pg_dump",
            Self::Restore => "pg_restore",
        }
    }
}

/// Where the programs are.
#[derive(Clone, Debug, Default)]
pub struct Tools {
    /// Their folder; none means wherever PATH leads.
    pub folder: Option<PathBuf>,
}

impl Tools {
    /// The program's major version, which must not be below `needed`: an older one cannot read what it is given.
    pub(crate) async fn check(&self, program: Program, needed: u32) -> Result<u32, BackupError> {
        let mut command = self.command(program, None);
        let output = command.arg("--version").output().await;
        let output = output.map_err(|error| self.not_started(program, error, needed))?;
        let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let name = program.name();
        let version = major(&said).ok_or(BackupError::ProgramUnknown { program: name, said })?;
        if version < needed {
            return Err(BackupError::ProgramOld {
                program: name,
                version,
                needed,
            });
        }
        Ok(version)
    }

    /// The program, with this database to work on and nothing of ours in its environment.
    pub(crate) fn command(&self, program: Program, address: Option<&DatabaseAddress>) -> Command {
        let path = match &self.folder {
            Some(folder) => folder.join(program.name()),
            None => program.name().into(),
        };
        let mut command = Command::new(path);
        command.env_clear().kill_on_drop(true).stdin(Stdio::null());
        for name in PASSED_ON {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        // One language for what is shown.
        command.env("LC_ALL", "C").env("PGAPPNAME", "tot");
        if let Some(address) = address {
            command.envs(address.variables());
        }
        command
    }

    /// Runs it to its end.
    pub(crate) async fn run(&self, program: Program, mut command: Command) -> Result<(), BackupError> {
        let output = command.output().await;
        let output = output.map_err(|error| self.not_started(program, error, 0))?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let from = said.ceil_char_boundary(said.len().saturating_sub(SAID_BYTES_MAX));
        let said = said.get(from..).unwrap_or_default().trim();
        Err(BackupError::ProgramFailed {
            program: program.name(),
            said: if said.is_empty() {
                output.status.to_string()
            } else {
                said.to_owned()
            },
        })
    }

    fn not_started(&self, program: Program, error: std::io::Error, server: u32) -> BackupError {
        if error.kind() != std::io::ErrorKind::NotFound {
            return BackupError::File {
                what: "start",
                path: program.name().into(),
                source: error,
            };
        }
        BackupError::ProgramMissing {
            program: program.name(),
            place: match &self.folder {
                Some(folder) => format!("in {}", folder.display()),
                None => "in PATH".to_owned(),
            },
            server,
        }
    }
}

/// The major version in what `--version` says: `pg_dump (PostgreSQL) 18.6`, `… 15.18 (Debian 15.18-0+deb12u1)`, `… 18beta1`.
fn major(said: &str) -> Option<u32> {
    let (_, version) = said.split_once("(PostgreSQL) ")?;
    let digits = version.split(|letter: char| !letter.is_ascii_digit()).next()?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::major;

    #[test]
    fn versions_are_read_however_a_build_names_itself() {
        assert_eq!(major("pg_dump (PostgreSQL) 18.6"), Some(18));
        assert_eq!(
            major("pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"),
            Some(15)
        );
        assert_eq!(major("pg_dump (PostgreSQL) 19beta2"), Some(19));
        assert_eq!(major("pg_dump 18"), None);
        assert_eq!(major(""), None);
    }
}
