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
use domain::booking::{Agreement, Booking};
use domain::ids::{AccountId, ClinicId, DoctorId};
use domain::people::{Actor, Role};

use crate::readers::has_the_visit;
use crate::refusal::Refusal;
use crate::second_factor_rule::SecondFactorRule;

/// How somebody stands to what they would act on.
#[expect(missing_docs, reason = "pure data: most names say it all")]
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
    Admin,
    Analyst,
}

/// One row: an action, and the relations that allow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The action, as in sentences.
    pub action: &'static str,
    /// Any of these lets a caller in.
    pub may: &'static [Relation],
}

/// An action as a type, so that a handler's signature names the row by which its caller is let in.
pub trait Permission: Send + Sync + 'static {
    /// The row of the policy.
    const RULE: Rule;
    /// Of whom it wants a second factor.
    const SECOND_FACTOR: SecondFactorRule = SecondFactorRule::ByRole;
}

use Relation::{Admin, Analyst, AnyClinic, Clinic, Doctor, Patient};

/// Look at a booking and its cancellation fee.
pub enum MayReadBooking {}
impl Permission for MayReadBooking {
    const RULE: Rule = Rule::new("read a booking", &[Patient, Doctor, Clinic, Admin]);
}

/// Follow live what concerns oneself: bookings, and for doctors their days.
pub enum MayFollow {}
impl Permission for MayFollow {
    const RULE: Rule = Rule::new("follow one's bookings live", &[Patient, Doctor, Clinic]);
}

/// Ask for a ticket that opens a live stream; whether the stream is theirs, its own row says.
pub enum MayAskForTicket {}
impl Permission for MayAskForTicket {
    const RULE: Rule = Rule::new(
        "ask for a ticket of a live stream",
        &[Patient, Doctor, Clinic, Admin],
    );
}

/// Read a booking's history.
pub enum MayReadHistory {}
impl Permission for MayReadHistory {
    const RULE: Rule = Rule::new("read a booking's history", &[Patient, Admin]);
}

/// Ask for a visit.
pub enum MayRequest {}
impl Permission for MayRequest {
    const RULE: Rule = Rule::new("request a visit", &[Patient]);
}

/// Pay for a visit.
pub enum MayPay {}
impl Permission for MayPay {
    const RULE: Rule = Rule::new("pay for a visit", &[Patient]);
}

/// Call a booking off.
pub enum MayCancel {}
impl Permission for MayCancel {
    const RULE: Rule = Rule::new("cancel a booking", &[Patient, Doctor, Clinic, Admin]);
}

/// Move a visit.
pub enum MayReschedule {}
impl Permission for MayReschedule {
    const RULE: Rule = Rule::new("move a visit", &[Patient, Clinic, Admin]);
}

/// Accept what others changed.
pub enum MayAcceptChange {}
impl Permission for MayAcceptChange {
    const RULE: Rule = Rule::new("accept a change", &[Patient]);
}

/// Set a doctor; a clinic sets one of its own ([`may_send`]).
pub enum MayAssign {}
impl Permission for MayAssign {
    const RULE: Rule = Rule::new("assign a doctor", &[Clinic, AnyClinic, Admin]);
}

/// Take the doctor off.
pub enum MayUnassign {}
impl Permission for MayUnassign {
    const RULE: Rule = Rule::new("take a doctor off", &[Doctor, Clinic, Admin]);
}

/// Report how the visit goes: departure, arrival, start, end, a patient who is not there.
pub enum MayReportVisit {}
impl Permission for MayReportVisit {
    const RULE: Rule = Rule::new("report a visit's progress", &[Doctor, Admin]);
}

/// Open, close and block a doctor's days.
pub enum MayKeepDays {}
impl Permission for MayKeepDays {
    const RULE: Rule = Rule::new("keep a doctor's days", &[Doctor, Clinic, Admin]);
}

/// Move money that is not one's own, and look after what runs by itself.
pub enum MayOperate {}
impl Permission for MayOperate {
    const RULE: Rule = Rule::new("operate the platform", &[Admin]);
}

/// Publish a price list, and see who published which.
pub enum MayPublishPrices {}
impl Permission for MayPublishPrices {
    const RULE: Rule = Rule::new("publish prices", &[Admin]);
}

/// Pay into one's own wallet.
pub enum MayUseWallet {}
impl Permission for MayUseWallet {
    const RULE: Rule = Rule::new("pay into one's wallet", &[Patient]);
}

/// Take money out of one's own wallet.
pub enum MayWithdraw {}
impl Permission for MayWithdraw {
    const RULE: Rule = Rule::new("withdraw from one's wallet", &[Patient]);
    const SECOND_FACTOR: SecondFactorRule = SecondFactorRule::OfAll;
}

/// Say where one's money is paid out to.
pub enum MayNameDestination {}
impl Permission for MayNameDestination {
    const RULE: Rule = Rule::new("say where one's money goes", &[Patient, Doctor]);
    const SECOND_FACTOR: SecondFactorRule = SecondFactorRule::OfAll;
}

/// See what one's wallet holds and what moved it, and where payouts go.
pub enum MayReceiveMoney {}
impl Permission for MayReceiveMoney {
    const RULE: Rule = Rule::new("receive money", &[Patient, Doctor]);
}

/// Read payments of bookings and deposits.
pub enum MayReadPayments {}
impl Permission for MayReadPayments {
    const RULE: Rule = Rule::new("read payments", &[Patient, Admin]);
}

/// Read payouts.
pub enum MayReadPayouts {}
impl Permission for MayReadPayouts {
    const RULE: Rule = Rule::new("read payouts", &[Patient, Doctor, Admin]);
}

/// Read the books.
pub enum MayReadBooks {}
impl Permission for MayReadBooks {
    const RULE: Rule = Rule::new("read the books", &[Admin, Analyst]);
}

/// Export the analysts' views; the log is for those who may operate.
pub enum MayExport {}
impl Permission for MayExport {
    const RULE: Rule = Rule::new("export views", &[Admin, Analyst]);
}

/// Read reports, which show what the analysts' views show.
pub enum MayReadReports {}
impl Permission for MayReadReports {
    const RULE: Rule = Rule::new("read reports", &[Admin, Analyst]);
}

/// Name endpoints that are told what happens: a clinic of its own doctors' bookings, an admin of all.
pub enum MayKeepWebhooks {}
impl Permission for MayKeepWebhooks {
    const RULE: Rule = Rule::new("keep webhook endpoints", &[Clinic, Admin]);
}

/// Say with which licence, and for which clinic, one practises.
pub enum MayPractise {}
impl Permission for MayPractise {
    const RULE: Rule = Rule::new("practise", &[Doctor]);
}

/// Say in public who one is, and from where one comes.
pub enum MayKeepProfile {}
impl Permission for MayKeepProfile {
    const RULE: Rule = Rule::new("keep one's public profile", &[Doctor, Clinic]);
}

/// Invite doctors, and release one's own.
pub enum MayKeepDoctors {}
impl Permission for MayKeepDoctors {
    const RULE: Rule = Rule::new("invite and release doctors", &[Clinic]);
}

/// Let other calendars read when one's own visits are.
pub enum MayShareCalendar {}
impl Permission for MayShareCalendar {
    const RULE: Rule = Rule::new("share one's calendar", &[Patient, Doctor]);
}

/// Say which apps may act for one.
pub enum MayLetAppsAct {}
impl Permission for MayLetAppsAct {
    const RULE: Rule = Rule::new("let apps act for oneself", &[Patient]);
}

/// See one's own account, give it a second factor, and leave: all that somebody does who must have one and has none yet.
pub enum MayEnrol {}
impl Permission for MayEnrol {
    const RULE: Rule = Rule::new(
        "enrol a second factor",
        &[Patient, Doctor, Clinic, Admin, Analyst],
    );
    const SECOND_FACTOR: SecondFactorRule = SecondFactorRule::OfNobody;
}

/// Change one's own account.
pub enum MaySignIn {}
impl Permission for MaySignIn {
    const RULE: Rule = Rule::new("be signed in", &[Patient, Doctor, Clinic, Admin, Analyst]);
}

/// What only the platform's own processes do.
pub enum MayReact {}
impl Permission for MayReact {
    const RULE: Rule = Rule::new("react to what happened", &[]);
}

/// Every row.
pub const TABLE: [Rule; 33] = [
    MayReadBooking::RULE,
    MayFollow::RULE,
    MayAskForTicket::RULE,
    MayReadHistory::RULE,
    MayRequest::RULE,
    MayPay::RULE,
    MayCancel::RULE,
    MayReschedule::RULE,
    MayAcceptChange::RULE,
    MayAssign::RULE,
    MayUnassign::RULE,
    MayReportVisit::RULE,
    MayKeepDays::RULE,
    MayOperate::RULE,
    MayPublishPrices::RULE,
    MayUseWallet::RULE,
    MayWithdraw::RULE,
    MayNameDestination::RULE,
    MayReceiveMoney::RULE,
    MayReadPayments::RULE,
    MayReadPayouts::RULE,
    MayReadBooks::RULE,
    MayExport::RULE,
    MayReadReports::RULE,
    MayKeepWebhooks::RULE,
    MayPractise::RULE,
    MayKeepProfile::RULE,
    MayKeepDoctors::RULE,
    MayShareCalendar::RULE,
    MayLetAppsAct::RULE,
    MayEnrol::RULE,
    MaySignIn::RULE,
    MayReact::RULE,
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
    /// [`Refusal::NotFound`] or [`Refusal::NotTheirs`], and [`Refusal::NotYours`] for a role that may with none.
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
            Err(Refusal::NotTheirs)
        }
    }

    /// Lets those in who may act on what belongs to `doctor`, who is of `clinic` now. A doctor is nobody's secret, so
    /// another doctor's days are there and forbidden; of another clinic's doctor a clinic is told nothing.
    ///
    /// # Errors
    /// [`Refusal::NotYours`] or [`Refusal::NotTheirs`].
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
                Role::Clinic if clinic.map(AccountId::from) != Some(id) => Err(Refusal::NotTheirs),
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
