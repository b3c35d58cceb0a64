//! An app is changed, switched off, and on again.

use axum::Json;
use axum::extract::State;
use commands::policy::MayOperate;
use domain::apps::AppScopes;
use domain::ids::kind;
use identity::{AppChange, AppName};
use utoipa::ToSchema;

use super::make::NAME_CHARS_MAX;
use super::{rate, require_proof, scopes};
use crate::app::App;
use crate::extract::body::{EmptyBody, Fields, FromBody};
use crate::extract::head::At;
use crate::extract::read::parsed;
use crate::extract::request::AuthenticatedRequest;
use crate::problem::Problem;
use crate::representation::app::AppView;

/// What changes; what is absent stays.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({"scopes": ["bookings:read"], "requests_per_minute": 1200}))]
pub struct EditAppBody {
    /// What patients are shown of it.
    #[schema(value_type = Option<String>)]
    pub name: Option<AppName>,
    /// What it may do at most from now on, each once. What patients agreed to before grows by nothing.
    #[schema(value_type = Option<Vec<String>>)]
    pub scopes: Option<AppScopes>,
    /// How many requests it may make in a minute.
    pub requests_per_minute: Option<u32>,
    /// How many of them may change something.
    pub writes_per_minute: Option<u32>,
}

impl FromBody for EditAppBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let name = fields.optional("name", parsed(AppName::parse, NAME_CHARS_MAX));
        let scopes = fields.optional("scopes", scopes);
        let requests_per_minute = fields.optional("requests_per_minute", rate);
        let writes_per_minute = fields.optional("writes_per_minute", rate);
        Some(Self {
            name: name?,
            scopes: scopes?,
            requests_per_minute: requests_per_minute?,
            writes_per_minute: writes_per_minute?,
        })
    }
}

/// Change an app
///
/// For admins, by a fresh proof. It counts from the app's next request on.
#[utoipa::path(patch, path = "/admin/apps/{id}", tag = "admin", security(("bearer" = [])),
    params(("id" = String, Path, description = "The app", format = Uuid)), request_body = EditAppBody,
    responses(
        (status = 200, description = "Changed", body = AppView),
        (status = 403, description = "`forbidden`, `proof_required`"),
    ))]
pub async fn edit_app(
    State(app): State<App>,
    At(id): At<kind::App>,
    AuthenticatedRequest { caller, body }: AuthenticatedRequest<MayOperate, EditAppBody>,
) -> Result<Json<AppView>, Problem> {
    require_proof(&app, &caller).await?;
    let change = AppChange {
        name: body.name,
        scopes: body.scopes,
        requests_per_minute: body.requests_per_minute,
        writes_per_minute: body.writes_per_minute,
    };
    let changed = app.people().edit_app(id, &change, app.now()).await?;
    Ok(Json(AppView::from(changed)))
}

/// Deactivate an app
///
/// For admins: its secrets end for good, and its tokens with them, at once. Patients' links stay. Deactivating twice is once.
#[utoipa::path(post, path = "/admin/apps/{id}/deactivate", tag = "admin", security(("bearer" = [])),
    params(("id" = String, Path, description = "The app", format = Uuid)),
    responses((status = 200, description = "Off", body = AppView)))]
pub async fn deactivate_app(
    State(app): State<App>,
    At(id): At<kind::App>,
    _request: AuthenticatedRequest<MayOperate, EmptyBody>,
) -> Result<Json<AppView>, Problem> {
    let off = app.people().deactivate_app(id, app.now()).await?;
    Ok(Json(AppView::from(off)))
}

/// Reactivate an app
///
/// For admins, by a fresh proof. Its secrets of before stay ended: draw it a new one.
#[utoipa::path(post, path = "/admin/apps/{id}/reactivate", tag = "admin", security(("bearer" = [])),
    params(("id" = String, Path, description = "The app", format = Uuid)),
    responses(
        (status = 200, description = "On", body = AppView),
        (status = 403, description = "`forbidden`, `proof_required`"),
    ))]
pub async fn reactivate_app(
    State(app): State<App>,
    At(id): At<kind::App>,
    AuthenticatedRequest { caller, .. }: AuthenticatedRequest<MayOperate, EmptyBody>,
) -> Result<Json<AppView>, Problem> {
    require_proof(&app, &caller).await?;
    let on = app.people().reactivate_app(id, app.now()).await?;
    Ok(Json(AppView::from(on)))
}
