//! Bookings as people see them: one row each, for its page, the lists of patients, doctors, clinics and staff, and urgent calls.
#![expect(missing_docs, reason = "pure data: most names say it all")]

mod fold;
pub mod payments;
pub(crate) mod projector;
pub mod query;
mod rows;
mod steps;
#[cfg(test)]
mod tests;

use domain::booking::events::{CallType, CancelReason};
use domain::booking::status::{BookingStatus, EscalationReason};
use domain::booking::steps::Steps;
use domain::ids::{BookingId, ClinicId, DoctorId, PatientId, PrivateId};
use domain::money::Money;
use domain::payment::status::PaymentStatus;
use domain::time::TimeRange;
use jiff::Timestamp;

use crate::bookings::payments::{Attempt, Attempts};

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
    /// The price list it was made under.
    pub tariff_version: u32,
    pub payments: Attempts,
    pub steps: Steps,
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
    /// Address, coordinates, symptoms and notes, in the vault.
    pub details: Option<PrivateId>,
    /// A free note on the cancellation, in the vault.
    pub note: Option<PrivateId>,
    pub cancel_reason: Option<CancelReason>,
    /// Since when an urgent call has been paid and without a doctor, while it is.
    pub waiting_since: Option<Timestamp>,
}

/// A paid urgent call that waits for a doctor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenCall {
    pub booking_id: BookingId,
    pub patient_id: PatientId,
    /// Where the call goes, in the vault.
    pub details: Option<PrivateId>,
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

/// Which bookings a list shows, and in which order; what is absent or empty does not matter. A filter narrows what its reader may
/// see and never widens it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineFilter {
    pub patient: Option<PatientId>,
    /// The doctor chosen or assigned.
    pub doctor: Option<DoctorId>,
    pub clinic: Option<ClinicId>,
    /// In any of these.
    pub statuses: Vec<BookingStatus>,
    /// With the payment that counts in any of these, as shown.
    pub payment_statuses: Vec<PaymentStatus>,
    /// Only urgent calls that are paid and have no doctor.
    pub waiting: bool,
    /// Only those that an operator was told of and that still wait, or only the others.
    pub escalated: Option<bool>,
    pub call_type: Option<CallType>,
    /// Only those that are to come or are over, as of an instant.
    pub when: Option<(When, Timestamp)>,
    /// Only from this instant on (included) of the time that is sorted by.
    pub from: Option<Timestamp>,
    /// Only before this instant (excluded) of the time that is sorted by.
    pub to: Option<Timestamp>,
    /// The list's own order if absent.
    pub sort: Option<BookingSort>,
}

/// On which side of now a visit lies. Each booking is on one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Not ended, and its visit is not over, is under way, or has no time yet.
    Upcoming,
    /// Ended, or its time is over.
    Past,
}

impl When {
    pub const ALL: [Self; 2] = [Self::Upcoming, Self::Past];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Upcoming => "upcoming",
            Self::Past => "past",
        }
    }

    /// The side named by `word`.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|side| side.as_str() == word)
    }
}

/// The orders of lists of bookings. A booking without a visit's time stands at the time that was agreed to or, without that, at
/// that of its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookingSort {
    VisitEarliest,
    VisitLatest,
    RequestedOldest,
    RequestedNewest,
}

impl BookingSort {
    pub const ALL: [Self; 4] = [
        Self::VisitEarliest,
        Self::VisitLatest,
        Self::RequestedOldest,
        Self::RequestedNewest,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VisitEarliest => "starts_at",
            Self::VisitLatest => "-starts_at",
            Self::RequestedOldest => "requested_at",
            Self::RequestedNewest => "-requested_at",
        }
    }

    /// The order named by `word`.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.as_str() == word)
    }

    /// Whether it goes by the time of the visit, not of the request.
    pub const fn is_by_visit(self) -> bool {
        match self {
            Self::VisitEarliest | Self::VisitLatest => true,
            Self::RequestedOldest | Self::RequestedNewest => false,
        }
    }
}
