//! Which code, which log, what time.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::extract::head::QueryParams;
use crate::representation::timestamp::shown;
use crate::version::API_VERSION;

/// What answers.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "name": "tot",
    "version": "0.0.0",
    "api_version": "2026-11-30",
    "log_id": "019a8f0e-0000-7000-8000-00000000000a",
    "now": "2026-12-01T09:30:00Z"
}))]
pub struct VersionView {
    /// Always `tot`.
    #[schema(value_type = String)]
    pub name: &'static str,
    /// The version of the running code.
    #[schema(value_type = String)]
    pub version: &'static str,
    /// The version of the contract, as every answer's `Tot-Version` says it: the day of its last change.
    #[schema(value_type = String, format = Date)]
    pub api_version: &'static str,
    /// The log behind it: another one after a restore.
    pub log_id: Uuid,
    /// The platform's time, by which everything is decided.
    #[schema(value_type = String, format = DateTime)]
    pub now: Timestamp,
}

/// Read the version
///
/// For anyone: the running code, the log behind it and the platform's time.
#[utoipa::path(get, path = "/version", tag = "platform",
    responses((status = 200, description = "The version", body = VersionView)))]
pub async fn version(State(app): State<App>, QueryParams(()): QueryParams<()>) -> Json<VersionView> {
    Json(VersionView {
        name: "tot",
        version: app.settings().app_version,
        api_version: API_VERSION,
        log_id: app.log().identity().log_id(),
        now: shown(app.now()),
    })
}
