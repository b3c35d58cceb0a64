//! Why an export cannot be made or ends before its end.

use parquet::errors::ParquetError;

use crate::column::KNOWN_TYPES;
use crate::source::Source;

/// Why an export cannot be made or ends before its end.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A position was named for what has none.
    #[error("{} shows the present and has no positions: only {} can be read from a position on", .0.name(), Source::Events.name())]
    NoPositions(Source),
    /// The log has not come that far.
    #[error("the log ends at position {head}")]
    BeyondHead {
        /// Where it ends.
        head: i64,
    },
    /// The database has a column of a type that no format of ours says as meant.
    #[error("the column {column} has the type {found}, which is not exported; there are {KNOWN_TYPES}")]
    UnknownType {
        /// The column.
        column: String,
        /// Its type.
        found: String,
    },
    /// This login may not read it.
    #[error("this database login may not read {}", .0.name())]
    NotAllowed(Source),
    /// It is not in this database.
    #[error("this database has no {}; has `tot migrate` run?", .0.name())]
    Absent(Source),
    /// The database took longer than it was given.
    #[error("the database took longer than {seconds} s")]
    TooSlow {
        /// What it was given.
        seconds: u64,
    },
    /// The database cannot be reached, or refuses.
    #[error("the database cannot be read")]
    Database(#[source] sqlx::Error),
    /// A value cannot be written.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

/// Why rows cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// The database sent a row of another shape than its catalogue says.
    #[error("a row has {found} columns instead of {wanted}")]
    Shape {
        /// How many there are.
        found: usize,
        /// How many there should be.
        wanted: usize,
    },
    /// A value that no reader has, such as `infinity` or a year before 0.
    #[error("a value of the column {0} cannot be said in an export")]
    Value(String),
    /// The writer of CSV refuses.
    #[error("CSV cannot be written")]
    Csv(#[from] csv::Error),
    /// The writer of JSON refuses.
    #[error("JSON cannot be written")]
    Json(#[from] serde_json::Error),
    /// The writer of Parquet refuses.
    #[error("Parquet cannot be written")]
    Parquet(#[from] ParquetError),
}
