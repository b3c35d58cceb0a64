//! Reading, extending and clearing the scripts of faults and of webhooks.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::faults::FaultRule;
use crate::shared_state::SharedState;
use crate::webhooks::script::DeliveryFaultRule;

/// `GET /faults`.
pub async fn faults(State(shared): State<Arc<SharedState>>) -> Json<Value> {
    Json(shared.with(|state| state.faults.describe()))
}

/// `POST /faults`.
pub async fn add_fault(State(shared): State<Arc<SharedState>>, Json(rule): Json<FaultRule>) -> Json<Value> {
    Json(shared.with(|state| {
        state.faults.add(rule);
        state.faults.describe()
    }))
}

/// `DELETE /faults`.
pub async fn clear_faults(State(shared): State<Arc<SharedState>>) -> Json<Value> {
    shared.with(|state| state.faults.clear());
    Json(json!([]))
}

/// `GET /webhooks/script`.
pub async fn delivery_faults(State(shared): State<Arc<SharedState>>) -> Json<Value> {
    Json(shared.with(|state| state.delivery_faults.describe()))
}

/// `POST /webhooks/script`.
pub async fn add_delivery_fault(
    State(shared): State<Arc<SharedState>>,
    Json(rule): Json<DeliveryFaultRule>,
) -> Json<Value> {
    Json(shared.with(|state| {
        state.delivery_faults.add(rule);
        state.delivery_faults.describe()
    }))
}

/// `DELETE /webhooks/script`.
pub async fn clear_delivery_faults(State(shared): State<Arc<SharedState>>) -> Json<Value> {
    shared.with(|state| state.delivery_faults.clear());
    Json(json!([]))
}
