//! Whom a booking concerns, so that they are told of it.

use domain::booking::Booking;
use domain::ids::AccountId;

use crate::policy::has_the_visit;

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
