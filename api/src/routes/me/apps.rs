//! Which apps may act for a patient: the patient lets one, sees them, and ends it.

use axum::Json;
use axum::extract::State;
use commands::policy::MayLetAppsAct;
use domain::ids::{AppId, kind};
use identity::{AuditTarget, NewSecurityEvent, SecurityEvent};
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::body::{EmptyBody, Fields, FromBody};
use crate::extract::head::{At, QueryParams};
use crate::extract::read::id;
use crate::extract::request::{AuthenticatedRequest, Caller};
use crate::problem::Problem;
use crate::representation::app::{AppLinkEndedView, AppLinkView, AppLinksView, LinkCodeView};
use crate::security_events;

/// Which app is let act.
#[derive(Clone, Copy, Debug, ToSchema)]
#[schema(example = json!({"app_id": "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69"}))]
pub struct LinkCodeBody {
    /// The app's id, as whoever runs the app tells it.
    #[schema(value_type = String, format = Uuid)]
    pub app_id: AppId,
}

impl FromBody for LinkCodeBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let app_id = fields.required("app_id", id);
        Some(Self { app_id: app_id? })
    }
}

/// Make a code by which an app may act for you
///
/// For patients, by a fresh proof. Give the code to the app alone: once it brings it, within ten minutes, it acts for you within the scopes
/// that the answer tells, until you end it. In the hands of another app the code is worth nothing. A new code ends the one before.
#[utoipa::path(post, path = "/me/apps/link-codes", tag = "auth", security(("bearer" = [])), request_body = LinkCodeBody,
    responses(
        (status = 200, description = "The code", body = LinkCodeView),
        (status = 403, description = "`forbidden`, `proof_required`"),
        (status = 404, description = "`not_found`: there is no such app, or it is off"),
    ))]
pub async fn link_code(
    State(app): State<App>,
    AuthenticatedRequest { caller, body }: AuthenticatedRequest<MayLetAppsAct, LinkCodeBody>,
) -> Result<Json<LinkCodeView>, Problem> {
    // Whoever has stolen a session lets nobody in who outlives it.
    let (people, now) = (app.people(), app.now());
    people
        .require_fresh_proof(caller.principal.session_id, now)
        .await?;
    let made = people
        .make_link_code(caller.patient_id(), body.app_id, now)
        .await?;
    Ok(Json(LinkCodeView::from(made)))
}

/// List the apps that may act for you
///
/// For patients, with what each may do and since when.
#[utoipa::path(get, path = "/me/apps", tag = "auth", security(("bearer" = [])),
    responses((status = 200, description = "The apps", body = AppLinksView)))]
pub async fn own_apps(
    State(app): State<App>,
    QueryParams(()): QueryParams<()>,
    caller: Caller<MayLetAppsAct>,
) -> Result<Json<AppLinksView>, Problem> {
    let links = app.people().app_links(caller.id()).await?;
    Ok(Json(AppLinksView {
        items: links.into_iter().map(AppLinkView::from).collect(),
    }))
}

/// End what an app may do for you
///
/// For patients: from its next request on. What it did stays as it is: bookings are cancelled by you.
#[utoipa::path(delete, path = "/me/apps/{id}", tag = "auth", security(("bearer" = [])),
    params(("id" = String, Path, description = "The app", format = Uuid)),
    responses((status = 200, description = "Ended", body = AppLinkEndedView)))]
pub async fn end_link(
    State(app): State<App>,
    At(app_id): At<kind::App>,
    AuthenticatedRequest { caller, .. }: AuthenticatedRequest<MayLetAppsAct, EmptyBody>,
) -> Result<Json<AppLinkEndedView>, Problem> {
    if app.people().end_app_link(caller.patient_id(), app_id).await? {
        let event = NewSecurityEvent::new(SecurityEvent::AppUnlinked, caller.origin.event_origin());
        let event = event.by(caller.origin.caller()).about(Some(caller.id()));
        caller.origin.set_told();
        security_events::note(&app, event.on(Some(AuditTarget::new("app", app_id))));
    }
    Ok(Json(AppLinkEndedView { ended: true }))
}
