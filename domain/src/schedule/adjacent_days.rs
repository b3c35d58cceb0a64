//! Days of one doctor, decided together: for a visit its UTC date, the one before and the one after; for a block every
//! date it touches, the one before and the one after.
//!
//! An instant's local date is at most one away from its UTC date, and a visit with its buffers is short. So every
//! date on which a claim is recorded lies among the three dates of any claim that overlaps it: two such claims always
//! meet in a shared stream, and one of them loses, whatever the zones and whether or not the days are open. The same
//! holds for a claim and a block: the local date of any instant they share is among the dates of both.

use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use crate::booking::events::Appointment;
use crate::ids::{BookingId, DoctorId};
use crate::schedule::commands::{Claim, ClaimOnDay, ConfirmOnDay, HoldOnDay, HoldSlot, ReleaseOnDay};
use crate::schedule::events::DoctorDayEvent;
use crate::schedule::hours::{self, BLOCK_DATES_MAX, HoursError, VISIT_MINUTES_MAX};
use crate::schedule::refusal::ScheduleRefusal;
use crate::schedule::{DoctorDay, Hours, decide};
use crate::time::TimeRange;

/// Facts, each for the stream of its date.
pub type DatedFacts = Vec<(Date, DoctorDayEvent)>;

/// A doctor's days around a moment.
#[derive(Clone, Debug)]
pub struct AdjacentDays<'a> {
    /// The doctor all these days belong to.
    pub doctor_id: DoctorId,
    /// The doctor's IANA zone now: where days that are not open yet begin and end.
    pub zone: &'a str,
    /// Consecutive dates with their days: [`dates_around`] a visit, [`dates_beside`] a day to open, [`dates_spanning`] a
    /// block.
    pub days: Vec<(Date, &'a DoctorDay)>,
}

/// A time that was claimed or held: for the booking, and for the days' streams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// What the booking records.
    pub appointment: Appointment,
    /// What the days record; nothing if all of it stands there already.
    pub facts: DatedFacts,
}

/// The dates to load to hold or claim a visit.
pub fn dates_around(visit: TimeRange) -> [Date; 3] {
    dates_around_instant(visit.start())
}

/// The dates to load to hold a slot of which only the first instant is known.
pub fn dates_around_instant(starts_at: Timestamp) -> [Date; 3] {
    dates_beside(Offset::UTC.to_datetime(starts_at).date())
}

/// The dates to load to block a stretch, or to take such a block back: at most [`BLOCK_DATES_MAX`] for a block that is not
/// too long.
pub fn dates_spanning(range: TimeRange) -> Vec<Date> {
    let utc = |at| Offset::UTC.to_datetime(at).date();
    let inside = range.end() - SignedDuration::from_nanos(1);
    let [first, ..] = dates_beside(utc(range.start()));
    let [.., last] = dates_beside(utc(inside));
    std::iter::successors(Some(first), |date| date.tomorrow().ok())
        .take_while(|date| *date <= last)
        .take(BLOCK_DATES_MAX)
        .collect()
}

/// A date between its neighbours: the dates to load to open it.
pub fn dates_beside(date: Date) -> [Date; 3] {
    // At the calendar's ends the date is its own neighbour; nobody works there.
    [
        date.yesterday().unwrap_or(date),
        date,
        date.tomorrow().unwrap_or(date),
    ]
}

impl AdjacentDays<'_> {
    /// The visit that the slot beginning at `starts_at` is.
    ///
    /// # Errors
    /// [`ScheduleRefusal::OutsideWorkingHours`] when no open day has such a slot.
    pub fn slot_at(&self, starts_at: Timestamp) -> Result<TimeRange, ScheduleRefusal> {
        self.slot(starts_at).map(|(_, visit)| visit)
    }

    /// Holds the slot that begins at a moment. A booking that held another time on these days moves.
    ///
    /// # Errors
    /// `InThePast`, `OutsideWorkingHours` or `SlotTaken`.
    pub fn hold(&self, command: HoldSlot) -> Result<Claimed, ScheduleRefusal> {
        if command.starts_at <= command.at {
            return Err(ScheduleRefusal::InThePast);
        }
        let (hours, visit) = self.slot(command.starts_at)?;
        let occupied = hours.occupied_by(visit)?;
        decide::refuse_if_taken(&self.all(), occupied, Some(command.booking_id), command.at)?;
        let until = command.until.min(visit.start());
        self.take(command.booking_id, visit, occupied, command.at, |day, claim| {
            decide::hold(day, &HoldOnDay { claim, until })
        })
    }

    /// Claims a visit's time for good. A booking that held or claimed another time on these days moves; one that
    /// held this time has it confirmed.
    ///
    /// # Errors
    /// `InThePast`, `OutsideWorkingHours`, and `SlotTaken` if hours are kept, else `DoctorBusy`.
    pub fn claim(&self, command: Claim) -> Result<Claimed, ScheduleRefusal> {
        let passed = if command.keep_hours {
            command.visit.start() <= command.at
        } else {
            command.visit.start() < command.at
        };
        if passed {
            return Err(ScheduleRefusal::InThePast);
        }
        let occupied = self.occupied_by(&command)?;
        decide::refuse_if_taken(&self.all(), occupied, Some(command.booking_id), command.at).map_err(
            |refusal| {
                if command.keep_hours {
                    refusal
                } else {
                    busy(refusal)
                }
            },
        )?;
        self.take(
            command.booking_id,
            command.visit,
            occupied,
            command.at,
            |day, claim| decide::claim(day, &claim),
        )
    }

    /// Makes a booking's hold a claim for good, overdue or not; nothing if it is one, or there is none.
    pub fn confirm(&self, booking_id: BookingId, at: Timestamp) -> DatedFacts {
        let doctor_id = self.doctor_id;
        self.on_each(|date, day| {
            decide::confirm(
                day,
                &ConfirmOnDay {
                    doctor_id,
                    date,
                    booking_id,
                    at,
                },
            )
        })
    }

    /// Lets a booking's time go; nothing where it has none. Release the old time before claiming a new one.
    pub fn release(&self, booking_id: BookingId, at: Timestamp) -> DatedFacts {
        let doctor_id = self.doctor_id;
        self.on_each(|date, day| {
            decide::release(
                day,
                &ReleaseOnDay {
                    doctor_id,
                    date,
                    booking_id,
                    at,
                },
            )
        })
    }

    /// Records a claim on every date it touches, and lets go what the booking had on the others.
    fn take(
        &self,
        booking_id: BookingId,
        visit: TimeRange,
        occupied: TimeRange,
        at: Timestamp,
        record: impl Fn(&DoctorDay, ClaimOnDay) -> decide::Decision,
    ) -> Result<Claimed, ScheduleRefusal> {
        let doctor_id = self.doctor_id;
        let dates = self.dates_of(occupied)?;
        let mut facts = Vec::new();
        for (date, day) in self.days.iter().copied() {
            let of_day = if dates.contains(&date) {
                record(
                    day,
                    ClaimOnDay {
                        doctor_id,
                        date,
                        booking_id,
                        visit,
                        occupied,
                        at,
                    },
                )?
            } else {
                decide::release(
                    day,
                    &ReleaseOnDay {
                        doctor_id,
                        date,
                        booking_id,
                        at,
                    },
                )
            };
            facts.extend(of_day.into_iter().map(|fact| (date, fact)));
        }
        Ok(Claimed {
            appointment: Appointment {
                doctor_id,
                visit,
                days: dates,
                clinic_id: None,
            },
            facts,
        })
    }

    /// The dates whose streams record what happens in `range`: those it touches by the doctor's zone now, and open
    /// days it touches by the bounds they recorded.
    pub(super) fn dates_of(&self, range: TimeRange) -> Result<Vec<Date>, ScheduleRefusal> {
        let mut dates = Vec::new();
        let mut known: Option<TimeRange> = None;
        for (date, day) in self.days.iter().copied() {
            let by_zone = match hours::day_bounds(date, self.zone) {
                Ok(bounds) => Some(bounds),
                Err(HoursError::NoSuchDate) => None,
                Err(error @ (HoursError::UnknownZone | HoursError::NoSuchWindow)) => return Err(error.into()),
            };
            let recorded = day.hours().map(|hours| hours.bounds);
            if [by_zone, recorded]
                .into_iter()
                .flatten()
                .any(|bounds| bounds.overlaps(range))
            {
                dates.push(date);
            }
            known = match (known, by_zone) {
                (Some(known), Some(bounds)) => TimeRange::new(known.start(), bounds.end()).ok(),
                (None, bounds) | (bounds, None) => bounds,
            };
        }
        if known.is_none_or(|known| !known.contains(range)) {
            return Err(ScheduleRefusal::OutsideWorkingHours);
        }
        Ok(dates)
    }

    fn slot(&self, starts_at: Timestamp) -> Result<(&Hours, TimeRange), ScheduleRefusal> {
        self.open_hours()
            .find_map(|hours| {
                let visits = hours::visits(hours);
                visits
                    .into_iter()
                    .find(|visit| visit.start() == starts_at)
                    .map(|visit| (hours, visit))
            })
            .ok_or(ScheduleRefusal::OutsideWorkingHours)
    }

    fn occupied_by(&self, command: &Claim) -> Result<TimeRange, ScheduleRefusal> {
        if command.keep_hours {
            let (hours, visit) = self.slot(command.visit.start())?;
            if visit != command.visit {
                return Err(ScheduleRefusal::OutsideWorkingHours);
            }
            return hours.occupied_by(visit);
        }
        let longest = TimeRange::lasting(command.visit.start(), i64::from(VISIT_MINUTES_MAX));
        if longest.is_ok_and(|longest| longest.end() < command.visit.end()) {
            return Err(ScheduleRefusal::OutsideWorkingHours);
        }
        self.open_hours()
            .find(|hours| hours.bounds.holds(command.visit.start()))
            .map_or(Ok(command.visit), |hours| hours.occupied_by(command.visit))
    }

    fn open_hours(&self) -> impl Iterator<Item = &Hours> {
        self.days.iter().filter_map(|(_, day)| day.hours())
    }

    pub(super) fn day_of(&self, date: Date) -> Option<&DoctorDay> {
        self.days
            .iter()
            .find(|(other, _)| *other == date)
            .map(|(_, day)| *day)
    }

    pub(super) fn all(&self) -> Vec<&DoctorDay> {
        self.days.iter().map(|(_, day)| *day).collect()
    }

    pub(super) fn on_each(&self, decide: impl Fn(Date, &DoctorDay) -> Vec<DoctorDayEvent>) -> DatedFacts {
        self.days
            .iter()
            .flat_map(|(date, day)| decide(*date, day).into_iter().map(|fact| (*date, fact)))
            .collect()
    }
}

/// The same "no", said to whoever assigns.
fn busy(refusal: ScheduleRefusal) -> ScheduleRefusal {
    match refusal {
        ScheduleRefusal::SlotTaken { overdue } => ScheduleRefusal::DoctorBusy { overdue },
        other @ (ScheduleRefusal::DoctorBusy { .. }
        | ScheduleRefusal::OutsideWorkingHours
        | ScheduleRefusal::InThePast
        | ScheduleRefusal::DoctorNotAvailable
        | ScheduleRefusal::DayAlreadyOpen
        | ScheduleRefusal::DayClaimed { .. }
        | ScheduleRefusal::DayNotOpen
        | ScheduleRefusal::DayNotLonger
        | ScheduleRefusal::DayOverlaps
        | ScheduleRefusal::NotAWorkingDay) => other,
    }
}
