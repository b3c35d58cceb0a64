//! Who calls: the access token, and the row of the policy by which they are let in. `Caller<MayCancel>` in a handler's
//! signature *is* the authorisation.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use commands::policy::Permission;
use domain::ids::{AccountId, ClinicId, DoctorId, PatientId};
use domain::people::Role;
use http::header;
use http::request::Parts;
use identity::Principal;
use secrecy::{ExposeSecret, SecretString};

use crate::app::App;
use crate::problem::{Code, Problem};

/// A signed-in caller in one of the roles of `P`.
#[derive(Debug)]
pub struct Caller<P> {
    /// Who it is, from the token.
    pub principal: Principal,
    permission: PhantomData<fn() -> P>,
}

impl<P> Caller<P> {
    /// The account.
    pub fn id(&self) -> AccountId {
        self.principal.account_id
    }

    /// The role.
    pub fn role(&self) -> Role {
        self.principal.role
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

impl<P: Permission> Caller<P> {
    /// Checks the token (401), then the role (403).
    ///
    /// # Errors
    /// `token_missing`, `invalid_token`, `token_expired`, `token_revoked`, `forbidden`.
    pub fn of(parts: &Parts, app: &App) -> Result<Self, Problem> {
        let principal = app.people().verify(bearer(parts)?, app.now())?;
        if !P::RULE.admits(principal.role) {
            let detail = format!("the role {} may not do this", principal.role.as_str());
            return Err(Problem::new(Code::Forbidden, detail));
        }
        Ok(Self {
            principal,
            permission: PhantomData,
        })
    }
}

impl<P: Permission> FromRequestParts<App> for Caller<P> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Self::of(parts, app)
    }
}

/// The session behind a request, for answers that go on after the moment it was checked in.
#[derive(Debug)]
pub struct Session {
    /// Who it is, from the token.
    pub principal: Principal,
    token: SecretString,
}

impl Session {
    /// Whether a request with this token would be let in now: it has not expired, and the session has not ended.
    /// Costs no look at the database.
    pub fn stands(&self, app: &App) -> bool {
        app.people().verify(self.token.expose_secret(), app.now()).is_ok()
    }
}

impl FromRequestParts<App> for Session {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let token = bearer(parts)?;
        Ok(Self {
            principal: app.people().verify(token, app.now())?,
            token: SecretString::from(token),
        })
    }
}

/// The token of `Authorization: Bearer …`.
fn bearer(parts: &Parts) -> Result<&str, Problem> {
    let value = parts.headers.get(header::AUTHORIZATION);
    value
        .and_then(|value| value.to_str().ok()?.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or_else(|| Problem::plain(Code::TokenMissing))
}
