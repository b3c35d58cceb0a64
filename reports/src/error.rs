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
            Some("42P01" | "3F000") => Self::Absent,
            Some(_) | None => Self::Database(error),
        }
    }
}
