//! The clock of a visit: from when and until when each step may be taken, and when a booking ends by itself.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// When the steps of a visit may be taken, and when what nobody takes up ends. Commands carry it, so that a decision
/// never depends on what is configured later. All spans are whole minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitWindows {
    /// A scheduled visit's doctor departs at most so long before the start; default 180.
    pub depart_before_minutes: u16,
    /// A consultation's doctor arrives at most so long before the start; default 10.
    pub arrive_before_minutes: u16,
    /// A visit that is not urgent starts at most so long before its time; default 30.
    pub start_before_minutes: u16,
    /// A visit starts, or its patient is reported absent, at most so long after its end; default 120.
    pub start_after_end_minutes: u16,
    /// A visit lasts at least so long; default 5.
    pub complete_after_minutes: u16,
    /// A doctor waits at least so long for an absent patient, from the start or the arrival, whichever is later;
    /// default 15.
    pub no_show_after_minutes: u16,
    /// So long a doctor is searched for an urgent call before its money goes back; default 60.
    pub urgent_search_minutes: u16,
    /// So long a paid booking has no doctor before an operator is told; default 10.
    pub urgent_search_alarm_minutes: u16,
    /// So long after the end of a visit that nobody departed for an operator is told; default 120.
    pub missed_alarm_minutes: u16,
    /// So long after the end of a visit that nobody departed for it counts as missed; default 1440.
    pub missed_after_minutes: u16,
    /// So long after the end of a visit that was begun and not ended an operator is told; default 360.
    pub unfinished_alarm_minutes: u16,
}

impl Default for VisitWindows {
    fn default() -> Self {
        Self {
            depart_before_minutes: 180,
            arrive_before_minutes: 10,
            start_before_minutes: 30,
            start_after_end_minutes: 120,
            complete_after_minutes: 5,
            no_show_after_minutes: 15,
            urgent_search_minutes: 60,
            urgent_search_alarm_minutes: 10,
            missed_alarm_minutes: 2 * 60,
            unfinished_alarm_minutes: 6 * 60,
            missed_after_minutes: 24 * 60,
        }
    }
}

/// `minutes` before `at`; the beginning of time when there is no such moment.
pub fn minutes_before(at: Timestamp, minutes: u16) -> Timestamp {
    at.checked_sub(SignedDuration::from_mins(i64::from(minutes)))
        .unwrap_or(Timestamp::MIN)
}

/// `minutes` after `at`; the end of time when there is no such moment.
pub fn minutes_after(at: Timestamp, minutes: u16) -> Timestamp {
    at.checked_add(SignedDuration::from_mins(i64::from(minutes)))
        .unwrap_or(Timestamp::MAX)
}
