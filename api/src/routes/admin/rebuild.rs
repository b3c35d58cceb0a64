//! A read model is built anew from the log.

use axum::Json;
use axum::extract::{Path, State};
use projections::Model;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::body::Readable;
use crate::extract::caller::Admins;
use crate::extract::command_request::AuthenticatedRequest;
use crate::extract::fields::Fields;
use crate::extract::read::truth;
use crate::problem::Problem;
use crate::problem::code::Code;

/// How to rebuild.
#[derive(Clone, Copy, Debug, ToSchema)]
#[schema(example = json!({"force": false}))]
pub struct RebuildBody {
    /// Go live even if facts are parked; `false` if absent.
    pub force: Option<bool>,
}

impl Readable for RebuildBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let force = fields.optional("force", truth);
        Some(Self { force: force? })
    }
}

/// A rebuild that began.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(example = json!({"model": "booking_details", "rebuilding": true}))]
pub struct RebuildView {
    /// The read model.
    #[schema(value_type = String)]
    pub model: &'static str,
    /// Always true.
    pub rebuilding: bool,
}

/// Rebuild a read model
///
/// For admins: reads the log into new tables beside the live ones and goes live by itself once it has caught up. One
/// that was interrupted is continued. `GET /admin/projections` shows how far it is.
#[utoipa::path(post, path = "/admin/projections/{name}/rebuild", tag = "admin", security(("bearer" = [])),
    params(("name" = String, Path, description = "The read model", example = "booking_details")),
    request_body = RebuildBody,
    responses(
        (status = 200, description = "The rebuild began", body = RebuildView),
        (status = 409, description = "`rebuild_under_way`"),
    ))]
pub async fn rebuild(
    State(app): State<App>,
    Path(name): Path<String>,
    AuthenticatedRequest { body, .. }: AuthenticatedRequest<Admins, RebuildBody>,
) -> Result<Json<RebuildView>, Problem> {
    let model = Model::parse(&name).ok_or_else(|| Problem::plain(Code::NotFound))?;
    app.rebuilds().begin(
        app.log().clone(),
        model,
        body.force.unwrap_or(false),
        app.stopping(),
    )?;
    Ok(Json(RebuildView {
        model: model.name(),
        rebuilding: true,
    }))
}
