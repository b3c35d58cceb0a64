//! Reading, extending and clearing the scripts of faults and of webhooks.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::routing::{MethodRouter, get};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::shared_state::SharedState;
use crate::state::SandboxState;
use crate::state::script::{Rule, Script};

/// `GET`, `POST` and `DELETE` of one script.
pub fn of<R>(script: fn(&mut SandboxState) -> &mut Script<R>) -> MethodRouter<Arc<SharedState>>
where
    R: Rule + Serialize + DeserializeOwned + Send + 'static,
{
    get(async move |State(shared): State<Arc<SharedState>>| {
        Json(shared.with(|state| script(state).describe()))
    })
    .post(
        async move |State(shared): State<Arc<SharedState>>, Json(rule): Json<R>| {
            Json(shared.with(|state| {
                script(state).add(rule);
                script(state).describe()
            }))
        },
    )
    .delete(async move |State(shared): State<Arc<SharedState>>| {
        shared.with(|state| script(state).clear());
        Json(json!([]))
    })
}
