//! Reading, extending and clearing the scripts of faults and of webhooks.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::desk::Desk;
use crate::faults::FaultRule;
use crate::webhooks::script::TwistRule;

/// `GET /faults`.
pub async fn faults(State(desk): State<Arc<Desk>>) -> Json<Value> {
    Json(desk.with(|world| world.faults.describe()))
}

/// `POST /faults`.
pub async fn add_fault(State(desk): State<Arc<Desk>>, Json(rule): Json<FaultRule>) -> Json<Value> {
    Json(desk.with(|world| {
        world.faults.add(rule);
        world.faults.describe()
    }))
}

/// `DELETE /faults`.
pub async fn clear_faults(State(desk): State<Arc<Desk>>) -> Json<Value> {
    desk.with(|world| world.faults.clear());
    Json(json!([]))
}

/// `GET /webhooks/script`.
pub async fn twists(State(desk): State<Arc<Desk>>) -> Json<Value> {
    Json(desk.with(|world| world.twists.describe()))
}

/// `POST /webhooks/script`.
pub async fn add_twist(State(desk): State<Arc<Desk>>, Json(rule): Json<TwistRule>) -> Json<Value> {
    Json(desk.with(|world| {
        world.twists.add(rule);
        world.twists.describe()
    }))
}

/// `DELETE /webhooks/script`.
pub async fn clear_twists(State(desk): State<Arc<Desk>>) -> Json<Value> {
    desk.with(|world| world.twists.clear());
    Json(json!([]))
}
