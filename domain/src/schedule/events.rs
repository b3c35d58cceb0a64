//! The facts of a doctor's day.
//! `at` is the moment of the decision, by database time.
#![expect(missing_docs, reason = "pure data: most names say it all")]

use cqrs_es::DomainEvent;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::ids::{BlockId, BookingId, DoctorId};
use crate::people::Actor;
use crate::time::TimeRange;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DoctorDayEvent {
    /// The day takes bookings. Look-ups use the recorded bounds and never recompute them.
    #[serde(rename = "DayOpened")]
    Opened {
        doctor_id: DoctorId,
        date: Date,
        /// The IANA zone the date is local to.
        zone: String,
        bounds: TimeRange,
        /// When visits can be booked.
        working: Vec<TimeRange>,
        slot_minutes: u16,
        buffer_before_minutes: u16,
        buffer_after_minutes: u16,
        by: Actor,
        at: Timestamp,
    },
    /// A booking holds a visit's time until a deadline.
    #[serde(rename = "SlotHeld")]
    Held {
        doctor_id: DoctorId,
        date: Date,
        booking_id: BookingId,
        visit: TimeRange,
        /// The visit with its buffers.
        occupied: TimeRange,
        /// When the hold may be ended.
        until: Timestamp,
        at: Timestamp,
    },
    /// A booking takes a visit's time for good: its hold is confirmed, or it is claimed at once (urgent, moved).
    #[serde(rename = "SlotClaimed")]
    Claimed {
        doctor_id: DoctorId,
        date: Date,
        booking_id: BookingId,
        visit: TimeRange,
        occupied: TimeRange,
        at: Timestamp,
    },
    /// A booking's time is free again.
    #[serde(rename = "SlotReleased")]
    Released {
        doctor_id: DoctorId,
        date: Date,
        booking_id: BookingId,
        at: Timestamp,
    },
    /// The doctor keeps a stretch of time free of visits.
    #[serde(rename = "TimeBlocked")]
    Blocked {
        doctor_id: DoctorId,
        date: Date,
        block_id: BlockId,
        range: TimeRange,
        by: Actor,
        at: Timestamp,
    },
    /// The doctor takes a block back.
    #[serde(rename = "TimeUnblocked")]
    Unblocked {
        doctor_id: DoctorId,
        date: Date,
        block_id: BlockId,
        by: Actor,
        at: Timestamp,
    },
    /// The day takes bookings for longer; everything as it is from now on.
    #[serde(rename = "DayExtended")]
    Extended {
        doctor_id: DoctorId,
        date: Date,
        zone: String,
        bounds: TimeRange,
        working: Vec<TimeRange>,
        slot_minutes: u16,
        buffer_before_minutes: u16,
        buffer_after_minutes: u16,
        by: Actor,
        at: Timestamp,
    },
    /// The day takes no bookings by itself any more.
    #[serde(rename = "DayClosed")]
    Closed {
        doctor_id: DoctorId,
        date: Date,
        by: Actor,
        at: Timestamp,
    },
}

/// Every type of event: its stable name and its highest version.
pub const TYPES: &[(&str, &str)] = &[
    ("DayOpened", "1"),
    ("SlotHeld", "1"),
    ("SlotClaimed", "1"),
    ("SlotReleased", "1"),
    ("TimeBlocked", "1"),
    ("TimeUnblocked", "1"),
    ("DayExtended", "1"),
    ("DayClosed", "1"),
];

impl DoctorDayEvent {
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
