//! Time: half-open ranges of instants. Nothing here asks a clock.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The instants from `start` (included) to `end` (excluded); never empty, never reversed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Bounds", into = "Bounds")]
pub struct TimeRange {
    start: Timestamp,
    end: Timestamp,
}

/// The two instants have no time between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a time range must end after it starts")]
pub struct EmptyRange;

#[derive(Serialize, Deserialize)]
struct Bounds {
    start: Timestamp,
    end: Timestamp,
}

impl TimeRange {
    /// The range from `start` to `end`.
    ///
    /// # Errors
    /// [`EmptyRange`] unless `start < end`.
    pub fn new(start: Timestamp, end: Timestamp) -> Result<Self, EmptyRange> {
        if start < end {
            Ok(Self { start, end })
        } else {
            Err(EmptyRange)
        }
    }

    /// The range of `minutes` from `start`.
    ///
    /// # Errors
    /// [`EmptyRange`] when `minutes` is not positive or time itself runs out.
    pub fn lasting(start: Timestamp, minutes: i64) -> Result<Self, EmptyRange> {
        let end = start
            .checked_add(SignedDuration::from_mins(minutes))
            .map_err(|_| EmptyRange)?;
        Self::new(start, end)
    }

    /// The range widened by whole minutes on either side.
    ///
    /// # Errors
    /// [`EmptyRange`] when time itself runs out.
    pub fn padded(self, before_minutes: i64, after_minutes: i64) -> Result<Self, EmptyRange> {
        let start = self
            .start
            .checked_sub(SignedDuration::from_mins(before_minutes))
            .map_err(|_| EmptyRange)?;
        let end = self
            .end
            .checked_add(SignedDuration::from_mins(after_minutes))
            .map_err(|_| EmptyRange)?;
        Self::new(start, end)
    }

    /// The first instant inside.
    pub const fn start(self) -> Timestamp {
        self.start
    }

    /// The first instant after.
    pub const fn end(self) -> Timestamp {
        self.end
    }

    /// Whether they share an instant; ranges that only touch do not.
    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// Whether all of `other` lies inside.
    pub fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// Whether `instant` lies inside; the end does not.
    pub fn holds(self, instant: Timestamp) -> bool {
        self.start <= instant && instant < self.end
    }
}

impl TryFrom<Bounds> for TimeRange {
    type Error = EmptyRange;

    fn try_from(bounds: Bounds) -> Result<Self, EmptyRange> {
        Self::new(bounds.start, bounds.end)
    }
}

impl From<TimeRange> for Bounds {
    fn from(range: TimeRange) -> Self {
        Self {
            start: range.start,
            end: range.end,
        }
    }
}
