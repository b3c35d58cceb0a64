//! What can keep a database from reaching the newest shape.

use sqlx::migrate::MigrateError;

/// Why [`crate::run`] stopped.
#[derive(Debug, thiserror::Error)]
pub enum MigrationFault {
    /// The application's role is not named by lower-case letters, digits and underscores (at most 63 of them).
    #[error(
        "the role name {0:?} is not plain: use lower-case letters, digits and underscores, a letter first"
    )]
    Role(String),
    /// A migration failed, or one that ran here before has been edited since.
    #[error("the migrations could not be run")]
    Migrate(#[from] MigrateError),
    /// The migrations ran but the grants did not.
    #[error("the application's privileges could not be set")]
    Grants(#[from] sqlx::Error),
}
