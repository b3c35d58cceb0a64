//! What was compared with the providers when, and what was found. No read model: nothing in the log would make it again.
//!
//! The same rows are the queue of what is to be compared. Whoever compares says again and again that it still does; one that
//! falls silent has its comparison taken over, from the beginning, which is safe.
#![expect(missing_docs, reason = "pure data: most names say it all")]

pub mod query;
#[cfg(test)]
mod tests;
mod write;

pub use write::{NewReconciliation, alive, ask, begin, claim, finish, give_back, schedule, set_window};

use domain::ids::AccountId;
use jiff::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row};
use uuid::Uuid;

use crate::sql_types;

/// Who had the idea of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trigger {
    Nightly,
    /// An admin, over HTTP.
    Admin,
    /// An operator, at the command line.
    Command,
}

impl Trigger {
    pub const ALL: [Self; 3] = [Self::Nightly, Self::Admin, Self::Command];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nightly => "nightly",
            Self::Admin => "admin",
            Self::Command => "command",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|origin| origin.as_str() == word)
    }
}

/// How far a comparison has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// It is to begin when it is due.
    Waiting,
    Running,
    /// It is over; its outcome says what was found.
    Done,
    /// It broke off too often.
    Failed,
}

impl State {
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Running, Self::Done, Self::Failed];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    /// The one of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// What a comparison came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReconciliationOutcome {
    /// Both sides say the same.
    Clean,
    /// Something differs, whether or not all could be compared.
    Differences,
    /// Nothing differs in what could be compared, and something could not.
    Incomplete,
}

impl ReconciliationOutcome {
    pub const ALL: [Self; 3] = [Self::Clean, Self::Differences, Self::Incomplete];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Differences => "differences",
            Self::Incomplete => "incomplete",
        }
    }

    /// The one of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == word)
    }
}

/// A comparison, without its report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReconciliationRow {
    pub id: Uuid,
    pub origin: Trigger,
    /// The admin who asked, if one did.
    pub asked_by: Option<AccountId>,
    pub asked_at: Timestamp,
    /// Not before.
    pub due_at: Timestamp,
    /// From when to when, the end not included; the nightly one knows once it begins.
    pub window: Option<(Timestamp, Timestamp)>,
    pub state: State,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    pub found: Option<Found>,
}

/// What was found, in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    pub outcome: ReconciliationOutcome,
    /// How many differences are left to a person.
    pub differences: u32,
    /// How many were mended by recording what the provider has.
    pub mended: u32,
    /// How many stretches could not be compared.
    pub gaps: u32,
}

/// A comparison with its report.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredReconciliation {
    pub row: ReconciliationRow,
    pub report: Option<serde_json::Value>,
}

impl FromRow<'_, PgRow> for ReconciliationRow {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let number = |column: &str| {
            let number: Option<i32> = row.try_get(column)?;
            u32::try_from(number.unwrap_or(0)).map_err(|_| sql_types::unreadable(column))
        };
        let found = match sql_types::get_maybe_word(row, "result", ReconciliationOutcome::parse)? {
            Some(outcome) => Some(Found {
                outcome,
                differences: number("differences")?,
                mended: number("mended")?,
                gaps: number("gaps")?,
            }),
            None => None,
        };
        let from = sql_types::get_maybe_time(row, "from_at")?;
        Ok(Self {
            id: row.try_get("id")?,
            origin: sql_types::get_word(row, "origin", Trigger::parse)?,
            asked_by: sql_types::get_maybe_id(row, "asked_by")?,
            asked_at: sql_types::get_time(row, "asked_at")?,
            due_at: sql_types::get_time(row, "due_at")?,
            window: from.zip(sql_types::get_maybe_time(row, "to_at")?),
            state: sql_types::get_word(row, "state", State::parse)?,
            started_at: sql_types::get_maybe_time(row, "started_at")?,
            finished_at: sql_types::get_maybe_time(row, "finished_at")?,
            found,
        })
    }
}
