//! Where somebody is signed in, and signing out elsewhere.

use axum::Json;
use axum::extract::State;
use commands::policy::MaySignIn;
use domain::ids::kind;
use identity::{SecurityEvent, SessionEntry};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::extract::body::EmptyBody;
use crate::extract::head::{At, QueryParams};
use crate::extract::request::{AuthenticatedRequest, Caller};
use crate::problem::{Code, Problem};
use crate::representation::timestamp::shown;
use crate::security_events::sign_in;

/// One of your living sessions, without its secrets.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019a8f0e-0000-7000-8000-00000000000a",
    "is_current": true,
    "on_command_line": false,
    "created_at": "2026-12-01T09:00:00Z",
    "last_used_at": "2026-12-01T09:14:00Z",
    "expires_at": "2027-03-01T09:00:00Z"
}))]
pub struct OwnSessionView {
    /// The session.
    pub id: Uuid,
    /// Whether this request was made in it.
    pub is_current: bool,
    /// Whether it is one of the command line.
    pub on_command_line: bool,
    /// When you signed in.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was last renewed, which an app does every quarter of an hour, or used on the command line.
    #[schema(value_type = String, format = DateTime)]
    pub last_used_at: Timestamp,
    /// When it ends however much it is used.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}

/// Your living sessions.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({"items": [{
    "id": "019a8f0e-0000-7000-8000-00000000000a",
    "is_current": true,
    "on_command_line": false,
    "created_at": "2026-12-01T09:00:00Z",
    "last_used_at": "2026-12-01T09:14:00Z",
    "expires_at": "2027-03-01T09:00:00Z"
}]}))]
pub struct OwnSessionsView {
    /// All of them, the newest first: an account has twenty at most.
    pub items: Vec<OwnSessionView>,
}

/// How many sessions ended.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(example = json!({"ended": 2}))]
pub struct EndedSessionsView {
    /// None where there were none.
    pub ended: usize,
}

/// List your sessions
///
/// Where you are signed in now.
#[utoipa::path(get, path = "/auth/sessions", tag = "auth", security(("bearer" = [])), responses(
    (status = 200, description = "The sessions", body = OwnSessionsView),
))]
pub async fn own_sessions(
    State(app): State<App>,
    QueryParams(()): QueryParams<()>,
    caller: Caller<MaySignIn>,
) -> Result<Json<OwnSessionsView>, Problem> {
    let sessions = app.people().own_sessions(caller.id(), app.now()).await?;
    let current = caller.principal.session_id;
    let line = |session: &SessionEntry| OwnSessionView {
        id: session.id.uuid(),
        is_current: session.id == current,
        on_command_line: session.on_command_line,
        created_at: shown(session.created_at),
        last_used_at: shown(session.last_used_at),
        expires_at: shown(session.expires_at),
    };
    Ok(Json(OwnSessionsView {
        items: sessions.iter().map(line).collect(),
    }))
}

/// End a session
///
/// Signs out elsewhere, or here: whoever uses the session's access token is refused within a second. Takes a fresh proof
/// (`POST /auth/proof`); this session ends without it by `POST /auth/logout`.
#[utoipa::path(post, path = "/auth/sessions/{id}/end", tag = "auth", security(("bearer" = [])),
    params(("id" = String, Path, description = "One of your living sessions", format = Uuid)),
    responses(
        (status = 200, description = "Ended", body = EndedSessionsView),
        (status = 403, description = "`proof_required`, `forbidden`"),
    ))]
pub async fn end_own_session(
    State(app): State<App>,
    At(session): At<kind::Session>,
    AuthenticatedRequest { caller, .. }: AuthenticatedRequest<MaySignIn, EmptyBody>,
) -> Result<Json<EndedSessionsView>, Problem> {
    app.people()
        .require_fresh_proof(caller.principal.session_id, app.now())
        .await?;
    let ended = app
        .people()
        .end_own_session(caller.id(), session, app.now())
        .await?;
    if !ended {
        return Err(Problem::plain(Code::NotFound));
    }
    let about = (caller.origin.caller(), Some(session));
    sign_in::session_ended(&app, &caller.origin, SecurityEvent::SessionEnded, about);
    Ok(Json(EndedSessionsView { ended: 1 }))
}

/// End all other sessions
///
/// Signs out everywhere but here. Asks for a fresh proof as ending one session does.
#[utoipa::path(post, path = "/auth/sessions/end-others", tag = "auth", security(("bearer" = [])),
    responses(
        (status = 200, description = "Ended", body = EndedSessionsView),
        (status = 403, description = "`proof_required`, `forbidden`"),
    ))]
pub async fn end_other_sessions(
    State(app): State<App>,
    AuthenticatedRequest { caller, .. }: AuthenticatedRequest<MaySignIn, EmptyBody>,
) -> Result<Json<EndedSessionsView>, Problem> {
    let kept = caller.principal.session_id;
    app.people().require_fresh_proof(kept, app.now()).await?;
    let ended = app
        .people()
        .end_other_sessions(caller.id(), kept, app.now())
        .await?;
    if ended > 0 {
        let about = (caller.origin.caller(), None);
        sign_in::session_ended(&app, &caller.origin, SecurityEvent::SessionEnded, about);
    }
    Ok(Json(EndedSessionsView { ended }))
}
