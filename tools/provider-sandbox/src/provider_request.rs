//! The way of a request on the providers' side: the script of faults, the request itself, and what befalls its answer.

use std::time::Duration;

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;

use crate::fault_listener::ConnectionKill;
use crate::shared_state::SharedState;
use crate::state::SandboxState;
use crate::state::faults::Fault;

/// The longest a reply waits for the notifications that must precede it.
const BEFORE_REPLY_MAX: Duration = Duration::from_secs(15);

/// A status and a body.
pub type Reply = (u16, Value);

/// A request of one of the providers.
pub trait ProviderRequest: Sync {
    /// Its name in scripts and counters.
    fn operation(&self) -> &str;

    /// Carries it out, with every check; a refusal is a reply, too.
    fn process(&self, state: &mut SandboxState) -> Reply;

    /// What is answered instead, with 500, 429 (come back after so many milliseconds) or 202 (the same).
    fn fail(&self, state: &mut SandboxState, status: u16, retry_after_ms: u64) -> Response;

    /// The payer pays what `body` answers; where that cannot be, nothing happens.
    fn pay(&self, state: &mut SandboxState, body: &Value);

    /// The provider gives up the payment that `body` answers.
    fn give_up(&self, state: &mut SandboxState, body: &Value);
}

/// Answers a request, or lets befall it what a script says.
pub async fn serve(
    shared: &SharedState,
    connection: &ConnectionKill,
    request: &impl ProviderRequest,
) -> Response {
    let operation = request.operation();
    let fault = shared.with(|state| {
        let fault = state.faults.strike_one(operation);
        if fault.is_some() {
            state.count(format!("faults.{operation}"));
        }
        fault
    });
    let fail = |status, retry_after_ms| shared.with(|state| request.fail(state, status, retry_after_ms));
    match fault {
        None => answer(shared, request, false).await,
        Some(Fault::PaidBeforeReply) => answer(shared, request, true).await,
        Some(Fault::ResetBefore) => cut(connection),
        Some(Fault::ErrorBefore) => fail(500, 0),
        Some(Fault::TooManyRequests { retry_after_ms }) => fail(429, retry_after_ms),
        Some(Fault::ErrorAfter { cancel }) => shared.with(|state| {
            let (_, body) = request.process(state);
            if cancel {
                request.give_up(state, &body);
            }
            request.fail(state, 500, 0)
        }),
        Some(Fault::DropAfter) => {
            answer(shared, request, false).await;
            cut(connection)
        }
        Some(Fault::Processing {
            retry_after_ms,
            commit,
        }) => {
            if commit {
                answer(shared, request, false).await;
            }
            fail(202, retry_after_ms)
        }
        Some(Fault::Slow { ms, commit_first }) => {
            let pause = shared.nap(Duration::from_millis(ms));
            if commit_first {
                let response = answer(shared, request, false).await;
                pause.await;
                return response;
            }
            pause.await;
            answer(shared, request, false).await
        }
    }
}

async fn answer(shared: &SharedState, request: &impl ProviderRequest, pay_first: bool) -> Response {
    let ((status, body), first) = shared.with(|state| {
        let (status, body) = request.process(state);
        if pay_first {
            let before = state.outbox.len();
            request.pay(state, &body);
            state.hasten(before);
        }
        ((status, body), state.outbox.take_before_reply())
    });
    let arrived = first.is_empty()
        || shared
            .wait_until(BEFORE_REPLY_MAX, |state| state.outbox.were_tried(&first))
            .await;
    if !arrived {
        tracing::warn!("A reply did not wait any longer for its notifications");
    }
    json_response(status, &body)
}

/// Ends the connection without a word: what is answered here is never written.
fn cut(connection: &ConnectionKill) -> Response {
    connection.cut();
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

pub fn json_response(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = [(CONTENT_TYPE, "application/json; charset=UTF-8")];
    (status, headers, body.to_string()).into_response()
}
