//! The control surface, on a port of its own: time, faults, webhooks, payers, settings, and a look at everything.

mod acts;
mod look;
mod notices;
mod scripts;
mod time;

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch, post};
use serde_json::json;

use crate::shared_state::SharedState;

/// Every route of the control surface.
pub fn router(shared: Arc<SharedState>) -> Router {
    Router::new()
        .route("/clock", get(time::show))
        .route("/clock/advance", post(time::advance))
        .route("/clock/set", post(time::set))
        .route("/faults", scripts::of(|state| &mut state.faults))
        .route(
            "/webhooks/script",
            scripts::of(|state| &mut state.delivery_faults),
        )
        .route("/webhooks", get(notices::list))
        .route("/webhooks/forge", post(notices::forge))
        .route("/webhooks/{number}/resend", post(notices::resend))
        .route("/quiet", post(notices::quiet))
        .route("/pay", post(acts::pay))
        .route("/refunds/{id}", post(acts::refund))
        .route("/payouts/{id}", post(acts::payout))
        .route("/bank-refunds/{number}", post(acts::bank_refund))
        .route("/settings", patch(look::change_settings))
        .route("/counters", get(look::counters))
        .route("/dump", get(look::dump))
        .with_state(shared)
}

/// Why the control surface did not do as told.
#[derive(Debug)]
struct NotDone {
    status: StatusCode,
    why: String,
}

impl NotDone {
    fn new(status: StatusCode, why: impl ToString) -> Self {
        let why = why.to_string();
        Self { status, why }
    }

    fn wrong(why: impl ToString) -> Self {
        Self::new(StatusCode::BAD_REQUEST, why)
    }

    fn missing(why: impl ToString) -> Self {
        Self::new(StatusCode::NOT_FOUND, why)
    }

    fn too_late(why: impl ToString) -> Self {
        Self::new(StatusCode::CONFLICT, why)
    }
}

impl IntoResponse for NotDone {
    fn into_response(self) -> Response {
        (self.status, axum::Json(json!({"error": self.why}))).into_response()
    }
}
