//! Random but lawful days of two doctors: wishes go through the domain's neighbourhoods.

use std::collections::BTreeMap;

use domain::ids::{BlockId, BookingId, DoctorId};
use domain::schedule::commands::{BlockTime, Claim, Hold, OpenDay};
use domain::schedule::neighbourhood::{DatedFacts, Neighbourhood, dates_around_instant, dates_beside};
use domain::schedule::refusal::ScheduleRefusal;
use domain::schedule::{DoctorDay, evolve, hours};
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

    fn dates(&self, doctor_id: DoctorId, dates: [Date; 3]) -> [(Date, DoctorDay); 3] {
        dates.map(|date| {
            (
                date,
                self.days.get(&(doctor_id, date)).cloned().unwrap_or_default(),
            )
        })
    }

    /// The doctor's three days around an instant.
    pub(crate) fn around(&self, doctor_id: DoctorId, instant: Timestamp) -> [(Date, DoctorDay); 3] {
        self.dates(doctor_id, dates_around_instant(instant))
    }

    /// One random wish; refusals are fine.
    pub(crate) fn step(&mut self, (what, which, much): Step) {
        let doctor_id = doctor(which);
        let day = FIRST
            .checked_add(jiff::Span::new().days(i64::from(much % DAYS)))
            .expect("a date");
        let bounds = hours::day_bounds(day, ZONE).expect("bounds");
        let quarter = i64::from(much / DAYS % 96);
        let starts_at = bounds.start() + SignedDuration::from_mins(quarter * 15);
        let booking_id = BookingId::from_uuid(id(0xb, usize::from(which) % 12));
        let dates = if what < 8 {
            dates_beside(day)
        } else {
            dates_around_instant(starts_at)
        };
        let days = self.dates(doctor_id, dates);
        let around = Neighbourhood {
            doctor_id,
            zone: ZONE,
            days: days.each_ref().map(|(date, day)| (*date, day)),
        };
        let facts = self.decide(&around, what, (booking_id, starts_at), (bounds, quarter));
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
        around: &Neighbourhood<'_>,
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
                    .hold(Hold {
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
            21..=24 => Ok(around.release(booking_id, at)),
            25.. => {
                let range = TimeRange::lasting(starts_at, 50).expect("a stretch");
                let block_id = BlockId::from_uuid(id(0x6, self.history.facts.len()));
                around.block(BlockTime {
                    block_id,
                    range,
                    by: admin(),
                    at,
                })
            }
        }
    }
}

/// Working hours from about midnight to midnight, so that buffers reach into the days beside. Slots are five quarters
/// of an hour apart, and many wishes hit one.
fn working(bounds: TimeRange, quarter: i64) -> Vec<TimeRange> {
    let begins = bounds.start() + SignedDuration::from_mins(15 * (quarter % 5));
    vec![TimeRange::new(begins, bounds.end()).expect("working hours")]
}
