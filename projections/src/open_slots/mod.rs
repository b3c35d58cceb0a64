//! What can still be booked with a doctor.

pub mod blocks;
pub(crate) mod projector;
pub mod query;
mod rows;
#[cfg(test)]
mod tests;

use domain::ids::{BlockId, DoctorId};
use domain::time::TimeRange;
use jiff::civil::Date;

/// A bookable interval that nothing takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OpenSlot {
    /// With whom.
    pub doctor_id: DoctorId,
    /// When the visit would be.
    pub visit: TimeRange,
    /// The doctor's local date.
    pub day: Date,
}

/// A stretch that a doctor keeps free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Which.
    pub block_id: BlockId,
    /// The stretch.
    pub range: TimeRange,
}
