//! Reading and moving the virtual clock. Moving it forward makes everything happen that was due in between, in order.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::NotDone;
use crate::clock::print;
use crate::shared_state::SharedState;

/// The farthest that the clock may be moved at once: a century either way.
const MOVE_MAX: i64 = 100 * 366 * 24 * 60 * 60;

/// `GET /clock`.
pub async fn show(State(shared): State<Arc<SharedState>>) -> Json<Value> {
    Json(shared.with(|state| json!({"now": print(state.clock.now())})))
}

/// How far to move the clock.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advance {
    seconds: i64,
}

/// `POST /clock/advance`: negative numbers move it back.
pub async fn advance(
    State(shared): State<Arc<SharedState>>,
    Json(by): Json<Advance>,
) -> Result<Json<Value>, NotDone> {
    if by.seconds.abs() > MOVE_MAX {
        return Err(NotDone::wrong("the clock may be moved by a century at most"));
    }
    shared.with(|state| state.clock.advance(SignedDuration::from_secs(by.seconds)));
    Ok(show(State(shared)).await)
}

/// What time it shall be.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Set {
    now: Timestamp,
}

/// `POST /clock/set`.
pub async fn set(State(shared): State<Arc<SharedState>>, Json(to): Json<Set>) -> Json<Value> {
    shared.with(|state| state.clock.set(to.now));
    show(State(shared)).await
}
