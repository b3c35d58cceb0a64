//! Who calls: the access token, and the roles that may. `AsPatient` in a handler's signature *is* the authorisation.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use commands::policy;
use domain::ids::{AccountId, ClinicId, DoctorId, PatientId};
use domain::people::Role;
use http::header;
use http::request::Parts;
use identity::Caller;

use crate::app::App;
use crate::problem::Problem;
use crate::problem::code::Code;

/// Who may call: a row of the policy, or a set of roles where nothing but the caller's own is asked for.
pub trait Roles: Send + Sync + 'static {
    /// Whether this role may.
    fn admits(role: Role) -> bool;
}

/// A signed-in caller in one of the roles of `Who`.
#[derive(Debug)]
pub struct As<Who> {
    /// Who it is, from the token.
    pub caller: Caller,
    who: PhantomData<fn() -> Who>,
}

/// Patients alone.
pub enum Patients {}
/// Admins alone.
pub enum Admins {}
/// Those who publish prices: admins.
pub enum Publishers {}
/// Those who run doctors' days: the doctor, the clinic, an admin.
pub enum DayKeepers {}
/// Those who work on visits: doctors, clinics, admins.
pub enum Workers {}
/// Doctors and admins.
pub enum Visitors {}
/// Everybody who takes part in bookings: all but analysts.
pub enum Parties {}
/// Patients and admins.
pub enum Payers {}
/// Those who own money here: doctors and patients.
pub enum Owners {}
/// Those and admins.
pub enum Receivers {}
/// Clinics and admins.
pub enum ClinicsAndAdmins {}
/// Patients, clinics and admins.
pub enum Movers {}
/// Those who read the books: admins and analysts.
pub enum Bookkeepers {}
/// Everybody signed in.
pub enum Anybody {}

impl Roles for Patients {
    fn admits(role: Role) -> bool {
        policy::REQUEST.admits(role)
    }
}
impl Roles for Admins {
    fn admits(role: Role) -> bool {
        policy::OPERATE.admits(role)
    }
}
impl Roles for Publishers {
    fn admits(role: Role) -> bool {
        policy::PUBLISH_PRICES.admits(role)
    }
}
impl Roles for DayKeepers {
    fn admits(role: Role) -> bool {
        policy::KEEP_DAYS.admits(role)
    }
}
impl Roles for Workers {
    fn admits(role: Role) -> bool {
        policy::UNASSIGN.admits(role)
    }
}
impl Roles for Visitors {
    fn admits(role: Role) -> bool {
        policy::VISIT.admits(role)
    }
}
impl Roles for Parties {
    fn admits(role: Role) -> bool {
        policy::CANCEL.admits(role)
    }
}
impl Roles for Payers {
    fn admits(role: Role) -> bool {
        policy::READ_HISTORY.admits(role)
    }
}
impl Roles for Owners {
    fn admits(role: Role) -> bool {
        [Role::Patient, Role::Doctor].contains(&role)
    }
}
impl Roles for Receivers {
    fn admits(role: Role) -> bool {
        [Role::Patient, Role::Doctor, Role::Admin].contains(&role)
    }
}
impl Roles for ClinicsAndAdmins {
    fn admits(role: Role) -> bool {
        policy::ASSIGN.admits(role)
    }
}
impl Roles for Movers {
    fn admits(role: Role) -> bool {
        policy::RESCHEDULE.admits(role)
    }
}
impl Roles for Bookkeepers {
    fn admits(role: Role) -> bool {
        policy::READ_BOOKS.admits(role)
    }
}
impl Roles for Anybody {
    fn admits(role: Role) -> bool {
        [
            Role::Patient,
            Role::Doctor,
            Role::Clinic,
            Role::Admin,
            Role::Analyst,
        ]
        .contains(&role)
    }
}

/// See [`Patients`].
pub type AsPatient = As<Patients>;
/// See [`Admins`].
pub type AsAdmin = As<Admins>;
/// See [`Publishers`].
pub type AsPublisher = As<Publishers>;
/// See [`Parties`].
pub type AsParty = As<Parties>;
/// See [`Payers`].
pub type AsPayer = As<Payers>;
/// See [`Owners`].
pub type AsOwner = As<Owners>;
/// See [`Receivers`].
pub type AsReceiver = As<Receivers>;
/// See [`Bookkeepers`].
pub type AsBookkeeper = As<Bookkeepers>;
/// See [`Anybody`].
pub type AsAnybody = As<Anybody>;

impl<Who> As<Who> {
    /// The account.
    pub fn id(&self) -> AccountId {
        self.caller.account_id
    }

    /// The role.
    pub fn role(&self) -> Role {
        self.caller.role
    }

    /// The account as a patient's.
    pub fn patient_id(&self) -> PatientId {
        PatientId::from_uuid(self.id().uuid())
    }

    /// The account as a clinic's.
    pub fn clinic_id(&self) -> ClinicId {
        ClinicId::from_uuid(self.id().uuid())
    }

    /// The account as a doctor's.
    pub fn doctor_id(&self) -> DoctorId {
        DoctorId::from_uuid(self.id().uuid())
    }
}

impl<Who: Roles> As<Who> {
    /// Checks the token (401), then the role (403).
    ///
    /// # Errors
    /// `token_missing`, `invalid_token`, `token_expired`, `token_revoked`, `forbidden`.
    pub fn of(parts: &Parts, app: &App) -> Result<Self, Problem> {
        let token = bearer(parts).ok_or_else(|| Problem::plain(Code::TokenMissing))?;
        let caller = app.people().verify(token, app.now())?;
        if !Who::admits(caller.role) {
            let detail = format!("the role {} may not do this", caller.role.as_str());
            return Err(Problem::new(Code::Forbidden, detail));
        }
        Ok(Self {
            caller,
            who: PhantomData,
        })
    }
}

impl<Who: Roles> FromRequestParts<App> for As<Who> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Self::of(parts, app)
    }
}

/// The token of `Authorization: Bearer …`.
pub(crate) fn bearer(parts: &Parts) -> Option<&str> {
    let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
