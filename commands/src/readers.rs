//! Whom a booking concerns, so that they are told of it.

use domain::booking::status::BookingStatus;
use domain::booking::{Agreement, Booking};
use domain::ids::AccountId;

/// Those beside admins whom a booking concerns as it stands: each may read it, and nobody else may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Readers {
    /// Whose it is.
    pub patient: AccountId,
    /// Who has the visit, or had it when it ended.
    pub doctor: Option<AccountId>,
    /// The clinic of the doctor chosen for the visit.
    pub clinic: Option<AccountId>,
}

impl Readers {
    /// Of this booking; nobody before it was asked for.
    pub fn of(booking: &Booking) -> Option<Self> {
        let agreement = booking.agreement()?;
        let doctor = agreement.doctor_id().map(AccountId::from);
        Some(Self {
            patient: agreement.patient_id.into(),
            doctor: doctor.filter(|doctor| has_the_visit(booking, agreement, *doctor)),
            clinic: agreement.clinic_id().map(AccountId::from),
        })
    }

    /// Each of them.
    pub fn accounts(self) -> impl Iterator<Item = AccountId> {
        [Some(self.patient), self.doctor, self.clinic]
            .into_iter()
            .flatten()
    }
}

/// A chosen doctor is not assigned before the booking is secured, and no more once taken off; one of a booking that was
/// cancelled unpaid never was.
pub(crate) fn has_the_visit(booking: &Booking, agreement: &Agreement, doctor: AccountId) -> bool {
    let named = agreement.doctor_id().map(AccountId::from) == Some(doctor);
    match booking.status() {
        BookingStatus::Absent | BookingStatus::Pending | BookingStatus::Expired => false,
        BookingStatus::Assigned
        | BookingStatus::EnRoute
        | BookingStatus::Arrived
        | BookingStatus::InProgress
        | BookingStatus::Completed
        | BookingStatus::NoShow
        | BookingStatus::Missed => named,
        BookingStatus::Cancelled => named && agreement.secured_by.is_some(),
    }
}
