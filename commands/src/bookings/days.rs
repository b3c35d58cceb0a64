//! A doctor's days around a visit, as part of a decision: loaded together, changed together.

use std::sync::Arc;

use domain::booking::events::Appointment;
use domain::booking::{Agreement, Booking};
use domain::ids::DoctorId;
use domain::schedule::DoctorDay;
use domain::schedule::events::DoctorDayEvent;
use domain::schedule::neighbourhood::{self, Neighbourhood};
use domain::schedule::refusal::ScheduleRefusal;
use domain::time::TimeRange;
use event_store::StreamName;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::streams::{self, DecisionError, UnitOfWork};

/// Days of a doctor that are decided together, in order.
pub(crate) struct Days {
    doctor_id: DoctorId,
    zone: String,
    days: Vec<(Date, Arc<DoctorDay>)>,
}

/// The streams of the days around a visit, to be loaded together at first.
pub(crate) fn names(doctor_id: DoctorId, visit: TimeRange) -> [StreamName; 3] {
    neighbourhood::dates_around(visit).map(|date| streams::day(doctor_id, date))
}

/// The days around a visit. `zone` is the doctor's present one, else that of the days which are open.
pub(crate) fn around(
    room: &mut UnitOfWork<'_>,
    doctor_id: DoctorId,
    zone: Option<&str>,
    visit: TimeRange,
) -> Result<Days, DecisionError> {
    Days::load(room, doctor_id, zone, &neighbourhood::dates_around(visit))
}

impl Days {
    /// These days of a doctor.
    pub(crate) fn load(
        room: &mut UnitOfWork<'_>,
        doctor_id: DoctorId,
        zone: Option<&str>,
        dates: &[Date],
    ) -> Result<Self, DecisionError> {
        // Every day is asked for before the first absence is reported, so that all are loaded in one go.
        let asked: Vec<_> = dates
            .iter()
            .map(|date| (*date, room.state::<DoctorDay>(&streams::day(doctor_id, *date))))
            .collect();
        let mut days = Vec::with_capacity(asked.len());
        for (date, day) in asked {
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
        self.neighbourhood().slot_at(starts_at)
    }

    /// The same, as the rules want them.
    pub(crate) fn neighbourhood(&self) -> Neighbourhood<'_> {
        Neighbourhood {
            doctor_id: self.doctor_id,
            zone: &self.zone,
            days: self.days.iter().map(|(date, day)| (*date, &**day)).collect(),
        }
    }

    /// Records what the rules decided about these days.
    pub(crate) fn record(
        &self,
        room: &mut UnitOfWork<'_>,
        facts: Vec<(Date, DoctorDayEvent)>,
    ) -> Result<(), DecisionError> {
        for (date, fact) in facts {
            room.record::<DoctorDay>(&streams::day(self.doctor_id, date), vec![fact])?;
        }
        Ok(())
    }
}

/// Frees the time a booking holds or claims, if it does.
pub(crate) fn release(
    room: &mut UnitOfWork<'_>,
    agreement: &Agreement,
    at: Timestamp,
) -> Result<(), DecisionError> {
    settle(room, agreement, |days| days.release(agreement.booking_id, at))
}

/// Lets the days follow a booking that has been secured, or that no longer takes the time it took. New time is claimed
/// by whoever sets it.
pub(crate) fn follow(
    room: &mut UnitOfWork<'_>,
    before: &Booking,
    after: &Booking,
) -> Result<(), DecisionError> {
    let (Some(was), Some(is)) = (before.agreement(), after.agreement()) else {
        return Ok(());
    };
    let at = room.now();
    if before.claims_time() && (!after.claims_time() || is.appointment.is_none()) {
        return release(room, was, at);
    }
    if matches!(before, Booking::Requested(_)) && is.secured_by.is_some() {
        return settle(room, was, |days| days.confirm(was.booking_id, at));
    }
    Ok(())
}

fn settle(
    room: &mut UnitOfWork<'_>,
    agreement: &Agreement,
    rule: impl FnOnce(&Neighbourhood<'_>) -> Vec<(Date, DoctorDayEvent)>,
) -> Result<(), DecisionError> {
    let Some(Appointment { doctor_id, visit, .. }) = agreement.appointment.as_ref() else {
        return Ok(());
    };
    // Nothing new is claimed here, so no unopened day needs a zone.
    let days = around(room, *doctor_id, None, *visit)?;
    let facts = rule(&days.neighbourhood());
    days.record(room, facts)
}
