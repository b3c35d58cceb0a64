//! A doctor's time as JSON: opened days, blocks and free slots.

use commands::{BlockState, DayState};
use domain::ids::DoctorId;
use domain::schedule::{DoctorDay, slots};
use domain::time::TimeRange;
use jiff::Timestamp;
use jiff::civil::Date;
use projections::open_slots::days::OpenDay;
use projections::open_slots::{Block, OpenSlot};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A stretch of time: the start included, the end excluded.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(example = json!({"starts_at": "2026-12-02T06:00:00Z", "ends_at": "2026-12-02T07:00:00Z"}))]
pub struct RangeView {
    /// The first instant.
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Timestamp,
    /// The first instant after.
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Timestamp,
}

impl From<TimeRange> for RangeView {
    fn from(range: TimeRange) -> Self {
        Self {
            starts_at: range.start(),
            ends_at: range.end(),
        }
    }
}

/// A slot that can be booked.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "starts_at": "2026-12-02T06:00:00Z",
    "ends_at": "2026-12-02T07:00:00Z",
    "date": "2026-12-02"
}))]
pub struct SlotView {
    /// When the visit would begin; send it as `starts_at` when booking.
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Timestamp,
    /// When the visit would end.
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Timestamp,
    /// The doctor's local date.
    #[schema(value_type = String, format = Date)]
    pub date: Date,
}

impl From<&OpenSlot> for SlotView {
    fn from(slot: &OpenSlot) -> Self {
        Self {
            starts_at: slot.visit.start(),
            ends_at: slot.visit.end(),
            date: slot.day,
        }
    }
}

/// A day that takes bookings, in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "date": "2026-12-02",
    "starts_at": "2026-12-02T06:00:00Z",
    "ends_at": "2026-12-02T15:00:00Z",
    "slots": 9,
    "slots_free": 6
}))]
pub struct OpenDayView {
    /// The doctor's local date.
    #[schema(value_type = String, format = Date)]
    pub date: Date,
    /// When its first slot begins.
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Timestamp,
    /// When its last slot ends.
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Timestamp,
    /// How many slots it has.
    pub slots: i64,
    /// How many of them nothing takes.
    pub slots_free: i64,
}

impl From<&OpenDay> for OpenDayView {
    fn from(day: &OpenDay) -> Self {
        Self {
            date: day.date,
            starts_at: day.starts_at,
            ends_at: day.ends_at,
            slots: day.slots,
            slots_free: day.slots_free,
        }
    }
}

/// A day that takes bookings.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "doctor_id": "019a8f0e-0000-7000-8000-000000000002",
    "date": "2026-12-02",
    "zone": "Europe/Moscow",
    "working": [{"starts_at": "2026-12-02T06:00:00Z", "ends_at": "2026-12-02T15:00:00Z"}],
    "slot_minutes": 60,
    "buffer_before_minutes": 0,
    "buffer_after_minutes": 30,
    "slots_free": 6,
    "version": 1
}))]
pub struct DayView {
    /// Whose day.
    pub doctor_id: Uuid,
    /// The local date.
    #[schema(value_type = String, format = Date)]
    pub date: Date,
    /// The IANA zone the date is local to.
    pub zone: String,
    /// When visits can be booked.
    pub working: Vec<RangeView>,
    /// Length of one slot.
    pub slot_minutes: u16,
    /// Kept free before each visit.
    pub buffer_before_minutes: u16,
    /// Kept free after each visit.
    pub buffer_after_minutes: u16,
    /// How many slots nothing takes.
    pub slots_free: usize,
    /// The day's version, as in its `ETag`.
    pub version: i64,
}

impl DayView {
    /// The day of this doctor after a decision; `None` if it is not open.
    pub fn of(doctor_id: Uuid, answer: &DayState, version: i64) -> Option<Self> {
        match &*answer.day {
            DoctorDay::Unopened(_) => None,
            DoctorDay::Open(hours, _) => Some(Self {
                doctor_id,
                date: hours.date,
                zone: hours.zone.clone(),
                working: hours.working.iter().copied().map(RangeView::from).collect(),
                slot_minutes: hours.slot_minutes,
                buffer_before_minutes: hours.buffer_before_minutes,
                buffer_after_minutes: hours.buffer_after_minutes,
                slots_free: slots(&answer.day).iter().filter(|slot| slot.free).count(),
                version,
            }),
        }
    }
}

/// A day that takes no bookings by itself any more.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "doctor_id": "019a8f0e-0000-7000-8000-000000000002",
    "date": "2026-12-02",
    "open": false,
    "version": 2
}))]
pub struct ClosedDayView {
    /// Whose day.
    pub doctor_id: Uuid,
    /// The local date.
    #[schema(value_type = String, format = Date)]
    pub date: Date,
    /// Whether the day takes bookings: it does not, unless it was opened again since.
    pub open: bool,
    /// The day's version, as in its `ETag`.
    pub version: i64,
}

impl ClosedDayView {
    /// The day of this doctor after a decision.
    pub fn of(doctor_id: DoctorId, date: Date, answer: &DayState, version: i64) -> Self {
        Self {
            doctor_id: doctor_id.uuid(),
            date,
            open: answer.day.hours().is_some(),
            version,
        }
    }
}

/// A stretch kept free of visits.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019a8f0e-8000-7000-8000-000000000007",
    "doctor_id": "019a8f0e-0000-7000-8000-000000000002",
    "starts_at": "2026-12-02T09:00:00Z",
    "ends_at": "2026-12-02T10:00:00Z"
}))]
pub struct BlockView {
    /// The block.
    pub id: Uuid,
    /// Whose time.
    pub doctor_id: Uuid,
    /// The first instant.
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Timestamp,
    /// The first instant after.
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Timestamp,
}

impl From<&BlockState> for BlockView {
    fn from(block: &BlockState) -> Self {
        Self {
            id: block.block_id.uuid(),
            doctor_id: block.doctor_id.uuid(),
            starts_at: block.range.start(),
            ends_at: block.range.end(),
        }
    }
}

impl BlockView {
    /// A block of this doctor's.
    pub fn of(doctor_id: DoctorId, block: &Block) -> Self {
        Self {
            id: block.block_id.uuid(),
            doctor_id: doctor_id.uuid(),
            starts_at: block.range.start(),
            ends_at: block.range.end(),
        }
    }
}
