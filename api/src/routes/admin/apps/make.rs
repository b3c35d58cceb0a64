//! An app is made.

use axum::Json;
use axum::extract::State;
use commands::policy::MayOperate;
use domain::apps::AppScopes;
use identity::{AppLimits, AppName, NewApp};
use utoipa::ToSchema;

use super::{rate, require_proof, scopes};
use crate::app::App;
use crate::extract::body::{Fields, FromBody};
use crate::extract::read::parsed;
use crate::extract::request::AuthenticatedRequest;
use crate::problem::Problem;
use crate::representation::app::NewAppSecretView;

/// How many requests an app may make in a minute where nothing else is said.
const REQUESTS_PER_MINUTE: u32 = 600;
/// How many of them may change something.
const WRITES_PER_MINUTE: u32 = 120;
/// The longest name as it is sent, in characters: blanks around it are forgiven.
pub const NAME_CHARS_MAX: usize = 200;

/// An app that is to be.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({"name": "Страховая компания «Полюс»", "scopes": ["bookings:read", "bookings:write"]}))]
pub struct AppBody {
    /// What patients are shown of it.
    #[schema(value_type = String)]
    pub name: AppName,
    /// What it may do at most for a patient who agrees, each once.
    #[schema(value_type = Vec<String>)]
    pub scopes: AppScopes,
    /// How many requests it may make in a minute; 600 if absent.
    pub requests_per_minute: Option<u32>,
    /// How many of them may change something; 120 if absent.
    pub writes_per_minute: Option<u32>,
}

impl FromBody for AppBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let name = fields.required("name", parsed(AppName::parse, NAME_CHARS_MAX));
        let scopes = fields.required("scopes", scopes);
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

/// Make an app
///
/// For admins, by a fresh proof: a third party's program that signs in by `POST /oauth/token` and acts for patients who agreed. Its secret
/// is told this once.
#[utoipa::path(post, path = "/admin/apps", tag = "admin", security(("bearer" = [])), request_body = AppBody,
    responses(
        (status = 200, description = "Made", body = NewAppSecretView),
        (status = 403, description = "`forbidden`, `proof_required`"),
    ))]
pub async fn create_app(
    State(app): State<App>,
    AuthenticatedRequest { caller, body }: AuthenticatedRequest<MayOperate, AppBody>,
) -> Result<Json<NewAppSecretView>, Problem> {
    require_proof(&app, &caller).await?;
    let new = NewApp {
        name: body.name,
        scopes: body.scopes,
        limits: AppLimits {
            requests_per_minute: body.requests_per_minute.unwrap_or(REQUESTS_PER_MINUTE),
            writes_per_minute: body.writes_per_minute.unwrap_or(WRITES_PER_MINUTE),
        },
    };
    let made = app.people().create_app(&caller.actor(), new, app.now()).await?;
    caller.origin.set_told();
    Ok(Json(NewAppSecretView::from(made)))
}
