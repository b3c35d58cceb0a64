//! Cancellation terms, pinned in each booking when it is made.

use serde::{Deserialize, Serialize};

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
