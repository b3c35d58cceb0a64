//! Who calls: the access token, and the roles that may. `AsPatient` in a handler's signature *is* the authorisation.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use domain::ids::{AccountId, DoctorId, PatientId};
use domain::people::Role;
use http::header;
use http::request::Parts;
use identity::Caller;

use crate::app::App;
use crate::problem::Problem;
use crate::problem::code::Code;

/// A set of roles.
pub trait Roles: Send + Sync + 'static {
    /// The roles that may.
    const ROLES: &'static [Role];
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
/// Patients, clinics and admins.
pub enum Movers {}
/// Those who read the books: admins and analysts.
pub enum Bookkeepers {}
/// Everybody signed in.
pub enum Anybody {}

impl Roles for Patients {
    const ROLES: &'static [Role] = &[Role::Patient];
}
impl Roles for Admins {
    const ROLES: &'static [Role] = &[Role::Admin];
}
impl Roles for DayKeepers {
    const ROLES: &'static [Role] = &[Role::Doctor, Role::Clinic, Role::Admin];
}
impl Roles for Workers {
    const ROLES: &'static [Role] = &[Role::Doctor, Role::Clinic, Role::Admin];
}
impl Roles for Visitors {
    const ROLES: &'static [Role] = &[Role::Doctor, Role::Admin];
}
impl Roles for Parties {
    const ROLES: &'static [Role] = &[Role::Patient, Role::Doctor, Role::Clinic, Role::Admin];
}
impl Roles for Payers {
    const ROLES: &'static [Role] = &[Role::Patient, Role::Admin];
}
impl Roles for Owners {
    const ROLES: &'static [Role] = &[Role::Patient, Role::Doctor];
}
impl Roles for Receivers {
    const ROLES: &'static [Role] = &[Role::Patient, Role::Doctor, Role::Admin];
}
impl Roles for Movers {
    const ROLES: &'static [Role] = &[Role::Patient, Role::Clinic, Role::Admin];
}
impl Roles for Bookkeepers {
    const ROLES: &'static [Role] = &[Role::Admin, Role::Analyst];
}
impl Roles for Anybody {
    const ROLES: &'static [Role] = &[
        Role::Patient,
        Role::Doctor,
        Role::Clinic,
        Role::Admin,
        Role::Analyst,
    ];
}

/// See [`Patients`].
pub type AsPatient = As<Patients>;
/// See [`Admins`].
pub type AsAdmin = As<Admins>;
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
        if !Who::ROLES.contains(&caller.role) {
            let detail = format!("a {} may not do this", caller.role.as_str());
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
