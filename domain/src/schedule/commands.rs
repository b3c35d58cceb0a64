//! What can be asked of a doctor's days: commands to adjacent days, and what those become on one day.
//! `at` is the moment of the command, by database time.
#![expect(missing_docs, reason = "pure data: most names say it all")]

use jiff::Timestamp;
use jiff::civil::Date;

use crate::ids::{BlockId, BookingId, DoctorId};
use crate::people::Actor;
use crate::time::TimeRange;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DoctorDayCommand {
    Open(OpenOnDay),
    Hold(HoldOnDay),
    Claim(ClaimOnDay),
    Confirm(ConfirmOnDay),
    Release(ReleaseOnDay),
    Block(BlockOnDay),
    Unblock(UnblockOnDay),
    Extend(ExtendOnDay),
    Close(CloseOnDay),
}

/// To hold the slot of an open day that begins at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldSlot {
    pub booking_id: BookingId,
    /// The slot's first instant.
    pub starts_at: Timestamp,
    /// When the hold may be ended; cut to the visit's start.
    pub until: Timestamp,
    pub at: Timestamp,
}

/// To claim a visit's time for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    pub booking_id: BookingId,
    pub visit: TimeRange,
    /// Whether the visit must be a slot of an open day; an urgent one only must not overlap.
    pub keep_hours: bool,
    pub at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenDay {
    pub date: Date,
    pub zone: String,
    pub working: Vec<TimeRange>,
    pub slot_minutes: u16,
    pub buffer_before_minutes: u16,
    pub buffer_after_minutes: u16,
    pub by: Actor,
    pub at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtendDay {
    pub date: Date,
    /// When visits can be booked from now on; holds every instant that could be booked before.
    pub working: Vec<TimeRange>,
    pub by: Actor,
    pub at: Timestamp,
}

/// To close a day: it takes no bookings by itself any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseDay {
    pub date: Date,
    pub by: Actor,
    pub at: Timestamp,
}

/// To keep a stretch of time free of visits; it lies within the adjacent days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockTime {
    pub block_id: BlockId,
    pub range: TimeRange,
    pub by: Actor,
    pub at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnblockTime {
    pub block_id: BlockId,
    pub by: Actor,
    pub at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenOnDay {
    pub doctor_id: DoctorId,
    pub bounds: TimeRange,
    pub day: OpenDay,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldOnDay {
    pub claim: ClaimOnDay,
    pub until: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimOnDay {
    pub doctor_id: DoctorId,
    pub date: Date,
    pub booking_id: BookingId,
    pub visit: TimeRange,
    pub occupied: TimeRange,
    pub at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfirmOnDay {
    pub doctor_id: DoctorId,
    pub date: Date,
    pub booking_id: BookingId,
    pub at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseOnDay {
    pub doctor_id: DoctorId,
    pub date: Date,
    pub booking_id: BookingId,
    pub at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockOnDay {
    pub doctor_id: DoctorId,
    pub date: Date,
    pub block: BlockTime,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtendOnDay {
    pub doctor_id: DoctorId,
    pub day: ExtendDay,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseOnDay {
    pub doctor_id: DoctorId,
    pub day: CloseDay,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnblockOnDay {
    pub doctor_id: DoctorId,
    pub date: Date,
    pub block: UnblockTime,
}
