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
    #[serde(default)]
    seconds: i64,
    #[serde(default)]
    ms: i64,
}

/// `POST /clock/advance`: negative numbers move it back.
pub async fn advance(
    State(shared): State<Arc<SharedState>>,
    Json(by): Json<Advance>,
) -> Result<Json<Value>, NotDone> {
    if by.seconds.abs() > MOVE_MAX || by.ms.abs() > MOVE_MAX {
        return Err(NotDone::wrong("the clock may be moved by a century at most"));
    }
    let span = SignedDuration::new(by.seconds, 0) + SignedDuration::from_millis(by.ms);
    Ok(Json(shared.with(|state| {
        state.clock.advance(span);
        state.run_due();
        json!({"now": print(state.clock.now())})
    })))
}

/// What time it shall be.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Set {
    now: Timestamp,
}

/// `POST /clock/set`.
pub async fn set(State(shared): State<Arc<SharedState>>, Json(to): Json<Set>) -> Json<Value> {
    Json(shared.with(|state| {
        state.clock.set(to.now);
        state.run_due();
        json!({"now": print(state.clock.now())})
    }))
}
