//! Why a report was not answered.

use exports::EncodeError;

use crate::filter::FilterError;

/// Why a report was not answered.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// It cannot be had as it was asked for; every fault at once.
    #[error("{}", told(.0))]
    Filters(Vec<FilterError>),
    /// The database took longer than it was given.
    #[error("the database took longer than {seconds} s: ask for a shorter period")]
    TooSlow {
        /// What it was given.
        seconds: u64,
    },
    /// This login may not read the views.
    #[error("this database login may not read the views of the schema analytics")]
    NotAllowed,
    /// The views are not in this database.
    #[error("this database has no views for reports; has `tot migrate` run?")]
    Absent,
    /// A view needs what is not in this database, or not where it looks for it.
    #[error(
        "this database lacks what a view reads: {0}; `tot migrate`, and beside it `tot dev`, make it anew"
    )]
    NotThere(String),
    /// A value is not what its column says.
    #[error("the column {0} holds something else than its type")]
    Value(&'static str),
    /// The file cannot be written.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The database cannot be read.
    #[error("the database cannot be read")]
    Database(#[source] sqlx::Error),
}

fn told(errors: &[FilterError]) -> String {
    let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
    told.join("; ")
}

impl From<FilterError> for ReportError {
    fn from(error: FilterError) -> Self {
        Self::Filters(vec![error])
    }
}

impl ReportError {
    /// What the database's refusal means, for a statement that was given so many seconds.
    pub(crate) fn of(error: sqlx::Error, seconds: u64) -> Self {
        let code = error
            .as_database_error()
            .and_then(|error| error.code().map(|code| code.into_owned()));
        match code.as_deref() {
            Some("57014") => Self::TooSlow { seconds },
            Some("42501") => Self::NotAllowed,
            Some("42P01" | "3F000") => Self::missing(&error),
            Some(_) | None => Self::Database(error),
        }
    }

    /// The views themselves, where Postgres misses a relation of their schema; else what it names.
    fn missing(error: &sqlx::Error) -> Self {
        let told = error.as_database_error().map_or("", |error| error.message());
        if told.contains("\"analytics") {
            Self::Absent
        } else {
            Self::NotThere(told.to_owned())
        }
    }
}
