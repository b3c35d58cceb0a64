//! Whether the process answers at all.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

/// A process that answers.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(example = json!({"status": "alive"}))]
pub struct LiveView {
    /// Always `alive`.
    #[schema(value_type = String)]
    pub status: &'static str,
}

/// Ask whether the process is alive
///
/// For anyone. Looks at nothing else: a database that is down is no reason to restart this process.
#[utoipa::path(get, path = "/livez", tag = "platform",
    responses((status = 200, description = "Alive", body = LiveView)))]
pub async fn livez() -> Json<LiveView> {
    Json(LiveView { status: "alive" })
}
