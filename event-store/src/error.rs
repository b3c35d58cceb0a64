//! What can go wrong with the log itself, as opposed to what a rule refuses.

use std::error::Error;
use std::sync::Arc;

use cqrs_es::persist::PersistenceError;

/// An error of the log. Cheap to clone, because one broken batch answers many commands.
#[expect(missing_docs, reason = "each message says it")]
#[derive(Clone, Debug, thiserror::Error)]
pub enum LogError {
    /// Postgres could not be reached, or did not answer in time; for an append the outcome may be unknown, and the same
    /// command with the same key finds out.
    #[error("the log cannot be reached at present ({during})")]
    Unavailable {
        /// What was being done.
        during: &'static str,
        /// Why it failed, if Postgres or the network said so.
        #[source]
        source: Option<Arc<sqlx::Error>>,
    },
    /// Postgres answered, with an error.
    #[error("the log refused a statement")]
    Database(#[source] Arc<sqlx::Error>),
    /// A stored fact is of a type or version this program does not know yet.
    #[error("the fact {event_type} version {event_version} of {aggregate_type} needs newer code")]
    NeedsNewerCode {
        aggregate_type: String,
        event_type: String,
        event_version: String,
    },
    /// A fact of a known type and version cannot be read or written.
    #[error("a fact {event_type} of {aggregate_type} is malformed: {reason}")]
    Malformed {
        aggregate_type: String,
        event_type: String,
        /// What is wrong with it.
        reason: String,
    },
    /// What was to be appended cannot be stored, whoever asks.
    #[error("this command cannot be stored: {0}")]
    Unstorable(&'static str),
    /// The database behind this process has become another log (restored, failed over or cloned): start again.
    #[error("the database has become another log since this process started")]
    AnotherLog,
    /// The database was filled with a backup and has not been given an identity, so that nobody serves from half of one.
    #[error(
        "the log has no identity: its restore was cut short or not finished; drop the database and restore again \
         (docs/how-to/back-up-and-restore.md)"
    )]
    NoIdentity,
    /// The same stream was asked for as two different aggregates.
    #[error("the stream {0} was asked for as another aggregate than it is")]
    WrongAggregate(String),
}

/// The SQLSTATE by which a trigger says so.
const OBJECT_IN_USE: &str = "55006";

impl LogError {
    /// What `error` is as an error of the log, met while `during`.
    pub(crate) fn from_sqlx(during: &'static str, error: sqlx::Error) -> Self {
        if is_connection_trouble(&error) {
            Self::Unavailable {
                during,
                source: Some(Arc::new(error)),
            }
        } else {
            Self::Database(Arc::new(error))
        }
    }

    /// Whether what the command's own facts are to carry out was held by somebody else for too long: nothing happened, asking
    /// again helps.
    pub fn is_held(&self) -> bool {
        let Self::Database(error) = self else { return false };
        let answer = error.as_database_error();
        answer.is_some_and(|answer| answer.code().as_deref() == Some(OBJECT_IN_USE))
    }

    /// What postgres-es reports as `error`.
    pub(crate) fn from_postgres_es(during: &'static str, error: PersistenceError) -> Self {
        let inner: Box<dyn Error + Send + Sync> = match error {
            PersistenceError::OptimisticLockError => Box::new(PersistenceError::OptimisticLockError),
            PersistenceError::ConnectionError(inner)
            | PersistenceError::DeserializationError(inner)
            | PersistenceError::UnknownError(inner) => inner,
        };
        match inner.downcast::<sqlx::Error>() {
            Ok(error) => Self::from_sqlx(during, *error),
            Err(other) => Self::Database(Arc::new(sqlx::Error::Decode(other))),
        }
    }

    /// Nobody answered in time.
    pub(crate) const fn silent(during: &'static str) -> Self {
        Self::Unavailable { during, source: None }
    }

    pub(crate) fn malformed(aggregate_type: &str, event_type: &str, reason: impl ToString) -> Self {
        Self::Malformed {
            aggregate_type: aggregate_type.to_owned(),
            event_type: event_type.to_owned(),
            reason: reason.to_string(),
        }
    }

    /// Whether the same may work a moment later.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }
}

/// Whether `error` says that the connection, or the server behind it, is gone or not ready, rather than that a
/// statement is wrong.
pub fn is_connection_trouble(error: &sqlx::Error) -> bool {
    if let sqlx::Error::Database(database) = error {
        // Classes of SQLSTATE: connection exceptions, resources, operator intervention (shutdown, crash, cancelled),
        // a read-only server (one that lost its role), and lock waits given up.
        return database.code().is_some_and(|code| {
            ["08", "53", "57"].iter().any(|class| code.starts_with(class))
                || code == "25006"
                || code == "55P03"
                || code == "40001"
                || code == "40P01"
        });
    }
    matches!(
        error,
        sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
    )
}
