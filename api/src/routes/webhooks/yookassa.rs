//! YooKassa's notices.

use axum::extract::{Request, State};
use axum::response::Response;
use domain::payment::provider::Provider;
use utoipa::ToSchema;

use crate::app::App;
use crate::problem::Problem;
use crate::routes::webhooks::take;

/// A notice in YooKassa's own form; only what is named here is looked at.
#[derive(ToSchema)]
#[schema(example = json!({
    "type": "notification",
    "event": "payment.succeeded",
    "object": {"id": "2a9f0e4c-000f-5000-8000-1d0a6ad2c9d1", "status": "succeeded"}
}))]
#[expect(dead_code, reason = "describes the wire; the adapter reads it")]
pub struct YookassaNotice {
    /// `notification`.
    r#type: String,
    /// What happened.
    event: String,
    /// The payment, refund or payout; its id is what matters.
    #[schema(value_type = Object)]
    object: serde_json::Value,
}

/// Take YooKassa's notice
///
/// For YooKassa's networks alone. A notice is a hint: what it is about is read back from YooKassa before anything is
/// believed. Repetitions are answered alike.
#[utoipa::path(post, path = "/webhooks/yookassa", tag = "webhooks", request_body = YookassaNotice,
    responses(
        (status = 200, description = "Kept; the body is empty", body = String, content_type = "text/plain",
            example = json!("")),
        (status = 403, description = "`unknown_sender`"),
        (status = 404, description = "`not_found`: YooKassa is not set up here"),
    ))]
pub async fn yookassa(State(app): State<App>, request: Request) -> Result<Response, Problem> {
    take(&app, Provider::Yookassa, request).await
}
