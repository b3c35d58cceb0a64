//! Why there is no backup, or nothing was restored, each with its mend.

use std::path::{Path, PathBuf};

use audit::AuditError;
use audit::verify::Report;
use audit::verify::other_logs::FormerLog;
use migrations::MigrationError;

/// An error of a backup or a restore.
#[expect(missing_docs, reason = "each message says it")]
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("the address of the database is none: give a URL such as postgres://tot_owner:…@host:5432/tot")]
    Address,
    #[error("the database {0} cannot be reached")]
    Unreachable(String, #[source] sqlx::Error),
    #[error("the database refused")]
    Database(#[from] sqlx::Error),
    #[error(
        "the log in {0} has no identity: its restore was cut short or not finished. Drop the database and restore again; its backup would \
         be one of half a log"
    )]
    NoIdentity(String),
    #[error("the database {0} holds no platform: run `tot migrate` first, or name another database")]
    NoPlatform(String),
    #[error(transparent)]
    Audit(#[from] AuditError),
    #[error("cannot {what} {path}")]
    File {
        what: &'static str,
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("a part of the work broke down")]
    Interrupted(#[source] tokio::task::JoinError),

    // Programs.
    #[error(
        "there is no {program} {place}: install the client programs of Postgres {server} (Debian: postgresql-client-{server}), or name \
         their folder by TOT_POSTGRES_BIN"
    )]
    ProgramMissing {
        program: &'static str,
        place: String,
        server: u32,
    },
    #[error(
        "{program} does not say its version, but {said:?}: name the folder of Postgres' programs by TOT_POSTGRES_BIN"
    )]
    ProgramUnknown { program: &'static str, said: String },
    #[error(
        "{program} is of Postgres {version}, which cannot read Postgres {needed}: put the client programs of Postgres {needed} first in \
         PATH, or name their folder by TOT_POSTGRES_BIN"
    )]
    ProgramOld {
        program: &'static str,
        version: u32,
        needed: u32,
    },
    #[error("{program} failed:\n{said}")]
    ProgramFailed { program: &'static str, said: String },

    // Making one.
    #[error("{0} is there already: a backup is never overwritten, name another folder")]
    OutExists(PathBuf),
    #[error("another backup is being written to {0}: wait for it, or name another folder")]
    UnderWay(PathBuf),

    #[error(
        "{folder} would be written to, and removed first if it were of a backup that was cut short; but it holds {entry}, which no backup \
         writes: name another folder, or move this one away"
    )]
    NotOurs { folder: PathBuf, entry: PathBuf },

    // Reading one.
    #[error(
        "{0} holds no whole backup: there is no manifest.json in it, so its making was cut short, or it is another folder"
    )]
    NotWhole(PathBuf),
    #[error(
        "the backup in {folder} is damaged: {what}. Nothing was restored; take another copy of it, or an older backup"
    )]
    Damaged { folder: PathBuf, what: String },
    #[error("the backup was written in form {0}, by a newer release: restore it with that one")]
    NewerForm(u32),
    #[error(
        "the backup's tables are of migration {theirs}, this release knows {ours}: restore it with tot {version} or a newer release"
    )]
    NewerTables { theirs: i64, ours: i64, version: String },

    // Restoring one.
    #[error(
        "the witness kept heads of what was given up when this log was restored before, as the backup says. Nothing was changed. If somebody \
         knows of that, say so: {}. If nobody does, the log was rewritten: docs/how-to/audit-a-booking.md", named(.0)
    )]
    FormerLogs(Vec<FormerLog>),
    #[error(
        "the backup is of Postgres {source_version}, the server of {server}: restore into Postgres {source_version} or newer"
    )]
    ServerOld { source_version: u32, server: u32 },
    #[error(
        "the database {database} is not empty: it holds {objects} tables, functions or types. Nothing was changed: `tot restore` never \
         overwrites. Make a new one (create database tot_restored owner tot_owner) and name it in TOT_DATABASE_OWNER_URL and \
         TOT_DATABASE_URL"
    )]
    NotEmpty { database: String, objects: i64 },
    #[error("the restored database could not be brought to this release's shape")]
    Migration(#[from] MigrationError),
    #[error(
        "the restore was cut short. The database has no identity and serves nobody: drop it, make a new one, and restore again"
    )]
    CutShort(#[source] Box<Self>),
    #[error(
        "the restored log is not the one that was copied: {what}. The database has no identity and serves nobody; drop it and take an \
         older backup"
    )]
    AnotherLog { what: String },
    #[error(
        "the restored log does not hold against its hashes ({} findings). The database has no identity and serves nobody; what is wrong \
         was wrong when it was copied: docs/how-to/audit-a-booking.md",
        .0.findings.len()
    )]
    NotVerified(Box<Report>),
}

impl BackupError {
    /// For `map_err` of what is done with a file.
    pub(crate) fn file(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { what, path, source }
    }
}

/// The arguments that name them.
fn named(logs: &[FormerLog]) -> String {
    let arguments: Vec<String> = logs.iter().map(|log| format!("--former-log {log}")).collect();
    arguments.join(" ")
}
