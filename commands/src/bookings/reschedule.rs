//! A visit moves: the old time is freed and the new one taken in the same append.

use std::sync::Arc;

use domain::booking::commands::Reschedule;
use domain::booking::events::Appointment;
use domain::booking::refusal::BookingRefusal;
use domain::booking::{Booking, decide};
use domain::ids::{BookingId, DoctorId};
use domain::people::{Actor, Role};
use domain::schedule::commands::{Claim, Hold};
use domain::schedule::refusal::ScheduleRefusal;
use domain::time::TimeRange;
use jiff::Timestamp;

use crate::answer::{BookingAnswer, Done};
use crate::bookings::{acting, days, overdue::Rounds, parties};
use crate::context::Asked;
use crate::house::House;
use crate::payments::outward;
use crate::prices::KnownLists;
use crate::refusal::{CommandFault, Refusal};
use crate::streams::{Room, Stop};

/// Where a visit moves.
#[derive(Clone, Copy, Debug)]
pub struct RescheduleBooking {
    /// Which booking.
    pub booking_id: BookingId,
    /// The new time; must be a slot.
    pub starts_at: Timestamp,
    /// Another doctor; the same one if absent.
    pub doctor_id: Option<DoctorId>,
}

/// Moves a visit, as its patient, a clinic or an admin. An unpaid booking holds the new slot until its `pay_by`.
///
/// # Errors
/// `not_found`, `forbidden`, `not_now`, `price_changed`, `slot_taken`, `too_late`, `in_the_past`, `outside_working_hours`,
/// `doctor_not_available`; and the faults of the log.
pub async fn reschedule(
    house: &House,
    asked: &Asked,
    wish: RescheduleBooking,
) -> Result<Done<BookingAnswer>, CommandFault> {
    let roles = [Role::Patient, Role::Clinic, Role::Admin];
    let named = match wish.doctor_id {
        None => None,
        Some(doctor_id) => Some(house.doctor(doctor_id).await?.filter(|doctor| doctor.accepts)),
    };
    let lists = house.prices.known().await?;
    let mut rounds = Rounds::default();
    loop {
        let answer = acting::act(house, asked, wish.booking_id, &roles, |room, booking| {
            if matches!(named, Some(None)) {
                return Err(Stop::refuse(ScheduleRefusal::DoctorNotAvailable));
            }
            let zone = named
                .as_ref()
                .and_then(Option::as_ref)
                .map(|doctor| doctor.zone.as_str());
            same_price(&lists, booking, asked, wish)?;
            shift(room, booking, asked, wish, zone)
        })
        .await;
        if !rounds.made_way(house, asked, &answer).await? {
            return answer;
        }
    }
}

/// A patient moves to another doctor for the price agreed on: a dearer or cheaper one, by the list of that agreement, is
/// another booking. Whoever moves a visit for the house takes the difference upon the house.
fn same_price(
    lists: &KnownLists,
    booking: &Booking,
    asked: &Asked,
    wish: RescheduleBooking,
) -> Result<(), Stop> {
    let (
        Actor::Person {
            role: Role::Patient, ..
        },
        Some(doctor_id),
    ) = (asked.by, wish.doctor_id)
    else {
        return Ok(());
    };
    let agreement = parties::agreement(booking, asked.by).map_err(Stop::refuse)?;
    let stays = agreement.doctor_id() == Some(doctor_id);
    // A booking from before there were lists is of a time when all doctors cost the same.
    let Some(list) = lists.version(agreement.tariff_version).filter(|_| !stays) else {
        return Ok(());
    };
    let price = list.price(agreement.call_type, Some(doctor_id), Some(wish.starts_at));
    if price == agreement.price {
        Ok(())
    } else {
        let version = list.version;
        Err(Stop::refuse(BookingRefusal::PriceChanged { price, version }))
    }
}

fn shift(
    room: &mut Room<'_>,
    booking: &Arc<Booking>,
    asked: &Asked,
    wish: RescheduleBooking,
    zone: Option<&str>,
) -> Result<(), Stop> {
    let (by, at) = (asked.by, room.now());
    let RescheduleBooking {
        booking_id,
        starts_at,
        ..
    } = wish;
    let agreement = parties::agreement(booking, by).map_err(Stop::refuse)?;
    let present = agreement.appointment.as_ref();
    let doctor_id = wish
        .doctor_id
        .or(present.map(|appointment| appointment.doctor_id))
        .ok_or_else(|| Stop::refuse(Refusal::Incomplete { field: "doctor_id" }))?;
    let instant = TimeRange::lasting(starts_at, 1).map_err(|_| Stop::refuse(ScheduleRefusal::InThePast))?;

    // The booking speaks first: what it refuses needs no look at any day.
    let wanted = Appointment {
        doctor_id,
        visit: instant,
        days: Vec::new(),
    };
    decide::decide(booking, Reschedule { to: wanted, by, at }).map_err(Stop::refuse)?;
    let there_already =
        present.is_some_and(|now| now.doctor_id == doctor_id && now.visit.start() == starts_at);
    if there_already && is_claimed(booking) {
        return Ok(());
    }

    // The old time is freed first, so that a visit may move by less than its own length.
    days::release(room, agreement, at)?;
    let days = days::around(room, doctor_id, zone, instant)?;
    let claimed = if matches!(**booking, Booking::Requested(_)) {
        days.neighbourhood().hold(Hold {
            booking_id,
            starts_at,
            until: agreement.pay_by,
            at,
        })
    } else {
        let visit = days.slot_at(starts_at).map_err(Stop::refuse)?;
        days.neighbourhood().claim(Claim {
            booking_id,
            visit,
            keep_hours: true,
            at,
        })
    };
    let claimed = claimed.map_err(in_the_patients_words).map_err(Stop::refuse)?;
    acting::decide_booking(
        room,
        booking_id,
        Reschedule {
            to: claimed.appointment,
            by,
            at,
        },
    )?;
    days.record(room, claimed.facts)?;
    outward::lasts(room, booking_id)
}

/// Whether the booking's appointment is held or claimed in the doctor's days: not once the doctor was taken off.
fn is_claimed(booking: &Booking) -> bool {
    matches!(booking, Booking::Requested(_) | Booking::Assigned(_))
}

/// `doctor_busy` is said to whoever assigns; a patient who moves a visit meets a taken slot.
fn in_the_patients_words(refusal: ScheduleRefusal) -> ScheduleRefusal {
    match refusal {
        ScheduleRefusal::DoctorBusy { overdue } => ScheduleRefusal::SlotTaken { overdue },
        ScheduleRefusal::SlotTaken { .. }
        | ScheduleRefusal::OutsideWorkingHours
        | ScheduleRefusal::InThePast
        | ScheduleRefusal::DoctorNotAvailable
        | ScheduleRefusal::DayAlreadyOpen
        | ScheduleRefusal::DayOverlaps
        | ScheduleRefusal::NotAWorkingDay => refusal,
    }
}
