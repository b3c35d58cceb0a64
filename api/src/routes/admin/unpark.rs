//! Facts that could not be applied are tried again.

use axum::Json;
use axum::extract::{Path, State};
use event_store::parking;
use projections::QueryFault;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::body::Readable;
use crate::extract::caller::Admins;
use crate::extract::command_request::AuthenticatedRequest;
use crate::extract::fields::Fields;
use crate::extract::read::line;
use crate::problem::Problem;

/// The longest partition key, in characters.
const KEY_CHARS_MAX: usize = 128;

/// What to try again.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({"partition_key": "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69"}))]
pub struct UnparkBody {
    /// Only this key; all of the read model's if absent.
    #[schema(max_length = 128)]
    pub partition_key: Option<String>,
}

impl Readable for UnparkBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let partition_key = fields.optional("partition_key", line(1, KEY_CHARS_MAX));
        Some(Self {
            partition_key: partition_key?,
        })
    }
}

/// What will be tried again.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(example = json!({"requested": 1}))]
pub struct UnparkView {
    /// How many keys their worker was asked to try again.
    pub requested: u64,
}

/// Try parked facts again
///
/// For admins, once the cause is mended. The worker that holds the shard reads the log again from the first fact that
/// waits. The name is that of a read model, or `processes`.
#[utoipa::path(post, path = "/admin/projections/{name}/unpark", tag = "admin", security(("bearer" = [])),
    params(("name" = String, Path, description = "The read model", example = "booking_details")),
    request_body = UnparkBody,
    responses((status = 200, description = "Requested", body = UnparkView)))]
pub async fn unpark(
    State(app): State<App>,
    Path(name): Path<String>,
    AuthenticatedRequest { body, .. }: AuthenticatedRequest<Admins, UnparkBody>,
) -> Result<Json<UnparkView>, Problem> {
    let key = body.partition_key.as_deref();
    let requested = parking::unpark(&app.models().pool, &name, key)
        .await
        .map_err(QueryFault::from)?;
    Ok(Json(UnparkView { requested }))
}
