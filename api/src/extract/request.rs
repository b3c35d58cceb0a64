//! A request as it comes: the body first, bounded in size and time (422 with all faults at once), then the token (401), the row of
//! the policy by which the caller is let in (403), then the rate limits (429). `CommandRequest<MayCancel, …>` or `Caller<MayRead>` in
//! a handler's signature *is* the authorisation.

use std::marker::PhantomData;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use bytes::{Bytes, BytesMut};
use commands::CommandMetadata;
use commands::policy::Permission;
use domain::ids::{AccountId, ClinicId, DoctorId, PatientId};
use domain::people::{Actor, Role};
use futures::StreamExt;
use http::request::Parts;
use http::{HeaderMap, header};
use identity::{Access, AuditActor, Device, Principal};

use crate::address::Address;
use crate::app::App;
use crate::extract::body::{self, Fields, FromBody, canonical_object};
use crate::extract::head;
use crate::problem::field_error::{FieldError, FieldProblem};
use crate::problem::{Code, Problem};
use crate::refresh_cookie;
use crate::security_events::origin::RequestOrigin;
use crate::trace::TraceId;

/// The largest body, in bytes.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
/// How much of a body that is too large is read and thrown away before the answer, in bytes.
const DISCARDED_BYTES_MAX: usize = 1024 * 1024;

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
        let caller = Caller::<P>::of(&parts, app)?;
        app.throttles().write(caller.id())?;
        let metadata = CommandMetadata::from_account(
            caller.id(),
            caller.role(),
            digest,
            TraceId::of_parts(&parts).to_string(),
        )
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
        let caller = Caller::of(&parts, app)?;
        app.throttles().write(caller.id())?;
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
    pub fn of(parts: &Parts, app: &App) -> Result<Self, Problem> {
        let access = app.people().access(bearer(parts)?, app.now())?;
        Self::admitted(access, RequestOrigin::of_parts(parts, app))
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
            origin,
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

/// The token of `Authorization: Bearer …`.
pub fn bearer(parts: &Parts) -> Result<&str, Problem> {
    let value = parts.headers.get(header::AUTHORIZATION);
    value
        .and_then(|value| value.to_str().ok()?.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or_else(|| Problem::plain(Code::TokenMissing))
}

/// The bytes of the body.
///
/// # Errors
/// `unsupported_media_type`, `body_too_large`, `request_timeout`, `malformed_json` when it breaks off.
pub async fn body_bytes(headers: &HeaderMap, body: Body, within: Duration) -> Result<Bytes, Problem> {
    let too_large = || {
        let problem = Problem::new(Code::BodyTooLarge, format!("more than {BODY_BYTES_MAX} bytes"));
        problem.in_russian(format!("больше {BODY_BYTES_MAX} байт"))
    };
    let declared = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.parse::<u64>().ok());
    if declared.is_some_and(|length| length > BODY_BYTES_MAX as u64) {
        discard(body, within, DISCARDED_BYTES_MAX).await;
        return Err(too_large());
    }
    let collected = tokio::time::timeout(within, collect(body)).await;
    let bytes = match collected {
        Ok(Ok(Some(bytes))) => bytes,
        Ok(Ok(None)) => return Err(too_large()),
        Ok(Err(_broken)) => {
            let problem = Problem::new(Code::MalformedJson, "the body broke off");
            return Err(problem.in_russian("тело запроса оборвалось"));
        }
        Err(_late) => return Err(Problem::plain(Code::RequestTimeout)),
    };
    if !bytes.is_empty() && !is_json(headers) {
        return Err(Problem::plain(Code::UnsupportedMediaType));
    }
    Ok(bytes)
}

/// Reads on without keeping anything: a client still writing when the connection closes would see a broken pipe in place
/// of its answer. Whoever sends far too much, or dawdles, is cut off all the same.
pub(super) async fn discard(body: Body, within: Duration, most: usize) {
    let mut chunks = body.into_data_stream();
    let read_out = async {
        let mut left = most;
        while let Some(Ok(chunk)) = chunks.next().await {
            match left.checked_sub(chunk.len()) {
                Some(less) => left = less,
                None => break,
            }
        }
    };
    // Late or not, the answer is the same.
    drop(tokio::time::timeout(within, read_out).await);
}

/// The body's bytes, or nothing if there are too many.
async fn collect(body: Body) -> Result<Option<Bytes>, axum::Error> {
    let mut chunks = body.into_data_stream();
    let Some(first) = chunks.next().await.transpose()? else {
        return Ok(Some(Bytes::new()));
    };
    if first.len() > BODY_BYTES_MAX {
        return Ok(None);
    }
    // Nearly every body comes in one piece: it is not copied.
    let Some(second) = chunks.next().await.transpose()? else {
        return Ok(Some(first));
    };
    let mut whole = BytesMut::from(first);
    let mut next = Some(second);
    while let Some(chunk) = next {
        if whole.len() + chunk.len() > BODY_BYTES_MAX {
            return Ok(None);
        }
        whole.extend_from_slice(&chunk);
        next = chunks.next().await.transpose()?;
    }
    Ok(Some(whole.freeze()))
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(declared) = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
    else {
        return false;
    };
    let essence = declared.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}
