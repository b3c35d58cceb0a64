//! Who may do what: one row per action, the relations that allow it. What is somebody else's is not there (404); what a role
//! can never do is forbidden (403).
//!
//! | relation | to a booking | to a doctor's days |
//! |---|---|---|
//! | patient | it is theirs | – |
//! | doctor | they have the visit, or had it when it ended | they are theirs |
//! | clinic | its doctor is chosen for the visit or has it, as the facts say | the doctor belongs to it now |
//! | any clinic | it is an urgent call that no clinic's doctor has had yet | – |
//! | admin, process | any | any |

use domain::booking::events::CallType;
use domain::booking::status::BookingStatus;
use domain::booking::{Agreement, Booking};
use domain::ids::{AccountId, ClinicId, DoctorId};
use domain::people::{Actor, Role};

use crate::refusal::Refusal;

/// How somebody stands to what they would act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// The patient whose it is.
    Patient,
    /// The doctor whose it is.
    Doctor,
    /// The clinic of that doctor.
    Clinic,
    /// Any clinic, where the call is urgent and no clinic's doctor has had it yet.
    AnyClinic,
    /// Any admin.
    Admin,
    /// Any analyst.
    Analyst,
}

/// One row: an action, and the relations that allow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The action, as in sentences.
    pub action: &'static str,
    /// Who may.
    pub may: &'static [Relation],
}

use Relation::{Admin, Analyst, AnyClinic, Clinic, Doctor, Patient};

/// Look at a booking and its cancellation fee.
pub const READ_BOOKING: Rule = Rule::new("read a booking", &[Patient, Doctor, Clinic, Admin]);
/// Read a booking's history.
pub const READ_HISTORY: Rule = Rule::new("read a booking's history", &[Patient, Admin]);
/// Ask for a visit.
pub const REQUEST: Rule = Rule::new("request a visit", &[Patient]);
/// Pay for a visit.
pub const PAY: Rule = Rule::new("pay for a visit", &[Patient]);
/// Call a booking off.
pub const CANCEL: Rule = Rule::new("cancel a booking", &[Patient, Doctor, Clinic, Admin]);
/// Move a visit.
pub const RESCHEDULE: Rule = Rule::new("move a visit", &[Patient, Clinic, Admin]);
/// Accept what others changed.
pub const ACCEPT_CHANGE: Rule = Rule::new("accept a change", &[Patient]);
/// Set a doctor; a clinic sets one of its own ([`may_send`]).
pub const ASSIGN: Rule = Rule::new("assign a doctor", &[Clinic, AnyClinic, Admin]);
/// Take the doctor off.
pub const UNASSIGN: Rule = Rule::new("take a doctor off", &[Doctor, Clinic, Admin]);
/// Report how the visit goes: departure, arrival, start, end, a patient who is not there.
pub const VISIT: Rule = Rule::new("report a visit's progress", &[Doctor, Admin]);
/// Open, close and block a doctor's days.
pub const KEEP_DAYS: Rule = Rule::new("keep a doctor's days", &[Doctor, Clinic, Admin]);
/// Move money that is not one's own, and look after what runs by itself.
pub const OPERATE: Rule = Rule::new("operate the platform", &[Admin]);
/// Publish a price list, and see who published which.
pub const PUBLISH_PRICES: Rule = Rule::new("publish prices", &[Admin]);
/// Take money out of one's own wallet.
pub const WITHDRAW: Rule = Rule::new("withdraw from the wallet", &[Patient]);
/// Read the books.
pub const READ_BOOKS: Rule = Rule::new("read the books", &[Admin, Analyst]);

/// What only the platform's own processes do.
pub const REACT: Rule = Rule::new("react to what happened", &[]);

/// Every row.
pub const TABLE: [Rule; 16] = [
    READ_BOOKING,
    READ_HISTORY,
    REQUEST,
    PAY,
    CANCEL,
    RESCHEDULE,
    ACCEPT_CHANGE,
    ASSIGN,
    UNASSIGN,
    VISIT,
    KEEP_DAYS,
    OPERATE,
    PUBLISH_PRICES,
    WITHDRAW,
    READ_BOOKS,
    REACT,
];

impl Relation {
    /// The role that somebody in this relation has.
    pub const fn role(self) -> Role {
        match self {
            Self::Patient => Role::Patient,
            Self::Doctor => Role::Doctor,
            Self::Clinic | Self::AnyClinic => Role::Clinic,
            Self::Admin => Role::Admin,
            Self::Analyst => Role::Analyst,
        }
    }
}

impl Rule {
    const fn new(action: &'static str, may: &'static [Relation]) -> Self {
        Self { action, may }
    }

    /// Whether anybody in this role may.
    pub fn admits(&self, role: Role) -> bool {
        self.may.iter().any(|relation| relation.role() == role)
    }

    /// Lets the roles in that may, and the platform's own processes always.
    ///
    /// # Errors
    /// [`Refusal::NotYours`].
    pub fn permit(&self, by: Actor) -> Result<(), Refusal> {
        match by {
            Actor::Process => Ok(()),
            Actor::Person { role, .. } if self.admits(role) => Ok(()),
            Actor::Person { .. } => Err(Refusal::NotYours),
        }
    }

    /// The agreement of a booking, to whoever may act on it. Somebody else's booking is as absent as one that never was.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], or [`Refusal::NotYours`] for a role that may with none.
    pub fn permit_on<'a>(&self, booking: &'a Booking, by: Actor) -> Result<&'a Agreement, Refusal> {
        self.permit(by)?;
        let agreement = booking.agreement().ok_or(Refusal::NotFound)?;
        let theirs = match by {
            Actor::Process => true,
            Actor::Person { id, role } => match role {
                Role::Patient => AccountId::from(agreement.patient_id) == id,
                Role::Doctor => has_the_visit(booking, agreement, id),
                Role::Clinic => agreement.clinic_id().map_or_else(
                    || self.may.contains(&AnyClinic) && agreement.call_type == CallType::Urgent,
                    |clinic| AccountId::from(clinic) == id,
                ),
                Role::Admin => true,
                Role::Analyst => false,
            },
        };
        if theirs {
            Ok(agreement)
        } else {
            Err(Refusal::NotFound)
        }
    }

    /// Lets those in who may act on what belongs to `doctor`, who is of `clinic` now. A doctor is nobody's secret, so
    /// another doctor's days are there and forbidden; of another clinic's doctor a clinic is told nothing.
    ///
    /// # Errors
    /// [`Refusal::NotYours`] or [`Refusal::NotFound`].
    pub fn permit_on_doctor(
        &self,
        doctor: DoctorId,
        clinic: Option<ClinicId>,
        by: Actor,
    ) -> Result<(), Refusal> {
        self.permit(by)?;
        match by {
            Actor::Process => Ok(()),
            Actor::Person { id, role } => match role {
                Role::Doctor if id != AccountId::from(doctor) => Err(Refusal::NotYours),
                Role::Clinic if clinic.map(AccountId::from) != Some(id) => Err(Refusal::NotFound),
                Role::Patient | Role::Doctor | Role::Clinic | Role::Admin | Role::Analyst => Ok(()),
            },
        }
    }
}

/// Whether they may send a doctor of this clinic: a clinic sends doctors of its own.
pub fn may_send(by: Actor, clinic: Option<ClinicId>) -> bool {
    match by {
        Actor::Person {
            id,
            role: Role::Clinic,
        } => clinic.map(AccountId::from) == Some(id),
        Actor::Person { .. } | Actor::Process => true,
    }
}

/// A chosen doctor is not assigned before the booking is secured, and no more once taken off; one of a booking that was
/// cancelled unpaid never was.
fn has_the_visit(booking: &Booking, agreement: &Agreement, doctor: AccountId) -> bool {
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
