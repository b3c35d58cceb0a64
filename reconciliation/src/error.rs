//! Why a comparison was not carried out, and how that is told.
#![expect(missing_docs, reason = "each message says it")]

use std::error::Error;

use commands::CommandError;
use event_store::LogError;
use projections::QueryError;

use crate::sweep::SweepError;

/// Why a comparison was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum RunnerError {
    #[error("the record of comparisons cannot be read or written")]
    Record(#[from] QueryError),
    #[error("the log cannot be read")]
    Log(#[from] LogError),
    #[error(transparent)]
    Sweep(#[from] SweepError),
    #[error("the report cannot be written down")]
    Report(#[from] serde_json::Error),
    #[error("another process has taken the comparison up")]
    TakenOver,
    #[error("a comparison of the same window is under way")]
    UnderWay,
}

impl RunnerError {
    /// Whether the database could not be reached, which passes by itself.
    pub fn is_unavailable(&self) -> bool {
        let mut link: Option<&(dyn Error + 'static)> = Some(self);
        while let Some(error) = link {
            let away = error
                .downcast_ref::<QueryError>()
                .is_some_and(QueryError::is_unavailable)
                || error
                    .downcast_ref::<LogError>()
                    .is_some_and(LogError::is_unavailable)
                || matches!(error.downcast_ref(), Some(CommandError::Unavailable));
            if away {
                return true;
            }
            link = error.source();
        }
        false
    }

    /// Says so in the log. A database that is away passes by itself, and is told once, as by everybody else: not again
    /// while it was `away` at the last try too. Anything else needs somebody's look.
    pub(crate) fn report(&self, away: bool) {
        let error: &(dyn Error + 'static) = self;
        match (self.is_unavailable(), away) {
            (true, true) => {}
            (true, false) => tracing::warn!(
                error,
                "A reconciliation cannot be carried out at present; it is tried again"
            ),
            (false, _) => tracing::error!(error, "A reconciliation was not carried out; it is tried again"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger_source::LedgerSourceError;

    #[test]
    fn a_database_that_is_away_is_told_from_a_fault_wherever_it_is_met() {
        let in_the_books =
            |error| RunnerError::from(SweepError::LedgerSource(LedgerSourceError(Box::new(error))));
        let log_away = || LogError::Unavailable {
            during: "reading the log",
            source: None,
        };
        assert!(RunnerError::Log(log_away()).is_unavailable());
        assert!(in_the_books(CommandError::Unavailable).is_unavailable());
        assert!(in_the_books(CommandError::Internal(Box::new(log_away()))).is_unavailable());
        assert!(!in_the_books(CommandError::NeedsNewerCode).is_unavailable());
        assert!(!RunnerError::TakenOver.is_unavailable());
    }
}
