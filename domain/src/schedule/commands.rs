//! What can be asked of a doctor's days: wishes to adjacent days, and what those become on one day.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::ids::{BlockId, BookingId, DoctorId};
use crate::people::Actor;
use crate::time::TimeRange;

/// To hold the slot of an open day that begins at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// For which booking.
    pub booking_id: BookingId,
    /// The slot's first instant.
    pub starts_at: Timestamp,
    /// When the hold may be ended; cut to the visit's start.
    pub until: Timestamp,
    /// Now.
    pub at: Timestamp,
}

/// To claim a visit's time for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// For which booking.
    pub booking_id: BookingId,
    /// The visit.
    pub visit: TimeRange,
    /// Whether the visit must be a slot of an open day; an urgent one only must not overlap.
    pub keep_hours: bool,
    /// Now.
    pub at: Timestamp,
}

/// To open a day for bookings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenDay {
    /// The local date.
    pub date: Date,
    /// The IANA zone the date is local to.
    pub zone: String,
    /// When visits can be booked.
    pub working: Vec<TimeRange>,
    /// Length of one slot, minutes.
    pub slot_minutes: u16,
    /// Kept free before each visit, minutes.
    pub buffer_before_minutes: u16,
    /// Kept free after each visit, minutes.
    pub buffer_after_minutes: u16,
    /// Who opens it.
    pub by: Actor,
    /// Now.
    pub at: Timestamp,
}

/// To give an open day longer hours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtendDay {
    /// The local date.
    pub date: Date,
    /// When visits can be booked from now on; holds every instant that could be booked before.
    pub working: Vec<TimeRange>,
    /// Who extends it.
    pub by: Actor,
    /// Now.
    pub at: Timestamp,
}

/// To close a day: it takes no bookings by itself any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseDay {
    /// The local date.
    pub date: Date,
    /// Who closes it.
    pub by: Actor,
    /// Now.
    pub at: Timestamp,
}

/// To keep a stretch of time free of visits; it lies within the adjacent days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockTime {
    /// The new block.
    pub block_id: BlockId,
    /// The stretch.
    pub range: TimeRange,
    /// Who blocks it.
    pub by: Actor,
    /// Now.
    pub at: Timestamp,
}

/// To take a block back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnblockTime {
    /// Which.
    pub block_id: BlockId,
    /// Who takes it back.
    pub by: Actor,
    /// Now.
    pub at: Timestamp,
}

/// On one day: it opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenOnDay {
    /// Whose day.
    pub doctor_id: DoctorId,
    /// The whole local day.
    pub bounds: TimeRange,
    /// The hours.
    pub day: OpenDay,
}

/// On one day: time is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldOnDay {
    /// The claim to be.
    pub claim: ClaimOnDay,
    /// When the hold may be ended.
    pub until: Timestamp,
}

/// On one day: time is claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimOnDay {
    /// Whose day.
    pub doctor_id: DoctorId,
    /// Which day.
    pub date: Date,
    /// For which booking.
    pub booking_id: BookingId,
    /// The visit.
    pub visit: TimeRange,
    /// The visit with its buffers.
    pub occupied: TimeRange,
    /// Now.
    pub at: Timestamp,
}

/// On one day: a hold becomes a claim for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfirmOnDay {
    /// Whose day.
    pub doctor_id: DoctorId,
    /// Which day.
    pub date: Date,
    /// Which booking.
    pub booking_id: BookingId,
    /// Now.
    pub at: Timestamp,
}

/// On one day: a claim ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseOnDay {
    /// Whose day.
    pub doctor_id: DoctorId,
    /// Which day.
    pub date: Date,
    /// Which booking.
    pub booking_id: BookingId,
    /// Now.
    pub at: Timestamp,
}

/// On one day: a stretch is kept free.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockOnDay {
    /// Whose day.
    pub doctor_id: DoctorId,
    /// Which day.
    pub date: Date,
    /// The block.
    pub block: BlockTime,
}

/// On one day: its hours grow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtendOnDay {
    /// Whose day.
    pub doctor_id: DoctorId,
    /// The hours.
    pub day: ExtendDay,
}

/// On one day: it closes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseOnDay {
    /// Whose day.
    pub doctor_id: DoctorId,
    /// Which.
    pub day: CloseDay,
}

/// On one day: a block ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnblockOnDay {
    /// Whose day.
    pub doctor_id: DoctorId,
    /// Which day.
    pub date: Date,
    /// The block.
    pub block: UnblockTime,
}
