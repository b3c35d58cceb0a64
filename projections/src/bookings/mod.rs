//! Bookings as people see them: one row each, for its page, the lists of patients, doctors, clinics and staff, and urgent calls.
#![expect(missing_docs, reason = "pure data: most names say it all")]

mod fold;
pub mod payments;
pub(crate) mod projector;
pub mod query;
mod rows;
pub mod steps;
#[cfg(test)]
mod tests;

use domain::booking::events::{CallType, CancelReason};
use domain::booking::status::{BookingStatus, EscalationReason};
use domain::ids::{BookingId, ClinicId, DoctorId, PatientId, PrivateId};
use domain::money::Money;
use domain::payment::status::PaymentStatus;
use domain::time::TimeRange;
use jiff::Timestamp;

use crate::bookings::payments::{Attempt, Attempts};
use crate::bookings::steps::Steps;

/// A booking in a line of a list, as its facts so far leave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookingSummary {
    pub booking_id: BookingId,
    pub patient_id: PatientId,
    pub call_type: CallType,
    pub status: BookingStatus,
    pub price: Money,
    /// What a cancellation or an absent patient cost; absent while nothing of the kind happened.
    pub fee: Option<Money>,
    /// The doctor of the appointment, chosen or assigned.
    pub doctor_id: Option<DoctorId>,
    /// The clinic that doctor belonged to when the appointment was set; of the doctor taken off while there is no other.
    pub clinic_id: Option<ClinicId>,
    /// Whether that doctor has (or had, until the end) the visit; only then may the doctor see it.
    pub assigned: bool,
    pub visit: Option<TimeRange>,
    /// The visit the patient agreed to, where others have changed it and the patient has not accepted that.
    pub agreed: Option<AgreedVisit>,
    /// Why an operator was told that the booking gets nowhere, while it does.
    pub escalation: Option<EscalationReason>,
    /// When the hold ends unless it is paid.
    pub pay_by: Timestamp,
    pub requested_at: Timestamp,
    pub payments: Attempts,
    pub version: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgreedVisit {
    pub doctor_id: DoctorId,
    pub visit: TimeRange,
}

/// Everything about one booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookingDetails {
    /// What lists show of it, too.
    pub line: BookingSummary,
    pub tariff_version: u32,
    /// Address, coordinates, symptoms and notes, in the vault.
    pub details: Option<PrivateId>,
    /// A free note on the cancellation, in the vault.
    pub note: Option<PrivateId>,
    pub cancel_reason: Option<CancelReason>,
    /// Since when an urgent call has been paid and without a doctor, while it is.
    pub waiting_since: Option<Timestamp>,
    pub steps: Steps,
}

/// A paid urgent call that waits for a doctor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenCall {
    pub booking_id: BookingId,
    pub requested_at: Timestamp,
    /// Since when it has been paid and without a doctor.
    pub waiting_since: Timestamp,
}

impl BookingSummary {
    /// Whether the doctor or the time is another than the patient agreed to, and the patient may accept it.
    pub fn has_change_to_accept(&self) -> bool {
        self.agreed.is_some() && self.visit.is_some()
    }

    /// The attempt to pay that counts, if there was any.
    pub fn payment(&self) -> Option<&Attempt> {
        self.payments.counting()
    }

    /// How the attempt that counts stands; `pending` while there is none.
    pub fn payment_status(&self) -> PaymentStatus {
        self.payment()
            .map_or(PaymentStatus::Pending, |attempt| attempt.progress.status)
    }

    /// Whether what became of the payment is being asked.
    pub fn payment_checking(&self) -> bool {
        self.payment().is_some_and(|attempt| attempt.progress.checking)
    }
}

/// Which bookings a list shows; what is absent does not matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineFilter {
    pub status: Option<BookingStatus>,
    /// Only those that an operator was told of and that still wait, or only the others.
    pub escalated: Option<bool>,
    pub call_type: Option<CallType>,
    /// Only those with this doctor, chosen or sent.
    pub doctor_id: Option<DoctorId>,
    /// Only from this instant on (included) of the list's own time.
    pub from: Option<Timestamp>,
    /// Only before this instant (excluded) of the list's own time.
    pub to: Option<Timestamp>,
}
