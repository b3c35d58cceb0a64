//! A command as it is requested: the body first (422 with all faults at once), then the token (401, 403), then the brakes (429).

use std::marker::PhantomData;

use axum::extract::{FromRequest, Request};
use commands::CommandMetadata;
use commands::policy::Permission;
use http::header;
use http::request::Parts;
use identity::Device;

use crate::address::Address;
use crate::app::App;
use crate::digest::canonical_object;
use crate::extract::body::{self, Fields, FromBody};
use crate::extract::caller::Caller;
use crate::extract::conditions;
use crate::problem::field_error::{FieldError, FieldProblem};
use crate::problem::{Code, Problem};
use crate::trace::TraceId;

/// A command of a signed-in caller in one of the roles of `P`.
pub struct CommandRequest<P, B> {
    /// P asks, under which key, with which digest and in which trace.
    pub metadata: CommandMetadata,
    /// What is asked for.
    pub body: B,
    permission: PhantomData<fn() -> P>,
}

impl<P: Permission, B: FromBody + Send> FromRequest<App> for CommandRequest<P, B> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = body::bytes(&parts.headers, body, app.settings().body_within).await?;
        let mut others = Vec::new();
        let key = conditions::idempotency_key(&parts.headers, &mut others);
        let version = conditions::if_match(&parts.headers, &mut others);
        refuse_query(&parts, &mut others);
        let (body, fields) = body::read::<B>(&bytes, others)?;
        let digest = digest(app, &parts, &fields)?;
        let caller = Caller::<P>::of(&parts, app)?;
        app.throttles().write(caller.id())?;
        let metadata =
            CommandMetadata::from_account(caller.id(), caller.role(), digest, trace_of(&parts).to_string())
                .keyed(key)
                .expecting(version);
        Ok(Self {
            metadata,
            body,
            permission: PhantomData,
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
    /// The device it comes from, as far as it says.
    pub fn device(&self) -> Device {
        let agent = self
            .parts
            .headers
            .get(header::USER_AGENT)
            .and_then(|value| value.to_str().ok());
        agent.map_or(Device::UNKNOWN, Device::from_user_agent)
    }
}

impl<B: FromBody + Send> FromRequest<App> for AnonymousRequest<B> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = body::bytes(&parts.headers, body, app.settings().body_within).await?;
        let mut others = Vec::new();
        refuse_query(&parts, &mut others);
        let (body, _) = body::read::<B>(&bytes, others)?;
        let address = Address::of_parts(&parts, app);
        Ok(Self { body, address, parts })
    }
}

/// The trace id [`crate::middleware`] gave the request.
pub fn trace_of(parts: &Parts) -> TraceId {
    parts
        .extensions
        .get::<TraceId>()
        .cloned()
        .unwrap_or_else(|| TraceId::of(&parts.headers))
}

fn digest(app: &App, parts: &Parts, fields: &Fields<'_>) -> Result<String, Problem> {
    let canonical = canonical_object(fields.pairs()).map_err(|fault| {
        Problem::invalid(vec![FieldProblem::new("not_canonical", fault.to_string()).at("")])
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
