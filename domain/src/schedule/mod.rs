//! One doctor's working day: the boundary that makes double booking impossible.
//!
//! ```text
//! Unopened ◀─ close ── open ─▶ Open      in both: hold ─▶ held ── confirm ─▶ claimed ── release ─▶ free
//! ```
//!
//! A day that was never opened still keeps claims: an urgent visit needs no working hours, and a visit with its
//! buffers may reach over midnight. What may be claimed is decided over three days at once, and a block over all the days
//! it touches: see [`adjacent_days`].

pub mod adjacent_days;
pub mod commands;
pub mod decide;
pub mod events;
pub mod evolve;
pub mod hours;
mod opening;
mod own_time;
pub mod refusal;
pub mod weekly;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub use commands::DoctorDayCommand;

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::ids::{BlockId, BookingId, DoctorId};
use crate::schedule::events::DoctorDayEvent;
use crate::schedule::refusal::ScheduleRefusal;
use crate::time::TimeRange;

/// Whether a day takes bookings by itself, and what of it is taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DoctorDay {
    /// Takes no bookings by itself, but may be claimed.
    Unopened(Taken),
    /// Takes bookings within its hours.
    Open(Hours, Taken),
}

/// When a day takes bookings; recorded when it was opened and never computed again.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours {
    pub date: Date,
    pub zone: String,
    pub bounds: TimeRange,
    /// When visits can be booked, in order.
    pub working: Vec<TimeRange>,
    pub slot_minutes: u16,
    pub buffer_before_minutes: u16,
    pub buffer_after_minutes: u16,
}

/// What of a day is not free, whether it is open or not.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// By bookings; at most one claim each.
    pub claims: Vec<TimeClaim>,
    pub blocks: Vec<TimeBlock>,
}

/// A booking's claim on a doctor's time.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeClaim {
    pub booking_id: BookingId,
    pub visit: TimeRange,
    pub occupied: TimeRange,
    /// When a hold may be ended; a confirmed claim has no such moment.
    pub held_until: Option<Timestamp>,
}

/// A stretch the doctor keeps free of visits.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeBlock {
    pub block_id: BlockId,
    pub range: TimeRange,
}

/// A time of an open day that one visit may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The visit's time, its buffers left out.
    pub range: TimeRange,
    /// Whether it can be booked, as far as this day alone can tell.
    pub free: bool,
}

/// The slots of an open day, in order; none of an unopened one. Visit and buffers of one slot end where those of the
/// next begin, so neighbouring slots never stand in each other's way.
pub fn slots(day: &DoctorDay) -> Vec<Slot> {
    match day {
        DoctorDay::Unopened(_) => Vec::new(),
        DoctorDay::Open(hours, taken) => hours::visits(hours)
            .into_iter()
            .map(|visit| Slot {
                range: visit,
                free: hours
                    .occupied_by(visit)
                    .is_ok_and(|occupied| !taken.overlaps(occupied)),
            })
            .collect(),
    }
}

impl DoctorDay {
    /// The stream of `doctor`'s day.
    pub fn stream_id(doctor: DoctorId, date: Date) -> String {
        format!("{doctor}_{date}")
    }

    /// The opening hours, if the day is open.
    pub const fn hours(&self) -> Option<&Hours> {
        match self {
            Self::Unopened(_) => None,
            Self::Open(hours, _) => Some(hours),
        }
    }

    /// What of the day is not free.
    pub const fn taken(&self) -> &Taken {
        match self {
            Self::Unopened(taken) | Self::Open(_, taken) => taken,
        }
    }

    /// The claim of this booking, if it has one here.
    pub fn claim_of(&self, booking_id: BookingId) -> Option<&TimeClaim> {
        self.taken()
            .claims
            .iter()
            .find(|claim| claim.booking_id == booking_id)
    }
}

impl Default for DoctorDay {
    fn default() -> Self {
        Self::Unopened(Taken::default())
    }
}

impl Hours {
    /// The visit with this day's buffers.
    ///
    /// # Errors
    /// [`ScheduleRefusal::OutsideWorkingHours`] when time itself runs out.
    pub fn occupied_by(&self, visit: TimeRange) -> Result<TimeRange, ScheduleRefusal> {
        visit
            .padded(
                i64::from(self.buffer_before_minutes),
                i64::from(self.buffer_after_minutes),
            )
            .map_err(|_| ScheduleRefusal::OutsideWorkingHours)
    }
}

impl Taken {
    /// Whether any claim or block shares an instant with `range`.
    pub fn overlaps(&self, range: TimeRange) -> bool {
        self.claims.iter().any(|claim| claim.occupied.overlaps(range))
            || self.blocks.iter().any(|block| block.range.overlaps(range))
    }
}

impl Aggregate for DoctorDay {
    const TYPE: &'static str = "doctor_day";
    type Command = DoctorDayCommand;
    type Event = DoctorDayEvent;
    type Error = ScheduleRefusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: DoctorDayCommand,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), ScheduleRefusal> {
        for fact in decide::decide(self, command)? {
            sink.write(fact, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, fact: DoctorDayEvent) {
        *self = evolve::evolve(std::mem::take(self), fact);
    }
}
