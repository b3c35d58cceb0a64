//! A patient asks for a visit: now and unnamed, or with a chosen doctor at a chosen time, whose slot is held at once.

use std::sync::Arc;

use domain::booking::Booking;
use domain::booking::commands::RequestVisit;
use domain::booking::decide;
use domain::booking::events::{Appointment, CallType};
use domain::booking::refusal::BookingRefusal;
use domain::ids::{BookingId, DoctorId, PatientId, PrivateId};
use domain::money::Money;
use domain::people::{Actor, PrivateRef, Role};
use domain::price_list::list::PriceList;
use domain::schedule::commands::HoldSlot;
use domain::schedule::refusal::ScheduleRefusal;
use domain::time::TimeRange;
use event_store::PrivateRow;
use identity::DoctorProfile;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use crate::bookings::execution::{self, DayWindow, booking_outcome, seal};
use crate::bookings::retry_after_expiry::ExpiredHoldRetry;
use crate::context::CommandMetadata;
use crate::outcome::{BookingState, CommandOutcome};
use crate::refusal::{CommandError, Refusal};
use crate::services::CommandServices;
use crate::streams::{self, DecisionError, UnitOfWork};

/// The vault's word for where a visit goes and why.
pub const VISIT_DETAILS: &str = "visit_details";

/// What a patient asks for. Fields are parsed in `api`.
#[derive(Clone, Debug)]
pub struct RequestBooking {
    /// How the doctor is called.
    pub call_type: CallType,
    /// The price the patient saw; must be the price list's.
    pub offered: Money,
    /// The version of the price list the patient saw, if they insist on it.
    pub offered_version: Option<u32>,
    /// The chosen doctor; none for an urgent call.
    pub doctor_id: Option<DoctorId>,
    /// The chosen time; none for an urgent call.
    pub starts_at: Option<Timestamp>,
    /// What goes to the vault; an `address` is needed unless it is a consultation.
    pub details: VisitDetails,
}

/// Where a visit goes and why: the patient's words, by the names that the vault's row gives them.
#[derive(Clone, Debug, Default)]
pub struct VisitDetails(Map<String, Value>);

impl FromIterator<(&'static str, Option<String>)> for VisitDetails {
    fn from_iter<I: IntoIterator<Item = (&'static str, Option<String>)>>(words: I) -> Self {
        let given = |(name, words): (&str, Option<String>)| Some((name.to_owned(), words?.into()));
        Self(words.into_iter().filter_map(given).collect())
    }
}

/// Requests a booking, as its patient.
///
/// # Errors
/// `price_changed`, `slot_taken`, `outside_working_hours`, `in_the_past`, `doctor_not_available`, `invalid` when the
/// doctor, time or address a call type needs is missing, [`CommandError::NoPriceList`]; and the errors of the log.
pub async fn request(
    services: &CommandServices,
    metadata: &CommandMetadata,
    command: RequestBooking,
) -> Result<CommandOutcome<BookingState>, CommandError> {
    let Actor::Person {
        id,
        role: Role::Patient,
    } = metadata.by
    else {
        return Err(Refusal::NotYours.into());
    };
    let patient_id = PatientId::from_uuid(id.uuid());
    if command.call_type != CallType::Consultation && !command.details.0.contains_key("address") {
        return Err(Refusal::Incomplete { field: "address" }.into());
    }
    match command.call_type {
        CallType::Urgent => request_urgent(services, metadata, patient_id, &command).await,
        CallType::Scheduled | CallType::Consultation => {
            let mut retry = ExpiredHoldRetry::default();
            loop {
                let answer = request_scheduled(services, metadata, patient_id, &command).await;
                if !retry.expire_and_retry(services, metadata, &answer).await? {
                    return answer;
                }
            }
        }
    }
}

/// The booking that an earlier request under the same key made, or would have made; none where there is no key to be
/// recognised by.
pub fn requested_before(metadata: &CommandMetadata) -> Option<BookingId> {
    metadata.key.as_ref()?;
    Some(BookingId::from_uuid(metadata.created_id("booking")))
}

/// One new stream, one fact, nothing read: the busiest path of all.
async fn request_urgent(
    services: &CommandServices,
    metadata: &CommandMetadata,
    patient_id: PatientId,
    command: &RequestBooking,
) -> Result<CommandOutcome<BookingState>, CommandError> {
    let prices = services.prices.now().await?;
    let booking_id = BookingId::from_uuid(metadata.created_id("booking"));
    traces::note_booking(booking_id.uuid());
    let name = streams::booking(booking_id);
    let details_id = PrivateId::from_uuid(metadata.created_id("details"));
    let (details, row) = private_details(services, command, patient_id, details_id).await?;
    let outcome = event_store::execute(&services.log, &metadata.context(&name), &[], |work| {
        work.assume_new::<Booking>(&name);
        let list = prices.at(work.now());
        request_command(
            work,
            list,
            booking_id,
            patient_id,
            command,
            None,
            details.as_ref(),
        )?;
        row.iter().for_each(|row| work.store_private(row.clone()));
        Ok(())
    })
    .await?;
    booking_outcome(services, &outcome, &name).await
}

/// The booking and the doctor's days change together, or not at all.
async fn request_scheduled(
    services: &CommandServices,
    metadata: &CommandMetadata,
    patient_id: PatientId,
    command: &RequestBooking,
) -> Result<CommandOutcome<BookingState>, CommandError> {
    let doctor_id = command
        .doctor_id
        .ok_or(Refusal::Incomplete { field: "doctor_id" })?;
    let starts_at = command
        .starts_at
        .ok_or(Refusal::Incomplete { field: "starts_at" })?;
    let instant = TimeRange::lasting(starts_at, 1).map_err(|_| Refusal::Incomplete { field: "starts_at" })?;
    let prices = services.prices.now().await?;
    let booking_id = BookingId::from_uuid(metadata.created_id("booking"));
    traces::note_booking(booking_id.uuid());
    let name = streams::booking(booking_id);
    let doctor = services.doctor_now(doctor_id).await?;
    let details_id = PrivateId::from_uuid(metadata.created_id("details"));
    let (details, row) = private_details(services, command, patient_id, details_id).await?;

    let known = execution::day_names(doctor_id, instant);
    let outcome = event_store::execute(&services.log, &metadata.context(&name), &known, |work| {
        work.assume_new::<Booking>(&name);
        let doctor = available(doctor.as_ref())?;
        let around = DayWindow::around(work, doctor_id, Some(doctor.zone.as_str()), instant)?;
        // A visit that has begun can no longer be paid for; the booking's deadline is cut the same way.
        let list = prices.at(work.now());
        let until = payment_due_at(list, work.now())?.min(starts_at);
        // A changed price is said before a taken slot: it would be in the way at any time.
        still_offered(list, command)?;
        let hold = HoldSlot {
            booking_id,
            starts_at,
            until,
            at: work.now(),
        };
        let claimed = around.adjacent_days().hold(hold).map_err(DecisionError::refuse)?;
        request_command(
            work,
            list,
            booking_id,
            patient_id,
            command,
            Some(claimed.appointment.of_clinic(doctor.clinic_id)),
            details.as_ref(),
        )?;
        around.record(work, claimed.facts)?;
        row.iter().for_each(|row| work.store_private(row.clone()));
        Ok(())
    })
    .await?;
    booking_outcome(services, &outcome, &name).await
}

fn request_command(
    work: &mut UnitOfWork<'_>,
    list: &PriceList,
    booking_id: BookingId,
    patient_id: PatientId,
    command: &RequestBooking,
    appointment: Option<Appointment>,
    details: Option<&PrivateRef>,
) -> Result<(), DecisionError> {
    let at = work.now();
    let command = RequestVisit {
        booking_id,
        patient_id,
        call_type: command.call_type,
        appointment,
        offered: command.offered,
        offered_version: command.offered_version,
        price: list.price(command.call_type, command.doctor_id, command.starts_at),
        tariff_version: list.version,
        terms: list.cancellation(command.call_type).clone(),
        pay_by: payment_due_at(list, at)?,
        details: details.cloned(),
        at,
    };
    work.decide(&streams::booking(booking_id), |booking: &Booking| {
        decide::decide(booking, command)
    })
}

/// The offered price must be the list's, and the list the one the patient insists on, if they do.
fn still_offered(list: &PriceList, command: &RequestBooking) -> Result<(), DecisionError> {
    let price = list.price(command.call_type, command.doctor_id, command.starts_at);
    let version = list.version;
    if price == command.offered && command.offered_version.is_none_or(|offered| offered == version) {
        Ok(())
    } else {
        Err(DecisionError::refuse(BookingRefusal::PriceChanged {
            price,
            version,
        }))
    }
}

fn payment_due_at(list: &PriceList, at: Timestamp) -> Result<Timestamp, DecisionError> {
    at.checked_add(SignedDuration::from_mins(i64::from(list.terms.hold_minutes)))
        .map_err(|_| DecisionError::refuse(BookingRefusal::TooLate))
}

fn available(doctor: Option<&Arc<DoctorProfile>>) -> Result<&Arc<DoctorProfile>, DecisionError> {
    doctor
        .filter(|doctor| doctor.accepts)
        .ok_or_else(|| DecisionError::refuse(ScheduleRefusal::DoctorNotAvailable))
}

/// Address and complaint go to the vault in the same commit; the fact only points there.
async fn private_details(
    services: &CommandServices,
    command: &RequestBooking,
    patient_id: PatientId,
    id: PrivateId,
) -> Result<(Option<PrivateRef>, Option<PrivateRow>), CommandError> {
    let body = command.details.0.clone();
    if body.is_empty() {
        return Ok((None, None));
    }
    let (row, reference) = seal(services, VISIT_DETAILS, patient_id.into(), body, id).await?;
    Ok((Some(reference), Some(row)))
}
