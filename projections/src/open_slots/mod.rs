//! What can still be booked with a doctor.
#![expect(missing_docs, reason = "pure data: most names say it all")]

pub mod blocks;
pub mod days;
pub mod free_doctors;
pub mod next_free;
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
    pub doctor_id: DoctorId,
    pub visit: TimeRange,
    pub day: Date,
}

/// A stretch that a doctor keeps free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    pub block_id: BlockId,
    pub range: TimeRange,
}
