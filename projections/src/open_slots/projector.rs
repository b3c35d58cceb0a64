//! Facts of doctors' days → the slots there are, and what takes them.

use std::collections::{BTreeMap, BTreeSet};

use domain::any_event::AnyEvent;
use domain::ids::{BlockId, DoctorId};
use domain::schedule::events::DoctorDayEvent;
use domain::schedule::evolve::evolve;
use domain::schedule::{DoctorDay, slots};
use domain::time::TimeRange;
use event_store::{ApplyError, PgConnection};
use jiff::civil::Date;
use uuid::Uuid;

use crate::Model;
use crate::facts::{Decoded, Input};
use crate::open_slots::rows;
use crate::projector::Projector;

/// Keeps `open_slots`, `open_slots__taken` and `open_slots__blocks`.
pub(crate) struct OpenSlots;

impl Projector for OpenSlots {
    const MODEL: Model = Model::OpenSlots;
    const INPUTS: &'static [Input] = &[Input::DoctorDay];

    async fn project(
        tx: &mut PgConnection,
        generation: i32,
        events: &[Decoded<'_>],
    ) -> Result<(), ApplyError> {
        let mut changes = Changes::default();
        for (_, event) in events {
            if let AnyEvent::DoctorDay(event) = event.as_ref() {
                changes.apply(event);
            }
        }
        Ok(rows::write(tx, generation, &changes).await?)
    }
}

/// A bookable interval of an opened day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) doctor_id: DoctorId,
    pub(crate) day: Date,
    pub(crate) visit: TimeRange,
    /// The visit and the buffers around it.
    pub(crate) occupied: TimeRange,
}

/// A doctor, a day's stream, and the booking or block it speaks of.
type TakenKey = (DoctorId, Date, Uuid);

/// What a batch leaves behind: the last word about everything it mentions. Nothing needs to be loaded for it.
#[derive(Default)]
pub(crate) struct Changes {
    /// The slots of the days that opened, changed or closed.
    pub(crate) days: BTreeMap<(DoctorId, Date), Day>,
    /// Taken, or free again.
    pub(crate) taken: BTreeMap<TakenKey, Option<TimeRange>>,
    /// New blocks, each with its whole stretch.
    pub(crate) blocked: BTreeMap<(DoctorId, BlockId), TimeRange>,
    /// Blocks taken back, new ones among them.
    pub(crate) taken_back: BTreeSet<(DoctorId, BlockId)>,
}

/// What a day offers after a batch.
#[derive(Default)]
pub(crate) struct Day {
    /// It offered something else before.
    pub(crate) anew: bool,
    pub(crate) slots: Vec<Slot>,
}

impl Changes {
    fn apply(&mut self, fact: &DoctorDayEvent) {
        match fact {
            DoctorDayEvent::Opened { doctor_id, date, .. } => self.offer(*doctor_id, *date, fact, false),
            DoctorDayEvent::Extended { doctor_id, date, .. }
            | DoctorDayEvent::Closed { doctor_id, date, .. } => {
                self.offer(*doctor_id, *date, fact, true);
            }
            DoctorDayEvent::Held {
                doctor_id,
                date,
                booking_id,
                occupied,
                ..
            }
            | DoctorDayEvent::Claimed {
                doctor_id,
                date,
                booking_id,
                occupied,
                ..
            } => {
                self.taken
                    .insert((*doctor_id, *date, booking_id.uuid()), Some(*occupied));
            }
            DoctorDayEvent::Released {
                doctor_id,
                date,
                booking_id,
                ..
            } => {
                self.taken.insert((*doctor_id, *date, booking_id.uuid()), None);
            }
            DoctorDayEvent::Blocked {
                doctor_id,
                date,
                block_id,
                range,
                ..
            } => {
                self.taken
                    .insert((*doctor_id, *date, block_id.uuid()), Some(*range));
                self.blocked.insert((*doctor_id, *block_id), *range);
            }
            DoctorDayEvent::Unblocked {
                doctor_id,
                date,
                block_id,
                ..
            } => {
                self.taken.insert((*doctor_id, *date, block_id.uuid()), None);
                self.taken_back.insert((*doctor_id, *block_id));
            }
        }
    }

    /// The day's slots are the domain's: the same arithmetic that will judge a request.
    fn offer(&mut self, doctor_id: DoctorId, day: Date, fact: &DoctorDayEvent, anew: bool) {
        let changed = evolve(DoctorDay::default(), fact.clone());
        let offered = self.days.entry((doctor_id, day)).or_default();
        offered.anew |= anew;
        offered.slots.clear();
        let Some(hours) = changed.hours() else { return };
        for slot in slots(&changed) {
            if let Ok(occupied) = hours.occupied_by(slot.range) {
                offered.slots.push(Slot {
                    doctor_id,
                    day,
                    visit: slot.range,
                    occupied,
                });
            }
        }
    }
}
