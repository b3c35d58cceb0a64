//! The HTTP surface of a witness: keeps signed heads in its file and refuses those that do not follow from what it saw.

use audit::witnesses::{self, WitnessPort};
use audit::{HeadsFile, ObserveError};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use notary::witness::Fork;
use notary::{Hash, SignedTreeHead, WitnessRefusal};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A head with its proof is a few kilobytes.
const BODY_BYTES_MAX: usize = 64 * 1_024;

/// What a notary shows.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shown {
    head: SignedTreeHead,
    /// The path from the head that the witness saw last; empty when there is none, or for the same size.
    consistency: Vec<Hash>,
}

#[derive(Debug, Serialize)]
struct Accepted {
    /// `first`, `same` or `grown`.
    accepted: &'static str,
}

/// Why a head is not kept.
#[derive(Debug, Serialize)]
struct Refusal {
    /// `stale`, `fork`, `inconsistent`, `not_believed`, `unknown_log` or `unavailable`.
    code: &'static str,
    /// In words.
    detail: String,
    /// The head that it saw last of the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    seen: Option<SignedTreeHead>,
    /// Two heads that cannot both be true: whoever holds them can show the fork to anybody.
    #[serde(skip_serializing_if = "Option::is_none")]
    fork: Option<Box<Fork>>,
}

/// `GET /heads/{log_id}`: the last head it saw. `POST /heads`: a head, with the path that shows how it follows from that one.
pub fn router(heads: HeadsFile) -> Router {
    Router::new()
        .route("/heads", post(observe))
        .route("/heads/{log_id}", get(last_seen))
        .route("/livez", get(async || "alive"))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(heads)
}

async fn last_seen(State(heads): State<HeadsFile>, Path(log_id): Path<Uuid>) -> Response {
    // As a port, which does not block.
    match WitnessPort::last_seen(&heads, log_id).await {
        Ok(Some(head)) => Json(head).into_response(),
        Ok(None) => {
            let detail = format!("no head of the log {log_id} was seen");
            refuse(StatusCode::NOT_FOUND, "unknown_log", detail)
        }
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "The heads cannot be read"
            );
            let detail = "the heads cannot be read".to_owned();
            refuse(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail)
        }
    }
}

async fn observe(State(heads): State<HeadsFile>, Json(shown): Json<Shown>) -> Response {
    let log_id = shown.head.unverified().log_id;
    let keeper = heads.clone();
    let observing = tokio::task::spawn_blocking(move || keeper.observe(&shown.head, &shown.consistency));
    let refusal = match observing.await {
        Ok(Ok(acceptance)) => {
            let accepted = witnesses::word(acceptance);
            tracing::info!(log.id = %log_id, accepted, "A head was kept");
            return Json(Accepted { accepted }).into_response();
        }
        Ok(Err(ObserveError::Refused(refusal))) => refusal,
        Ok(Err(error @ (ObserveError::Io(_) | ObserveError::File(_)))) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "A head could not be kept"
            );
            let detail = "the head could not be written".to_owned();
            return refuse(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail);
        }
        Err(panicked) => {
            tracing::error!(
                error = &panicked as &dyn std::error::Error,
                "A head could not be kept"
            );
            let detail = "the head could not be judged".to_owned();
            return refuse(StatusCode::INTERNAL_SERVER_ERROR, "unavailable", detail);
        }
    };
    tracing::warn!(log.id = %log_id, refusal = %refusal, "A head was refused");
    let (status, code) = match &refusal {
        WitnessRefusal::Head(_) => (StatusCode::FORBIDDEN, "not_believed"),
        WitnessRefusal::Stale { .. } => (StatusCode::CONFLICT, "stale"),
        WitnessRefusal::Fork(_) => (StatusCode::CONFLICT, "fork"),
        WitnessRefusal::Inconsistent { .. } => (StatusCode::CONFLICT, "inconsistent"),
    };
    let detail = refusal.to_string();
    let fork = match refusal {
        WitnessRefusal::Fork(fork) => Some(fork),
        WitnessRefusal::Head(_) | WitnessRefusal::Stale { .. } | WitnessRefusal::Inconsistent { .. } => None,
    };
    let seen = WitnessPort::last_seen(&heads, log_id).await.ok().flatten();
    let refusal = Refusal {
        code,
        detail,
        seen,
        fork,
    };
    (status, Json(refusal)).into_response()
}

fn refuse(status: StatusCode, code: &'static str, detail: String) -> Response {
    let refusal = Refusal {
        code,
        detail,
        seen: None,
        fork: None,
    };
    (status, Json(refusal)).into_response()
}
