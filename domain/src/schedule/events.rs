//! The facts of a doctor's day.

use cqrs_es::DomainEvent;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::ids::{BlockId, BookingId, DoctorId};
use crate::people::Actor;
use crate::time::TimeRange;

/// What happened to a doctor's day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DoctorDayEvent {
    /// The day takes bookings. Look-ups use the recorded bounds and never recompute them.
    #[serde(rename = "DayOpened")]
    Opened {
        /// Whose day.
        doctor_id: DoctorId,
        /// The local date.
        date: Date,
        /// The IANA zone the date is local to.
        zone: String,
        /// The whole local day in UTC.
        bounds: TimeRange,
        /// When visits can be booked.
        working: Vec<TimeRange>,
        /// Length of one slot, minutes.
        slot_minutes: u16,
        /// Kept free before each visit, minutes.
        buffer_before_minutes: u16,
        /// Kept free after each visit, minutes.
        buffer_after_minutes: u16,
        /// Who opened it.
        by: Actor,
        /// When.
        at: Timestamp,
    },
    /// A booking holds a visit's time until a deadline.
    #[serde(rename = "SlotHeld")]
    Held {
        /// Whose day.
        doctor_id: DoctorId,
        /// Which day.
        date: Date,
        /// For which booking.
        booking_id: BookingId,
        /// The visit.
        visit: TimeRange,
        /// The visit with its buffers.
        occupied: TimeRange,
        /// When the hold may be ended.
        until: Timestamp,
        /// When.
        at: Timestamp,
    },
    /// A booking takes a visit's time for good: its hold is confirmed, or it is claimed at once (urgent, moved).
    #[serde(rename = "SlotClaimed")]
    Claimed {
        /// Whose day.
        doctor_id: DoctorId,
        /// Which day.
        date: Date,
        /// For which booking.
        booking_id: BookingId,
        /// The visit.
        visit: TimeRange,
        /// The visit with its buffers.
        occupied: TimeRange,
        /// When.
        at: Timestamp,
    },
    /// A booking's time is free again.
    #[serde(rename = "SlotReleased")]
    Released {
        /// Whose day.
        doctor_id: DoctorId,
        /// Which day.
        date: Date,
        /// Which booking let go.
        booking_id: BookingId,
        /// When.
        at: Timestamp,
    },
    /// The doctor keeps a stretch of time free of visits.
    #[serde(rename = "TimeBlocked")]
    Blocked {
        /// Whose day.
        doctor_id: DoctorId,
        /// Which day.
        date: Date,
        /// The block.
        block_id: BlockId,
        /// The stretch.
        range: TimeRange,
        /// Who blocked it.
        by: Actor,
        /// When.
        at: Timestamp,
    },
    /// The doctor takes a block back.
    #[serde(rename = "TimeUnblocked")]
    Unblocked {
        /// Whose day.
        doctor_id: DoctorId,
        /// Which day.
        date: Date,
        /// The block.
        block_id: BlockId,
        /// Who took it back.
        by: Actor,
        /// When.
        at: Timestamp,
    },
    /// The day takes bookings for longer; everything as it is from now on.
    #[serde(rename = "DayExtended")]
    Extended {
        /// Whose day.
        doctor_id: DoctorId,
        /// The local date.
        date: Date,
        /// The IANA zone the date is local to.
        zone: String,
        /// The whole local day in UTC.
        bounds: TimeRange,
        /// When visits can be booked.
        working: Vec<TimeRange>,
        /// Length of one slot, minutes.
        slot_minutes: u16,
        /// Kept free before each visit, minutes.
        buffer_before_minutes: u16,
        /// Kept free after each visit, minutes.
        buffer_after_minutes: u16,
        /// Who extended it.
        by: Actor,
        /// When.
        at: Timestamp,
    },
    /// The day takes no bookings by itself any more.
    #[serde(rename = "DayClosed")]
    Closed {
        /// Whose day.
        doctor_id: DoctorId,
        /// The local date.
        date: Date,
        /// Who closed it.
        by: Actor,
        /// When.
        at: Timestamp,
    },
}

impl DoctorDayEvent {
    /// The stable name of the fact's type, as stored.
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "DayOpened",
            Self::Held { .. } => "SlotHeld",
            Self::Claimed { .. } => "SlotClaimed",
            Self::Released { .. } => "SlotReleased",
            Self::Blocked { .. } => "TimeBlocked",
            Self::Unblocked { .. } => "TimeUnblocked",
            Self::Extended { .. } => "DayExtended",
            Self::Closed { .. } => "DayClosed",
        }
    }
}

impl DomainEvent for DoctorDayEvent {
    fn event_type(&self) -> String {
        self.type_name().to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}
