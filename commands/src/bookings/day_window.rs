//! A doctor's days around a visit, as part of a decision: loaded together, changed together.

use std::sync::Arc;

use domain::ids::DoctorId;
use domain::schedule::DoctorDay;
use domain::schedule::adjacent_days::{self, AdjacentDays};
use domain::schedule::events::DoctorDayEvent;
use domain::schedule::refusal::ScheduleRefusal;
use domain::time::TimeRange;
use event_store::StreamName;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::streams::{self, DecisionError, UnitOfWork};

/// DayWindow of a doctor that are decided together, in order.
pub(crate) struct DayWindow {
    doctor_id: DoctorId,
    zone: String,
    days: Vec<(Date, Arc<DoctorDay>)>,
}

/// The streams of the days around a visit, to be loaded together at first.
pub(crate) fn stream_names(doctor_id: DoctorId, visit: TimeRange) -> [StreamName; 3] {
    adjacent_days::dates_around(visit).map(|date| streams::day(doctor_id, date))
}

impl DayWindow {
    /// The days around a visit. `zone` is the doctor's present one, else that of the days which are open.
    pub(crate) fn around(
        work: &mut UnitOfWork<'_>,
        doctor_id: DoctorId,
        zone: Option<&str>,
        visit: TimeRange,
    ) -> Result<Self, DecisionError> {
        Self::load(work, doctor_id, zone, &adjacent_days::dates_around(visit))
    }

    /// These days of a doctor.
    pub(crate) fn load(
        work: &mut UnitOfWork<'_>,
        doctor_id: DoctorId,
        zone: Option<&str>,
        dates: &[Date],
    ) -> Result<Self, DecisionError> {
        // Every day is asked for before the first absence is reported, so that all are loaded in one go.
        let loaded: Vec<_> = dates
            .iter()
            .map(|date| (*date, work.state::<DoctorDay>(&streams::day(doctor_id, *date))))
            .collect();
        let mut days = Vec::with_capacity(loaded.len());
        for (date, day) in loaded {
            days.push((date, day?));
        }
        let of_open_days = || {
            days.iter()
                .rev()
                .find_map(|(_, day)| day.hours())
                .map(|hours| hours.zone.clone())
        };
        let zone = zone
            .map(str::to_owned)
            .or_else(of_open_days)
            .unwrap_or_else(|| "UTC".to_owned());
        Ok(Self {
            doctor_id,
            zone,
            days,
        })
    }

    /// The visit that the slot beginning at `starts_at` is.
    pub(crate) fn slot_at(&self, starts_at: Timestamp) -> Result<TimeRange, ScheduleRefusal> {
        self.adjacent_days().slot_at(starts_at)
    }

    /// The same, as the rules want them.
    pub(crate) fn adjacent_days(&self) -> AdjacentDays<'_> {
        AdjacentDays {
            doctor_id: self.doctor_id,
            zone: &self.zone,
            days: self.days.iter().map(|(date, day)| (*date, &**day)).collect(),
        }
    }

    /// Records what the rules decided about these days.
    pub(crate) fn record(
        &self,
        work: &mut UnitOfWork<'_>,
        facts: Vec<(Date, DoctorDayEvent)>,
    ) -> Result<(), DecisionError> {
        for (date, fact) in facts {
            work.record::<DoctorDay>(&streams::day(self.doctor_id, date), vec![fact])?;
        }
        Ok(())
    }
}
