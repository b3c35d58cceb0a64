//! Why a question could not be answered.

use crate::page::CursorRefusal;

/// An error of a query; none of them is a business "no".
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The database did not answer, or a row holds what it should not; a rebuild mends the latter.
    #[error("the read models' database did not answer")]
    Database(#[from] sqlx::Error),
    /// The cursor is not one of the list asked for.
    #[error(transparent)]
    Cursor(#[from] CursorRefusal),
}

impl QueryError {
    /// Whether the database could not be reached, so that asking again later makes sense.
    pub fn is_unavailable(&self) -> bool {
        match self {
            // A server that is going down or coming up says so in an answer of its own.
            Self::Database(error) => event_store::is_connection_trouble(error),
            Self::Cursor(_) => false,
        }
    }
}
