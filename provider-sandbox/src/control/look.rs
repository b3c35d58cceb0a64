//! Settings, counters, and a dump of everything: what tests compare the house's books with.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::NotDone;
use crate::clock::print;
use crate::desk::Desk;
use crate::state::settings::Settings;

/// `GET /settings`: with the secrets, for this surface belongs to whoever started the sandbox.
pub async fn settings(State(desk): State<Arc<Desk>>) -> Json<Settings> {
    Json(desk.with(|world| world.settings.clone()))
}

/// `PATCH /settings`: merges (RFC 7396) and answers the whole.
pub async fn change_settings(
    State(desk): State<Arc<Desk>>,
    Json(patch): Json<Value>,
) -> Result<Json<Settings>, NotDone> {
    desk.with(|world| {
        world.settings.merge(&patch).map_err(NotDone::wrong)?;
        Ok(Json(world.settings.clone()))
    })
}

/// `GET /counters`.
pub async fn counters(State(desk): State<Arc<Desk>>) -> Json<Value> {
    Json(desk.with(|world| json!(world.counters.all())))
}

/// `GET /dump`: every object as the sandbox keeps it, sums in kopecks.
pub async fn dump(State(desk): State<Arc<Desk>>) -> Json<Value> {
    Json(desk.with(|world| {
        json!({
            "now": print(world.clock.now()),
            "payments": world.payments.iter().collect::<Vec<_>>(),
            "refunds": world.refunds.iter().collect::<Vec<_>>(),
            "receipts": world.receipts.iter().collect::<Vec<_>>(),
            "payouts": world.payouts.iter().collect::<Vec<_>>(),
            "bank_payments": world.bank_payments.iter().collect::<Vec<_>>(),
            "bank_receipts": world.bank_receipts,
            "keys": world.keys.len(),
            "webhooks": world.outbox.len(),
        })
    }))
}
