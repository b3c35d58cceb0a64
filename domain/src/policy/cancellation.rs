//! Cancellation terms, pinned in each booking when it is made.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::money::{Money, MoneyError};

/// What cancelling costs, by how long before the visit it happens. A step applies when at least `notice_minutes`
/// remain; the steps stand in falling order of notice and the last one has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancellationTerms {
    /// Scheduled visits and consultations.
    ByNotice {
        /// From the most notice to none.
        steps: Vec<NoticeStep>,
    },
    /// Urgent visits: free until the doctor departs.
    ByDeparture {
        /// Percent of the price due once the doctor is on the way.
        after_departure_percent: u8,
    },
}

/// One line of [`CancellationTerms::ByNotice`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeStep {
    /// The step applies from this many minutes before the visit, inclusive.
    pub notice_minutes: i64,
    /// Percent of the price due.
    pub percent: u8,
}

impl CancellationTerms {
    /// What a patient who cancels at `at` owes. Without a time (the doctor was taken off) there is no notice to
    /// miss, so nothing is due.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] when the percentage of the price does not fit.
    pub fn fee_due(
        &self,
        price: Money,
        starts_at: Option<Timestamp>,
        departed: bool,
        at: Timestamp,
    ) -> Result<Money, MoneyError> {
        let percent = match (self, starts_at) {
            (Self::ByNotice { steps }, Some(starts_at)) => percent_at(steps, starts_at.duration_since(at)),
            (Self::ByNotice { .. }, None) => 0,
            (
                Self::ByDeparture {
                    after_departure_percent,
                },
                _,
            ) if departed => *after_departure_percent,
            (Self::ByDeparture { .. }, _) => 0,
        };
        price.percent_floor(percent)
    }

    /// What the latest possible cancellation costs; a patient who is not there owes as much.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] when the percentage of the price does not fit.
    pub fn latest_fee(&self, price: Money) -> Result<Money, MoneyError> {
        let percent = match self {
            Self::ByNotice { steps } => steps.last().map_or(0, |step| step.percent),
            Self::ByDeparture {
                after_departure_percent,
            } => *after_departure_percent,
        };
        price.percent_floor(percent)
    }
}

/// The first step whose notice is kept; the last one needs none, so it also covers a visit that has begun.
fn percent_at(steps: &[NoticeStep], notice: SignedDuration) -> u8 {
    steps
        .iter()
        .find(|step| notice >= SignedDuration::from_mins(step.notice_minutes))
        .or(steps.last())
        .map_or(0, |step| step.percent)
}
