//! Everything that can go wrong with the servers, each with the way to mend it.
#![expect(missing_docs, reason = "pure data: most names say it all")]

use std::path::{Path, PathBuf};

/// An error of the dev stack; its text names what happened and, where there is one, the mend.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// The pinned server binaries were not fetched.
    #[error(
        "the dev stack's servers are missing ({0}): run tools/scripts/setup, or set DATABASE_URL and NATS_URL to servers of your own"
    )]
    ServersMissing(PathBuf),
    /// Only one of `DATABASE_URL` and `NATS_URL` is set.
    #[error("{set} is set but {missing} is not: set both to use your own servers, or neither")]
    HalfOwnServers {
        /// The variable that is set.
        set: &'static str,
        /// The variable that is not.
        missing: &'static str,
    },
    /// A test was started without the shared servers.
    #[error(
        "{0} is not set: tests share one pair of servers; run them by `make test` or `dev-stack exec -- cargo nextest run --workspace`"
    )]
    NoSharedServers(&'static str),
    /// A file or folder could not be read or written.
    #[error("cannot {what} {path}", path = path.display())]
    File {
        /// What was tried, as a verb.
        what: &'static str,
        /// With which file or folder.
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// Another living process uses the same data folder.
    #[error("another process uses the data in {0}: stop it, or choose another folder")]
    DataInUse(PathBuf),
    /// A program could not be run at all.
    #[error("cannot run {program}")]
    Spawn {
        program: String,
        #[source]
        source: std::io::Error,
    },
    /// Postgres refuses to run as root and there is no way to another user.
    #[error(
        "this process is root, Postgres refuses to run as root, and both ways out failed: {0}; allow unprivileged user namespaces, or run as an ordinary user"
    )]
    CannotLeaveRoot(String),
    /// `initdb` failed.
    #[error("initdb failed:\n{0}")]
    Initdb(String),
    /// A server stopped while it was starting.
    #[error("{server} stopped while starting; the end of its log:\n{tail}")]
    Stopped {
        server: &'static str,
        /// The last lines it wrote.
        tail: String,
    },
    /// A server did not become ready in time.
    #[error("{server} was not ready after {seconds} s; the end of its log:\n{tail}")]
    NotReady {
        server: &'static str,
        /// How long it was given, in seconds.
        seconds: u64,
        /// The last lines it wrote.
        tail: String,
    },
    /// A signal was meant for a server that is not running.
    #[error("{0} is not running")]
    NotRunning(&'static str),
    /// A signal could not be sent.
    #[error("cannot signal process {pid}")]
    Signal {
        /// The process it was meant for.
        pid: u32,
        #[source]
        source: std::io::Error,
    },
    /// No free TCP port was found.
    #[error("no free port on 127.0.0.1 after {0} attempts")]
    NoPort(u32),
    /// An address does not parse.
    #[error("{0} is not a database address of the form postgres://user:password@host:port/database")]
    Address(&'static str),
    /// The database refused a step.
    #[error("Postgres refused to {what}")]
    Database {
        /// What was tried, as a verb.
        what: &'static str,
        #[source]
        source: sqlx::Error,
    },
    /// A clock was to be moved that nobody may move.
    #[error(
        "the time of this database is the real clock, and a real clock is not moved: only what `make run` or a test started can be"
    )]
    RealClock,
    /// The schema could not be brought up to date.
    #[error("the migrations failed")]
    Migrations(#[source] migrations::MigrationError),
    /// A key or a certificate could not be made.
    #[error("a throw-away certificate could not be made")]
    Certificate(#[source] rcgen::Error),
    /// A blocking step was cut short by the end of the runtime.
    #[error("the runtime ended before the servers stopped")]
    Interrupted,
}

impl StackError {
    pub(crate) fn file(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> StackError {
        move |source| StackError::File {
            what,
            path: path.to_owned(),
            source,
        }
    }

    pub(crate) fn database(what: &'static str) -> impl FnOnce(sqlx::Error) -> StackError {
        move |source| StackError::Database { what, source }
    }
}
