//! A patient asks for a visit: now and unnamed, or with a chosen doctor at a chosen time, whose slot is held at once.

use std::sync::Arc;

use domain::booking::Booking;
use domain::booking::commands::Request;
use domain::booking::decide;
use domain::booking::events::{Appointment, CallType};
use domain::booking::refusal::BookingRefusal;
use domain::ids::{BookingId, DoctorId, PatientId, PrivateId};
use domain::money::Money;
use domain::people::{Actor, PrivateRef, Role};
use domain::price_list::list::PriceList;
use domain::schedule::commands::Hold;
use domain::schedule::refusal::ScheduleRefusal;
use domain::time::TimeRange;
use event_store::PrivateRow;
use identity::DoctorProfile;
use jiff::{SignedDuration, Timestamp};

use crate::answer::{BookingAnswer, Done};
use crate::bookings::overdue::Rounds;
use crate::bookings::{acting, days, vault};
use crate::context::Asked;
use crate::house::House;
use crate::refusal::{CommandFault, Refusal};
use crate::streams::{self, Room, Stop};

/// The vault's word for where a visit goes and why.
pub const VISIT_DETAILS: &str = "visit_details";

/// What a patient asks for. Fields are parsed at the door.
#[derive(Clone, Debug)]
pub struct RequestBooking {
    /// How the doctor is called.
    pub call_type: CallType,
    /// The price the patient saw; must be the price list's.
    pub offered: Money,
    /// The version of the price list the patient saw, if they insist on it.
    pub offered_version: Option<u32>,
    /// Where to; needed unless it is a consultation.
    pub address: Option<String>,
    /// Decimal degrees, as text.
    pub latitude: Option<String>,
    /// Decimal degrees, as text.
    pub longitude: Option<String>,
    /// What hurts.
    pub symptoms: Option<String>,
    /// What else the doctor should know.
    pub notes: Option<String>,
    /// The chosen doctor; none for an urgent call.
    pub doctor_id: Option<DoctorId>,
    /// The chosen time; none for an urgent call.
    pub starts_at: Option<Timestamp>,
}

/// Requests a booking, as its patient.
///
/// # Errors
/// `price_changed`, `slot_taken`, `outside_working_hours`, `in_the_past`, `doctor_not_available`, `invalid` when the
/// doctor, time or address a call type needs is missing, [`CommandFault::NoPriceList`]; and the faults of the log.
pub async fn request(
    house: &House,
    asked: &Asked,
    wish: RequestBooking,
) -> Result<Done<BookingAnswer>, CommandFault> {
    let Actor::Person {
        id,
        role: Role::Patient,
    } = asked.by
    else {
        return Err(Refusal::NotYours.into());
    };
    let patient_id = PatientId::from_uuid(id.uuid());
    if wish.call_type != CallType::Consultation && wish.address.is_none() {
        return Err(Refusal::Incomplete { field: "address" }.into());
    }
    match wish.call_type {
        CallType::Urgent => urgent(house, asked, patient_id, &wish).await,
        CallType::Scheduled | CallType::Consultation => {
            let mut rounds = Rounds::default();
            loop {
                let answer = at_a_chosen_time(house, asked, patient_id, &wish).await;
                if !rounds.made_way(house, asked, &answer).await? {
                    return answer;
                }
            }
        }
    }
}

/// The booking that an earlier request under the same key made, or would have made; none where there is no key to be
/// recognised by.
pub fn requested_before(asked: &Asked) -> Option<BookingId> {
    asked.key.as_ref()?;
    Some(BookingId::from_uuid(asked.begin().created_id("booking")))
}

/// One new stream, one fact, nothing read: the house's busiest road.
async fn urgent(
    house: &House,
    asked: &Asked,
    patient_id: PatientId,
    wish: &RequestBooking,
) -> Result<Done<BookingAnswer>, CommandFault> {
    let prices = house.prices.now().await?;
    let begun = asked.begin();
    let booking_id = BookingId::from_uuid(begun.created_id("booking"));
    let name = streams::booking(booking_id);
    let (details, row) = sealed(
        wish,
        patient_id,
        PrivateId::from_uuid(begun.created_id("details")),
    );
    let outcome = event_store::execute(&house.log, &begun.about(&name), &[], |room| {
        room.fresh::<Booking>(&name);
        let list = prices.at(room.now());
        ask(room, list, booking_id, patient_id, wish, None, details.as_ref())?;
        row.iter().for_each(|row| room.keep(row.clone()));
        Ok(())
    })
    .await?;
    acting::answer(house, &outcome, &name).await
}

/// The booking and the doctor's days change together, or not at all.
async fn at_a_chosen_time(
    house: &House,
    asked: &Asked,
    patient_id: PatientId,
    wish: &RequestBooking,
) -> Result<Done<BookingAnswer>, CommandFault> {
    let doctor_id = wish.doctor_id.ok_or(Refusal::Incomplete { field: "doctor_id" })?;
    let starts_at = wish.starts_at.ok_or(Refusal::Incomplete { field: "starts_at" })?;
    let instant = TimeRange::lasting(starts_at, 1).map_err(|_| Refusal::Incomplete { field: "starts_at" })?;
    let prices = house.prices.now().await?;
    let begun = asked.begin();
    let booking_id = BookingId::from_uuid(begun.created_id("booking"));
    let name = streams::booking(booking_id);
    let doctor = house.doctor_now(doctor_id).await?;
    let (details, row) = sealed(
        wish,
        patient_id,
        PrivateId::from_uuid(begun.created_id("details")),
    );

    let known = days::names(doctor_id, instant);
    let outcome = event_store::execute(&house.log, &begun.about(&name), &known, |room| {
        room.fresh::<Booking>(&name);
        let doctor = available(doctor.as_ref())?;
        let around = days::around(room, doctor_id, Some(doctor.zone.as_str()), instant)?;
        // A visit that has begun can no longer be paid for; the booking's deadline is cut the same way.
        let list = prices.at(room.now());
        let until = pay_by(list, room.now())?.min(starts_at);
        // A changed price is said before a taken slot: it would be in the way at any time.
        still_offered(list, wish)?;
        let hold = Hold {
            booking_id,
            starts_at,
            until,
            at: room.now(),
        };
        let claimed = around.neighbourhood().hold(hold).map_err(Stop::refuse)?;
        ask(
            room,
            list,
            booking_id,
            patient_id,
            wish,
            Some(claimed.appointment.of_clinic(doctor.clinic_id)),
            details.as_ref(),
        )?;
        around.record(room, claimed.facts)?;
        row.iter().for_each(|row| room.keep(row.clone()));
        Ok(())
    })
    .await?;
    acting::answer(house, &outcome, &name).await
}

fn ask(
    room: &mut Room<'_>,
    list: &PriceList,
    booking_id: BookingId,
    patient_id: PatientId,
    wish: &RequestBooking,
    appointment: Option<Appointment>,
    details: Option<&PrivateRef>,
) -> Result<(), Stop> {
    let at = room.now();
    let wish = Request {
        booking_id,
        patient_id,
        call_type: wish.call_type,
        appointment,
        offered: wish.offered,
        offered_version: wish.offered_version,
        price: list.price(wish.call_type, wish.doctor_id, wish.starts_at),
        tariff_version: list.version,
        terms: list.cancellation(wish.call_type).clone(),
        pay_by: pay_by(list, at)?,
        details: details.cloned(),
        at,
    };
    room.decide(&streams::booking(booking_id), |booking: &Booking| {
        decide::decide(booking, wish)
    })
}

/// The offered price must be the list's, and the list the one the patient insists on, if they do.
fn still_offered(list: &PriceList, wish: &RequestBooking) -> Result<(), Stop> {
    let price = list.price(wish.call_type, wish.doctor_id, wish.starts_at);
    let version = list.version;
    if price == wish.offered && wish.offered_version.is_none_or(|offered| offered == version) {
        Ok(())
    } else {
        Err(Stop::refuse(BookingRefusal::PriceChanged { price, version }))
    }
}

fn pay_by(list: &PriceList, at: Timestamp) -> Result<Timestamp, Stop> {
    at.checked_add(SignedDuration::from_mins(i64::from(list.terms.hold_minutes)))
        .map_err(|_| Stop::refuse(BookingRefusal::TooLate))
}

fn available(doctor: Option<&Arc<DoctorProfile>>) -> Result<&Arc<DoctorProfile>, Stop> {
    doctor
        .filter(|doctor| doctor.accepts)
        .ok_or_else(|| Stop::refuse(ScheduleRefusal::DoctorNotAvailable))
}

/// Address and complaint go to the vault in the same commit; the fact only points there.
fn sealed(
    wish: &RequestBooking,
    patient_id: PatientId,
    id: PrivateId,
) -> (Option<PrivateRef>, Option<PrivateRow>) {
    let fields = [
        ("address", &wish.address),
        ("latitude", &wish.latitude),
        ("longitude", &wish.longitude),
        ("symptoms", &wish.symptoms),
        ("notes", &wish.notes),
    ];
    let body: serde_json::Map<String, serde_json::Value> = fields
        .into_iter()
        .filter_map(|(name, value)| {
            value
                .as_ref()
                .map(|value| (name.to_owned(), value.clone().into()))
        })
        .collect();
    if body.is_empty() {
        return (None, None);
    }
    let (row, reference) = vault::seal(VISIT_DETAILS, patient_id.into(), body, id);
    (Some(reference), Some(row))
}
