//! Random but lawful days of two doctors: commands go through the domain's neighbourhoods.

use std::collections::BTreeMap;

use domain::ids::{BlockId, BookingId, DoctorId};
use domain::schedule::adjacent_days::{
    AdjacentDays, DatedFacts, dates_around_instant, dates_beside, dates_spanning,
};
use domain::schedule::commands::{BlockTime, Claim, CloseDay, ExtendDay, HoldSlot, OpenDay, UnblockTime};
use domain::schedule::refusal::ScheduleRefusal;
use domain::schedule::{DoctorDay, TimeBlock, evolve, hours};
use domain::time::TimeRange;
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};

use crate::kit::bookings::{Step, admin, doctor, id};
use crate::kit::history::History;

/// Visits in this zone's evenings reach over UTC's midnight, and over its own.
pub(crate) const ZONE: &str = "Asia/Vladivostok";
const FIRST: Date = date(2030, 3, 4);
const DAYS: u16 = 4;

/// Days as the domain sees them, and their facts.
#[derive(Default)]
pub(crate) struct Days {
    pub(crate) history: History,
    pub(crate) days: BTreeMap<(DoctorId, Date), DoctorDay>,
}

impl Days {
    /// Lives through all steps.
    pub(crate) fn lived(steps: &[Step]) -> Self {
        let mut world = Self::default();
        for step in steps {
            world.step(*step);
        }
        world
    }

    fn at(&self) -> Timestamp {
        "2030-03-01T00:00:00.000000999Z".parse().expect("a time")
    }

    fn dates(&self, doctor_id: DoctorId, dates: &[Date]) -> Vec<(Date, DoctorDay)> {
        let day = |date: &Date| {
            let day = self.days.get(&(doctor_id, *date)).cloned();
            (*date, day.unwrap_or_default())
        };
        dates.iter().map(day).collect()
    }

    /// The doctor's three days around an instant.
    pub(crate) fn around(&self, doctor_id: DoctorId, instant: Timestamp) -> Vec<(Date, DoctorDay)> {
        self.dates(doctor_id, &dates_around_instant(instant))
    }

    /// A block of this doctor's that stands, if there is any, and its days.
    fn some_block(&self, doctor_id: DoctorId, number: u16) -> Option<TimeBlock> {
        let blocks: Vec<TimeBlock> = self
            .days
            .iter()
            .filter(|((of, _), _)| *of == doctor_id)
            .flat_map(|(_, day)| day.taken().blocks.clone())
            .collect();
        blocks.get(usize::from(number) % blocks.len().max(1)).copied()
    }

    /// One random command; refusals are fine.
    pub(crate) fn step(&mut self, (what, which, much): Step) {
        let doctor_id = doctor(which);
        let day = FIRST
            .checked_add(jiff::Span::new().days(i64::from(much % DAYS)))
            .expect("a date");
        let bounds = hours::day_bounds(day, ZONE).expect("bounds");
        let quarter = i64::from(much / DAYS % 96);
        let starts_at = bounds.start() + SignedDuration::from_mins(quarter * 15);
        let booking_id = BookingId::from_uuid(id(0xb, usize::from(which) % 12));
        let back = self.some_block(doctor_id, much);
        let dates = match (what, back) {
            (0..8, _) => dates_beside(day).to_vec(),
            (25, _) => dates_spanning(stretch(starts_at, quarter)),
            (26, Some(block)) => dates_spanning(block.range),
            (27, _) => vec![day],
            (8.., _) => dates_around_instant(starts_at).to_vec(),
        };
        let days = self.dates(doctor_id, &dates);
        let around = AdjacentDays {
            doctor_id,
            zone: ZONE,
            days: days.iter().map(|(date, day)| (*date, day)).collect(),
        };
        let facts = if what >= 25 {
            self.own_time(&around, what, back, (starts_at, bounds, quarter))
        } else {
            self.decide(&around, what, (booking_id, starts_at), (bounds, quarter))
        };
        for (date, fact) in facts.unwrap_or_default() {
            let stream = DoctorDay::stream_id(doctor_id, date);
            self.history
                .tell::<DoctorDay>(&stream, &doctor_id.to_string(), std::slice::from_ref(&fact));
            let day = self.days.entry((doctor_id, date)).or_default();
            *day = evolve::evolve(day.clone(), fact);
        }
    }

    fn decide(
        &self,
        around: &AdjacentDays<'_>,
        what: u8,
        (booking_id, starts_at): (BookingId, Timestamp),
        (bounds, quarter): (TimeRange, i64),
    ) -> Result<DatedFacts, ScheduleRefusal> {
        let at = self.at();
        match what {
            0..=7 => {
                let working = working(bounds, quarter);
                let open = OpenDay {
                    date: around.days[1].0,
                    zone: ZONE.to_owned(),
                    working,
                    slot_minutes: 45,
                    buffer_before_minutes: 15,
                    buffer_after_minutes: 15,
                    by: admin(),
                    at,
                };
                around.open(open)
            }
            8..=14 => {
                let until = starts_at - SignedDuration::from_mins(1);
                around
                    .hold(HoldSlot {
                        booking_id,
                        starts_at,
                        until,
                        at,
                    })
                    .map(|claimed| claimed.facts)
            }
            15..=18 => {
                let visit = TimeRange::lasting(starts_at, 60).expect("an hour");
                around
                    .claim(Claim {
                        booking_id,
                        visit,
                        keep_hours: false,
                        at,
                    })
                    .map(|claimed| claimed.facts)
            }
            19 | 20 => Ok(around.confirm(booking_id, at)),
            21.. => Ok(around.release(booking_id, at)),
        }
    }

    /// What the doctor does: a block of an hour or of days, one taken back, a day that grows or closes.
    fn own_time(
        &self,
        around: &AdjacentDays<'_>,
        what: u8,
        back: Option<TimeBlock>,
        (starts_at, bounds, quarter): (Timestamp, TimeRange, i64),
    ) -> Result<DatedFacts, ScheduleRefusal> {
        let (by, at, date) = (admin(), self.at(), around.days[0].0);
        match (what, back) {
            (26, Some(block)) => Ok(around.unblock(&UnblockTime {
                block_id: block.block_id,
                by,
                at,
            })),
            (27, _) if quarter % 3 == 0 => around.close(CloseDay { date, by, at }),
            (27, _) => around.extend(ExtendDay {
                date,
                working: vec![bounds],
                by,
                at,
            }),
            (_, _) => around.block(BlockTime {
                block_id: BlockId::from_uuid(id(0x6, self.history.facts.len())),
                range: stretch(starts_at, quarter),
                by,
                at,
            }),
        }
    }
}

/// Mostly short, now and then of days.
fn stretch(starts_at: Timestamp, quarter: i64) -> TimeRange {
    let minutes = if quarter % 5 == 0 { 47 * 60 } else { 50 };
    TimeRange::lasting(starts_at, minutes).expect("a stretch")
}

/// Working hours from about midnight to midnight, so that buffers reach into the days beside. Slots are five quarters
/// of an hour apart, and many commands hit one.
fn working(bounds: TimeRange, quarter: i64) -> Vec<TimeRange> {
    let begins = bounds.start() + SignedDuration::from_mins(15 * (quarter % 5));
    vec![TimeRange::new(begins, bounds.end()).expect("working hours")]
}
