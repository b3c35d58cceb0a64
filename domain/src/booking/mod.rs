//! One patient's agreement on a visit: who, when, at what price, under which terms; and the visit that follows.
//!
//! ```text
//! Requested ─ secure ─▶ Secured ─ the visit ─▶ Completed or NoShow      Requested ─ expire ─▶ Expired ─ revive ─▶ Secured
//! Secured without a doctor ─ nobody_found ─▶ Expired                    Assigned, never departed ─ missed ─▶ Missed
//! any before InProgress ─ cancel ─▶ Cancelled                           InProgress ─ cancel (doctor, admin) ─▶ Cancelled
//! ```
//!
//! Where each step of the visit leads (`=` it was taken already and nothing happens, `.` it cannot be taken now), as
//! `decide/visit.rs` has it and a test holds it:
//!
//! ```text
//!             assign      unassign    depart      arrive      start       complete    no_show     estimate
//! Secured     Assigned    =           .           .           .           .           .           .
//! Assigned    .           Secured     EnRoute     .           .           .           .           .
//! EnRoute     .           Secured     =           Arrived     InProgress  .           .           EnRoute
//! Arrived     .           Secured     .           =           InProgress  .           NoShow      .
//! InProgress  .           .           .           .           =           Completed   .           .
//! Completed   .           .           .           .           .           =           .           .
//! NoShow      .           .           .           .           .           .           =           .
//! ```
//!
//! A consultation has no journey: Assigned ─ arrive ─▶ Arrived.

pub mod commands;
pub mod deadline;
pub mod decide;
pub mod events;
pub mod evolve;
pub mod lifecycle;
pub mod refusal;
pub mod status;
pub mod steps;
pub mod upcast;
pub mod windows;

#[cfg(test)]
mod lifecycle_walks;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub use commands::BookingCommand;

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::booking::events::{Appointment, BookingEvent, CallType};
use crate::booking::refusal::BookingRefusal;
use crate::booking::status::BookingStatus;
use crate::booking::status::EscalationReason;
use crate::booking::steps::Steps;
use crate::ids::{BookingId, ClinicId, DoctorId, PatientId, PaymentId};
use crate::money::Money;
use crate::people::{Actor, PrivateRef};
use crate::policy::cancellation::CancellationTerms;
use crate::reactions::Reactions;

/// How far a booking has come; all but the first remember what was agreed on.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Booking {
    /// Nothing has been asked yet.
    #[default]
    Absent,
    /// Asked for; a chosen slot is held until it is paid.
    Requested(Agreement),
    /// Paid; waits for a doctor.
    Secured(Agreement),
    Assigned(Agreement),
    EnRoute(Agreement),
    /// The doctor is at the door, or for a consultation in the room.
    Arrived(Agreement),
    InProgress(Agreement),
    Completed(Agreement),
    Cancelled(Agreement),
    /// Nobody paid in time, or nobody was found in time and the money goes back.
    Expired(Agreement),
    NoShow(Agreement),
    /// The doctor never set out; the money goes back.
    Missed(Agreement),
}

/// What the patient and the platform agreed on, and how it stands.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    pub booking_id: BookingId,
    pub patient_id: PatientId,
    pub call_type: CallType,
    /// Doctor and time; absent for an urgent call before it is assigned and while no doctor is set. An expired
    /// booking keeps the one it had.
    pub appointment: Option<Appointment>,
    /// The doctor and time the patient last agreed to: by requesting, moving or accepting. For an urgent call the first
    /// doctor found; absent until then.
    pub agreed: Option<Appointment>,
    /// The appointment that the doctor who was last taken off had.
    pub last_appointment: Option<Appointment>,
    /// Since when the paid booking has had no doctor.
    pub unserved_since: Option<Timestamp>,
    /// Why an operator was told that it gets nowhere; forgotten once it moved on.
    pub escalated: Option<EscalationReason>,
    pub steps: Steps,
    /// Where the doctor says that a consultation takes place; forgotten once another doctor has it.
    pub room: Option<PrivateRef>,
    pub price: Money,
    pub tariff_version: u32,
    pub terms: CancellationTerms,
    /// When the booking may expire unless it is paid; never after the visit's start, also once it moved.
    pub pay_by: Timestamp,
    pub details: Option<PrivateRef>,
    pub requested_at: Timestamp,
    pub live_payment: Option<PaymentId>,
    /// The money that secures the visit.
    pub secured_by: Option<PaymentId>,
    /// Money that came too late or too often and goes back.
    pub refused_payments: Vec<PaymentId>,
    /// Cancelling costs at least this, since the patient moved the visit; nothing once somebody else changed it.
    pub fee_floor: Money,
    /// What is due for a cancelled visit or a patient who was not there.
    pub fee: Option<Money>,
    /// What the doctor earned by it, once that is fixed.
    pub earned: Option<Money>,
    /// Instructions that came to nothing here.
    pub reactions: Reactions,
}

/// The exact fee if `by` cancelled at `at`.
///
/// # Errors
/// The refusal that cancelling itself would meet.
pub fn quote(booking: &Booking, by: Actor, at: Timestamp) -> Result<Money, BookingRefusal> {
    decide::cancel::fee(booking, by, at)
}

impl Booking {
    /// Where the booking stands, in the words of the contract.
    pub const fn status(&self) -> BookingStatus {
        match self {
            Self::Absent => BookingStatus::Absent,
            Self::Requested(_) | Self::Secured(_) => BookingStatus::Pending,
            Self::Assigned(_) => BookingStatus::Assigned,
            Self::EnRoute(_) => BookingStatus::EnRoute,
            Self::Arrived(_) => BookingStatus::Arrived,
            Self::InProgress(_) => BookingStatus::InProgress,
            Self::Completed(_) => BookingStatus::Completed,
            Self::Cancelled(_) => BookingStatus::Cancelled,
            Self::Expired(_) => BookingStatus::Expired,
            Self::NoShow(_) => BookingStatus::NoShow,
            Self::Missed(_) => BookingStatus::Missed,
        }
    }

    /// What was agreed, once something was.
    pub const fn agreement(&self) -> Option<&Agreement> {
        match self {
            Self::Absent => None,
            Self::Requested(agreement)
            | Self::Secured(agreement)
            | Self::Assigned(agreement)
            | Self::EnRoute(agreement)
            | Self::Arrived(agreement)
            | Self::InProgress(agreement)
            | Self::Completed(agreement)
            | Self::Cancelled(agreement)
            | Self::Expired(agreement)
            | Self::NoShow(agreement)
            | Self::Missed(agreement) => Some(agreement),
        }
    }

    /// Whether the booking still takes a doctor's time if it has an appointment: its claim must stand in the
    /// appointment's days as long as this is true, and nowhere after.
    pub const fn claims_time(&self) -> bool {
        match self {
            Self::Requested(_)
            | Self::Secured(_)
            | Self::Assigned(_)
            | Self::EnRoute(_)
            | Self::Arrived(_)
            | Self::InProgress(_) => true,
            Self::Absent
            | Self::Completed(_)
            | Self::Cancelled(_)
            | Self::Expired(_)
            | Self::NoShow(_)
            | Self::Missed(_) => false,
        }
    }
}

impl Agreement {
    /// The doctor who is to come.
    pub fn doctor_id(&self) -> Option<DoctorId> {
        self.appointment.as_ref().map(|appointment| appointment.doctor_id)
    }

    /// The clinic of that doctor, if the facts know one; of the doctor who was taken off while there is no other, since it
    /// is that clinic's to send another of its own.
    pub fn clinic_id(&self) -> Option<ClinicId> {
        self.appointment
            .as_ref()
            .or(self.last_appointment.as_ref())
            .and_then(|appointment| appointment.clinic_id)
    }

    /// When the visit is to begin.
    pub fn starts_at(&self) -> Option<Timestamp> {
        self.appointment
            .as_ref()
            .map(|appointment| appointment.visit.start())
    }

    /// No money, in the currency of the price.
    pub const fn nothing(&self) -> Money {
        self.price.zero()
    }

    /// Whether the present doctor or time is another than the patient last agreed to, or the doctor is gone: never by
    /// the patient's own doing, so it is others who owe the patient something.
    pub fn changed_by_others(&self) -> bool {
        match (&self.agreed, &self.appointment) {
            (Some(agreed), Some(present)) => !agreed.is_same_visit(present),
            (Some(_), None) => true,
            (None, Some(_) | None) => false,
        }
    }

    /// The doctor and time that others set and the patient has not accepted, if there are such.
    pub fn change_to_accept(&self) -> Option<&Appointment> {
        self.appointment.as_ref().filter(|_| self.changed_by_others())
    }
}

impl Aggregate for Booking {
    const TYPE: &'static str = "booking";
    type Command = BookingCommand;
    type Event = BookingEvent;
    type Error = BookingRefusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: BookingCommand,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), BookingRefusal> {
        for fact in decide::decide(self, command)? {
            sink.write(fact, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, fact: BookingEvent) {
        *self = evolve::evolve(std::mem::take(self), fact);
    }
}
