//! A request as it comes: the body first, bounded in size and time (422 with all faults at once), then the token (401), the row of
//! the policy by which the caller is let in (403), then the rate limits (429). `CommandRequest<MayCancel, …>` or `Caller<MayRead>` in
//! a handler's signature *is* the authorisation.

use std::marker::PhantomData;

use axum::extract::{FromRequest, FromRequestParts, Request};
use commands::CommandMetadata;
use commands::policy::Permission;
use domain::ids::{AccountId, ClinicId, DoctorId, PatientId};
use domain::people::{Actor, Role};
use http::header;
use http::request::Parts;
use identity::{Access, AuditActor, Bearer, Device, Principal};

use crate::address::Address;
use crate::app::App;
use crate::apps::access;
use crate::apps::limits::ActingApp;
use crate::extract::bearer::bearer;
use crate::extract::body::{self, Fields, FromBody, canonical_object};
use crate::extract::body_bytes::body_bytes;
use crate::extract::head;
use crate::problem::field_error::{FieldError, FieldProblem};
use crate::problem::{Code, Problem};
use crate::refresh_cookie;
use crate::security_events::origin::RequestOrigin;
use crate::trace::TraceId;

/// A command of a signed-in caller in one of the roles of `P`.
pub struct CommandRequest<P, B> {
    /// P asks, under which key, with which digest and in which trace.
    pub metadata: CommandMetadata,
    /// What is asked for.
    pub body: B,
    /// P.
    pub caller: Caller<P>,
}

impl<P: Permission, B: FromBody + Send> FromRequest<App> for CommandRequest<P, B> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = body_bytes(&parts.headers, body, app.settings().body_within).await?;
        let mut others = Vec::new();
        let key = head::idempotency_key(&parts.headers, &mut others);
        let version = head::if_match(&parts.headers, &mut others);
        refuse_query(&parts, &mut others);
        let (body, fields) = body::read::<B>(&bytes, others)?;
        let digest = digest(app, &parts, &fields)?;
        let caller = Caller::<P>::of(&parts, app).await?;
        caller.count_write(app).await?;
        let metadata = CommandMetadata::from_account(
            caller.id(),
            caller.role(),
            digest,
            TraceId::of_parts(&parts).to_string(),
        )
        .by_app(caller.app.map(|app| app.id))
        .with_key(key)
        .expecting(version);
        Ok(Self {
            metadata,
            body,
            caller,
        })
    }
}

/// A command that moves money and is guarded by no booking and no payment under way: without an idempotency key a
/// repeat would move it twice, so it must carry one (400). Asked for last: who may not do it hears that first.
pub struct Keyed<P, B>(pub CommandRequest<P, B>);

impl<P: Permission, B: FromBody + Send> FromRequest<App> for Keyed<P, B> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let command = CommandRequest::from_request(request, app).await?;
        if command.metadata.key.is_none() {
            return Err(Problem::plain(Code::IdempotencyKeyRequired));
        }
        Ok(Self(command))
    }
}

/// A change of a signed-in caller that is no command of the log: no key, no digest.
pub struct AuthenticatedRequest<P, B> {
    /// P asks.
    pub caller: Caller<P>,
    /// What is asked for.
    pub body: B,
}

impl<P: Permission, B: FromBody + Send> FromRequest<App> for AuthenticatedRequest<P, B> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let AnonymousRequest { body, parts, .. } = AnonymousRequest::from_request(request, app).await?;
        let caller = Caller::of(&parts, app).await?;
        caller.count_write(app).await?;
        Ok(Self { caller, body })
    }
}

/// A request of somebody who need not be signed in; it takes no idempotency key.
pub struct AnonymousRequest<B> {
    /// What is asked for.
    pub body: B,
    /// Where it comes from.
    pub address: Address,
    /// The rest of the request.
    pub parts: Parts,
}

impl<B> AnonymousRequest<B> {
    /// Where it comes from, as the audit trail tells it.
    pub fn origin(&self, app: &App) -> RequestOrigin {
        RequestOrigin::of_parts(&self.parts, app)
    }

    /// The device it comes from, as far as it says.
    pub fn device(&self) -> Device {
        let agent = self
            .parts
            .headers
            .get(header::USER_AGENT)
            .and_then(|value| value.to_str().ok());
        agent.map_or(Device::UNKNOWN, Device::from_user_agent)
    }

    /// For how many seconds the refresh token shall lie in a cookie, if it is asked for there; only a page of ours may ask.
    ///
    /// # Errors
    /// `cross_site_request`.
    /// Whether a new refresh token goes where the one of before is: into the cookie, if the request carries one from our own page.
    ///
    /// # Errors
    /// `cross_site_request`.
    pub fn keeps_cookie(&self, app: &App) -> Result<bool, Problem> {
        let carries = refresh_cookie::cookie(&self.parts.headers).is_some();
        self.wants_cookie(Some(carries), app)
    }

    pub fn wants_cookie(&self, asked: Option<bool>, app: &App) -> Result<bool, Problem> {
        let asked = asked.unwrap_or(false);
        if asked {
            refresh_cookie::from_our_own_page(&self.parts.headers, &app.settings().public_url)?;
        }
        Ok(asked)
    }
}

impl<B: FromBody + Send> FromRequest<App> for AnonymousRequest<B> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = body_bytes(&parts.headers, body, app.settings().body_within).await?;
        let mut others = Vec::new();
        refuse_query(&parts, &mut others);
        let (body, _) = body::read::<B>(&bytes, others)?;
        let address = Address::of_parts(&parts, app);
        Ok(Self { body, address, parts })
    }
}

/// A signed-in caller in one of the roles of `P`.
#[derive(Debug)]
pub struct Caller<P> {
    /// Who it is, from the token.
    pub principal: Principal,
    /// What the token is good for.
    pub access: Access,
    /// The app that asks for the patient, if one does.
    pub app: Option<ActingApp>,
    /// Where the request comes from.
    pub origin: RequestOrigin,
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

    /// Who acts, as facts tell it.
    pub fn person(&self) -> Actor {
        Actor::Person {
            id: self.id(),
            role: self.role(),
        }
    }

    /// Who acts on which request, as the audit trail tells it.
    pub fn actor(&self) -> AuditActor {
        AuditActor {
            account_id: self.id(),
            role: self.role(),
            origin: self.origin.event_origin(),
        }
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
    /// Checks the token (401), then the role and the second factor (403).
    ///
    /// # Errors
    /// `token_missing`, `invalid_token`, `token_expired`, `token_revoked`, `forbidden`, `second_factor_required`.
    /// Of an app also what [`access::act_for_patient`] answers.
    pub async fn of(parts: &Parts, app: &App) -> Result<Self, Problem> {
        let origin = RequestOrigin::of_parts(parts, app);
        match app.people().bearer(bearer(parts)?, app.now())? {
            Bearer::Person(person) => {
                access::refuse_header(&parts.headers)?;
                Self::admitted(person, origin)
            }
            Bearer::App(token) => {
                let (patient, acting) = access::act_for_patient(app, parts, token, &origin).await?;
                let caller = Self::admitted(patient, origin)?;
                Ok(Self {
                    app: Some(acting),
                    ..caller
                })
            }
        }
    }

    /// One more command, by the limits of whoever asks.
    async fn count_write(&self, app: &App) -> Result<(), Problem> {
        match self.app {
            Some(acting) => acting.count_write(app.throttles()).await,
            None => app.throttles().write(self.id()).await,
        }
    }

    /// Checks role and second factor of somebody whose token or ticket was checked.
    ///
    /// # Errors
    /// `forbidden`, `second_factor_required`.
    pub fn admitted(access: Access, origin: RequestOrigin) -> Result<Self, Problem> {
        let role = access.principal.role;
        origin.set_caller(access.principal.account_id, role);
        if !P::RULE.admits(role) {
            let detail = format!("the role {} may not do this", role.as_str());
            let problem = Problem::new(Code::Forbidden, detail);
            return Err(problem.in_russian(format!("роли {} это нельзя", role.as_str())));
        }
        if P::SECOND_FACTOR.demands_of(role) && !access.second_factor {
            return Err(Problem::plain(Code::SecondFactorRequired));
        }
        Ok(Self {
            principal: access.principal,
            access,
            app: None,
            origin,
            permission: PhantomData,
        })
    }
}

impl<P: Permission> FromRequestParts<App> for Caller<P> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Self::of(parts, app).await
    }
}

fn digest(app: &App, parts: &Parts, fields: &Fields<'_>) -> Result<String, Problem> {
    let canonical = canonical_object(fields.pairs()).map_err(|error| {
        Problem::invalid(vec![FieldProblem::new("not_canonical", error.to_string()).at("")])
    })?;
    Ok(app
        .digester()
        .of(parts.method.as_str(), parts.uri.path(), &canonical))
}

/// Commands say everything in their body: a query beside it is a mistake, not a hint.
fn refuse_query(parts: &Parts, faults: &mut Vec<FieldError>) {
    if parts.uri.query().is_some_and(|query| !query.is_empty()) {
        faults.push(
            FieldProblem::new("unknown_parameter", "this request takes no query parameters").at("/query"),
        );
    }
}
