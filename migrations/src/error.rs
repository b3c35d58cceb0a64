//! What can keep a database from reaching the newest shape.

use sqlx::migrate::MigrateError;

/// Why [`crate::run`] stopped.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// The application's role is not named by lower-case letters, digits and underscores (at most 63 of them).
    #[error(
        "the role name {0:?} is not plain: use lower-case letters, digits and underscores, a letter first"
    )]
    Role(String),
    /// A migration failed, or one that ran here before has been edited since.
    #[error("the migrations could not be run")]
    Migrate(#[from] MigrateError),
    /// The database cannot be reached.
    #[error("the database cannot be reached")]
    Unreachable(#[source] sqlx::Error),
    /// The migrations ran but the grants did not.
    #[error("the application's privileges could not be set")]
    Grants(#[from] sqlx::Error),
    /// Postgres knows no such zone, or the zone cannot be written.
    #[error("the platform's zone could not be set; an IANA name such as Europe/Moscow is needed")]
    Zone(#[source] sqlx::Error),
}

/// SQLSTATE of a lock that was not granted in time.
const LOCK_NOT_AVAILABLE: &str = "55P03";

impl MigrationError {
    /// Whether somebody else held a lock for longer than was waited, so that another try makes sense.
    pub(crate) fn is_lock_wait(&self) -> bool {
        let cause = match self {
            Self::Migrate(MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _))
            | Self::Grants(cause) => cause,
            Self::Migrate(_) | Self::Role(_) | Self::Unreachable(_) | Self::Zone(_) => return false,
        };
        let code = cause.as_database_error().and_then(|error| error.code());
        code.as_deref() == Some(LOCK_NOT_AVAILABLE)
    }
}
