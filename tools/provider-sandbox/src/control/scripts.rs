//! Extending and clearing the scripts of faults and of webhooks.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::routing::{MethodRouter, post};
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::shared_state::SharedState;
use crate::state::SandboxState;
use crate::state::script::{Rule, Script};

/// `POST` and `DELETE` of one script.
pub fn of<F>(script: fn(&mut SandboxState) -> &mut Script<F>) -> MethodRouter<Arc<SharedState>>
where
    F: Clone + DeserializeOwned + Send + 'static,
{
    post(
        async move |State(shared): State<Arc<SharedState>>, Json(rule): Json<Rule<F>>| {
            shared.with(|state| script(state).add(rule));
            Json(json!({}))
        },
    )
    .delete(async move |State(shared): State<Arc<SharedState>>| {
        shared.with(|state| script(state).clear());
        Json(json!({}))
    })
}
