//! Settings, counters, and a dump of everything: what tests compare the platform's books with.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::NotDone;
use crate::shared_state::SharedState;
use crate::state::settings::Settings;

/// `PATCH /settings`: merges (RFC 7396) and answers the whole, with the secrets: this surface belongs to whoever started it.
pub async fn change_settings(
    State(shared): State<Arc<SharedState>>,
    Json(patch): Json<Value>,
) -> Result<Json<Settings>, NotDone> {
    shared.with(|state| {
        state.settings.merge(&patch).map_err(NotDone::wrong)?;
        Ok(Json(state.settings.clone()))
    })
}

/// `GET /counters`.
pub async fn counters(State(shared): State<Arc<SharedState>>) -> Json<Value> {
    Json(shared.with(|state| json!(state.counters)))
}

/// `GET /dump`: every object as the sandbox keeps it, sums in kopecks.
pub async fn dump(State(shared): State<Arc<SharedState>>) -> Json<Value> {
    Json(shared.with(|state| {
        json!({
            "payments": state.payments.iter().collect::<Vec<_>>(),
            "refunds": state.refunds.iter().collect::<Vec<_>>(),
            "receipts": state.receipts.iter().collect::<Vec<_>>(),
            "payouts": state.payouts.iter().collect::<Vec<_>>(),
            "bank_payments": state.bank_payments.iter().collect::<Vec<_>>(),
            "bank_receipts": state.bank_receipts,
        })
    }))
}
