//! The frame of every command about an existing booking: load it, see whose it is, decide, let its doctor's days follow,
//! answer with its active payment.

use std::sync::Arc;

use domain::booking::events::Appointment;
use domain::booking::{self, Agreement, Booking, BookingCommand};
use domain::ids::{AccountId, BookingId, DoctorId, PrivateId};
use domain::payment::Payment;
use domain::people::PrivateRef;
use domain::schedule::DoctorDay;
use domain::schedule::adjacent_days::{self, AdjacentDays, DatedFacts};
use domain::schedule::refusal::ScheduleRefusal;
use domain::time::TimeRange;
use event_store::{Outcome, PrivateRow, StreamName};
use identity::vault::Sealed;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value};

use crate::context::CommandMetadata;
use crate::outcome::{BookingState, CommandOutcome};
use crate::policy::Rule;
use crate::refusal::{CommandError, Refusal};
use crate::services::CommandServices;
use crate::streams::{self, DecisionError, UnitOfWork};

/// Carries out `decide` on a booking and its agreement, if `rule` lets the caller.
pub(crate) async fn execute_on_booking<F>(
    services: &CommandServices,
    metadata: &CommandMetadata,
    booking_id: BookingId,
    rule: Rule,
    mut decide: F,
) -> Result<CommandOutcome<BookingState>, CommandError>
where
    F: FnMut(&mut UnitOfWork<'_>, &Booking, &Agreement) -> Result<(), DecisionError> + Send,
{
    traces::note_booking(booking_id.uuid());
    let name = streams::booking(booking_id);
    let outcome = event_store::execute(
        &services.log,
        &metadata.context(&name),
        std::slice::from_ref(&name),
        |work| {
            let booking = work.state::<Booking>(&name)?;
            let agreement = rule
                .permit_on(&booking, metadata.by)
                .map_err(DecisionError::refuse)?;
            decide(work, &booking, agreement)?;
            // The answer tells how the payment stood, so it is part of the decision.
            let after = work.state::<Booking>(&name)?;
            match payment_name(&after) {
                Some(payment) => work.state::<Payment>(&payment).map(drop),
                None => Ok(()),
            }
        },
    )
    .await?;
    booking_outcome(services, &outcome, &name).await
}

/// Lets the booking decide a command, records what came of it, and lets its doctor's days follow.
pub(crate) fn apply_to_booking(
    work: &mut UnitOfWork<'_>,
    booking_id: BookingId,
    command: impl Into<BookingCommand>,
) -> Result<(), DecisionError> {
    let name = streams::booking(booking_id);
    let command = command.into();
    let before = work.state::<Booking>(&name)?;
    work.decide(&name, |booking: &Booking| {
        booking::decide::decide(booking, command)
    })?;
    let after = work.state::<Booking>(&name)?;
    sync_schedule(work, &before, &after)
}

/// Frees the time of a booking that no longer takes it, and confirms that of one that has been secured. New time is claimed
/// by whoever sets it.
fn sync_schedule(work: &mut UnitOfWork<'_>, before: &Booking, after: &Booking) -> Result<(), DecisionError> {
    let (Some(was), Some(is)) = (before.agreement(), after.agreement()) else {
        return Ok(());
    };
    let at = work.now();
    if before.claims_time() && (!after.claims_time() || is.appointment.is_none()) {
        return release(work, was, at);
    }
    if matches!(before, Booking::Requested(_)) && is.secured_by.is_some() {
        return on_its_days(work, was, |days| days.confirm(was.booking_id, at));
    }
    Ok(())
}

/// Frees the time a booking holds or claims, if it does.
pub(crate) fn release(
    work: &mut UnitOfWork<'_>,
    agreement: &Agreement,
    at: Timestamp,
) -> Result<(), DecisionError> {
    on_its_days(work, agreement, |days| days.release(agreement.booking_id, at))
}

fn on_its_days(
    work: &mut UnitOfWork<'_>,
    agreement: &Agreement,
    rule: impl FnOnce(&AdjacentDays<'_>) -> DatedFacts,
) -> Result<(), DecisionError> {
    let Some(Appointment { doctor_id, visit, .. }) = agreement.appointment.as_ref() else {
        return Ok(());
    };
    // Nothing new is claimed here, so no unopened day needs a zone.
    let days = DayWindow::around(work, *doctor_id, None, *visit)?;
    let facts = rule(&days.adjacent_days());
    days.record(work, facts)
}

/// The answer about the booking in `name`, with its payment as it was then: a repeat that would be refused by now may
/// have named neither.
///
/// # Errors
/// The errors of the log.
pub(crate) async fn booking_outcome(
    services: &CommandServices,
    outcome: &Outcome,
    name: &StreamName,
) -> Result<CommandOutcome<BookingState>, CommandError> {
    let booking = outcome.state_then::<Booking>(&services.log, name).await?;
    let payment = match payment_name(&booking) {
        Some(payment) => Some(outcome.state_then::<Payment>(&services.log, &payment).await?),
        None => None,
    };
    Ok(CommandOutcome::of(
        BookingState { booking, payment },
        outcome,
        name,
    ))
}

/// The stream of the payment that matters most: the one that secured the booking, else the active attempt.
fn payment_name(booking: &Booking) -> Option<StreamName> {
    let agreement = booking.agreement()?;
    let payment_id = agreement.secured_by.or(agreement.live_payment)?;
    Some(streams::payment(payment_id, agreement.booking_id))
}

/// A doctor's days around a visit, as part of a decision: loaded together, changed together, in order.
pub(crate) struct DayWindow {
    doctor_id: DoctorId,
    zone: String,
    days: Vec<(Date, Arc<DoctorDay>)>,
}

/// The streams of the days around a visit, to be loaded together at first.
pub(crate) fn day_names(doctor_id: DoctorId, visit: TimeRange) -> [StreamName; 3] {
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
    pub(crate) fn record(&self, work: &mut UnitOfWork<'_>, facts: DatedFacts) -> Result<(), DecisionError> {
        for (date, fact) in facts {
            work.record::<DoctorDay>(&streams::day(self.doctor_id, date), vec![fact])?;
        }
        Ok(())
    }
}

/// Seals personal words as a row about `subject`, which the append that records the fact keeps, and names the row for the
/// fact.
pub(crate) async fn seal(
    services: &CommandServices,
    kind: &'static str,
    subject: AccountId,
    body: Map<String, Value>,
    id: PrivateId,
) -> Result<(PrivateRow, PrivateRef), CommandError> {
    let body = Value::Object(body);
    let (sealed, reference) = identity::vault::seal(&services.people, kind, subject, body, id).await?;
    Ok((private_row(sealed), reference))
}

/// A sealed row as the append takes it.
pub(crate) fn private_row(sealed: Sealed) -> PrivateRow {
    PrivateRow {
        id: sealed.id.uuid(),
        subject_id: sealed.subject_id.uuid(),
        kind: sealed.kind,
        salt: sealed.salt,
        body: sealed.body,
    }
}

/// The patient of a booking, who never changes, to seal something about them before it is decided on; nobody's where there is no
/// booking. Leaves no fact.
pub(crate) async fn patient_of(
    services: &CommandServices,
    booking_id: BookingId,
) -> Result<Option<AccountId>, CommandError> {
    let name = streams::booking(booking_id);
    let known = std::slice::from_ref(&name);
    let context = CommandMetadata::read_only().context(&name);
    let mut patient = None;
    event_store::execute::<Refusal, _>(&services.log, &context, known, |work| {
        let booking = work.state::<Booking>(&name)?;
        patient = booking.agreement().map(|agreement| agreement.patient_id.into());
        Ok(())
    })
    .await?;
    Ok(patient)
}
