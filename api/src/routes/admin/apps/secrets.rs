//! An app gets a new secret, and one is revoked.

use axum::Json;
use axum::extract::State;
use commands::policy::MayOperate;
use domain::ids::kind;
use identity::OVERLAP_HOURS_MAX;
use utoipa::ToSchema;

use super::require_proof;
use crate::app::App;
use crate::extract::body::{EmptyBody, Fields, FromBody};
use crate::extract::head::{At, AtPart};
use crate::extract::read::whole;
use crate::extract::request::AuthenticatedRequest;
use crate::problem::Problem;
use crate::representation::app::{AppView, NewAppSecretView};

/// For how long the secret of before goes on where nothing else is said, in hours.
const OVERLAP_HOURS: i64 = 24;

/// For how long the secret of before goes on.
#[derive(Clone, Copy, Debug, ToSchema)]
#[schema(example = json!({"overlap_hours": 24}))]
pub struct RotateAppSecretBody {
    /// Hours for which the secret of before is taken beside the new one; 24 if absent, 0 ends it at once.
    #[schema(value_type = Option<i32>)]
    pub overlap_hours: Option<i64>,
}

impl FromBody for RotateAppSecretBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let overlap_hours = fields.optional("overlap_hours", whole(0, OVERLAP_HOURS_MAX));
        Some(Self {
            overlap_hours: overlap_hours?,
        })
    }
}

/// Give an app a new secret
///
/// For admins, by a fresh proof. The new secret is told this once; the one before goes on for a while, so that the program can change over.
#[utoipa::path(post, path = "/admin/apps/{id}/rotate-secret", tag = "admin", security(("bearer" = [])),
    params(("id" = String, Path, description = "The app", format = Uuid)), request_body = RotateAppSecretBody,
    responses(
        (status = 200, description = "Drawn", body = NewAppSecretView),
        (status = 403, description = "`forbidden`, `proof_required`"),
        (status = 409, description = "`app_deactivated`, `too_many_secrets`"),
    ))]
pub async fn rotate_app_secret(
    State(app): State<App>,
    At(id): At<kind::App>,
    AuthenticatedRequest { caller, body }: AuthenticatedRequest<MayOperate, RotateAppSecretBody>,
) -> Result<Json<NewAppSecretView>, Problem> {
    require_proof(&app, &caller).await?;
    let hours = body.overlap_hours.unwrap_or(OVERLAP_HOURS);
    let made = app.people().rotate_app_secret(id, hours, app.now()).await?;
    Ok(Json(NewAppSecretView::from(made)))
}

/// Revoke an app's secret
///
/// For admins: it is good for nothing at once, nor are the tokens that were had by it.
#[utoipa::path(post, path = "/admin/apps/{id}/secrets/{secret_id}/revoke", tag = "admin", security(("bearer" = [])),
    params(
        ("id" = String, Path, description = "The app", format = Uuid),
        ("secret_id" = String, Path, description = "The secret", format = Uuid),
    ),
    responses((status = 200, description = "Revoked: the app as it is now", body = AppView)))]
pub async fn revoke_app_secret(
    State(app): State<App>,
    AtPart(id, secret): AtPart<kind::App, kind::AppSecret>,
    _request: AuthenticatedRequest<MayOperate, EmptyBody>,
) -> Result<Json<AppView>, Problem> {
    let left = app.people().revoke_app_secret(id, secret, app.now()).await?;
    Ok(Json(AppView::from(left)))
}
