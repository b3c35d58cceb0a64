//! The way of a T-Bank request: script of faults, terminal, signature, then the method; HTTP 200 even for refusals.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use crate::fault_listener::ConnectionKill;
use crate::shared_state::SharedState;
use crate::state::SandboxState;
use crate::state::faults::Fault;
use crate::tbank::errors::BankRefusal;
use crate::tbank::fields::BankFields;
use crate::tbank::{Method, carry_out, token};
use crate::yookassa::handler::{cut, json_response};

/// The longest a reply waits for the notifications that must precede it.
const BEFORE_REPLY_MAX: Duration = Duration::from_secs(15);

/// Serves `POST /v2/{method}` and `POST /cashbox/SendClosingReceipt`.
pub async fn serve(
    State(shared): State<Arc<SharedState>>,
    ConnectInfo(connection): ConnectInfo<ConnectionKill>,
    Path(name): Path<String>,
    body: Bytes,
) -> Response {
    let Some(method) = Method::of(&name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let operation = format!("tbank.{name}");
    let fault = shared.with(|state| {
        let fault = state.faults.strike_one(|rule| rule.concerns(&operation, &body));
        if fault.is_some() {
            state.counters.count(format!("faults.{operation}"));
        }
        fault
    });
    let request = IncomingRequest {
        method,
        operation,
        body,
    };
    apply_fault(&shared, &connection, &request, fault).await
}

struct IncomingRequest {
    method: Method,
    operation: String,
    body: Bytes,
}

async fn apply_fault(
    shared: &SharedState,
    connection: &ConnectionKill,
    request: &IncomingRequest,
    fault: Option<Fault>,
) -> Response {
    match fault {
        None => answer(shared, request, false).await,
        Some(Fault::PaidBeforeReply) => answer(shared, request, true).await,
        Some(Fault::ResetBefore) => cut(connection),
        Some(Fault::ErrorBefore) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Some(Fault::TooManyRequests { .. }) => StatusCode::TOO_MANY_REQUESTS.into_response(),
        Some(Fault::ErrorAfter { .. }) => {
            answer(shared, request, false).await;
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
        Some(Fault::DropAfter) => {
            answer(shared, request, false).await;
            cut(connection)
        }
        Some(Fault::Processing { commit, .. }) => {
            if commit {
                answer(shared, request, false).await;
            }
            StatusCode::ACCEPTED.into_response()
        }
        Some(Fault::Slow { ms, commit_first }) => {
            let pause = Duration::from_millis(ms);
            if commit_first {
                let response = answer(shared, request, false).await;
                shared.nap(pause).await;
                response
            } else {
                shared.nap(pause).await;
                answer(shared, request, false).await
            }
        }
    }
}

async fn answer(shared: &SharedState, request: &IncomingRequest, pay_first: bool) -> Response {
    let (body, first) = shared.with(|state| {
        let body = process(state, request);
        if pay_first {
            pay(state, &body);
        }
        (body, state.outbox.take_before_reply())
    });
    if !first.is_empty() {
        shared
            .wait_until(BEFORE_REPLY_MAX, |state| state.outbox.were_tried(&first))
            .await;
    }
    json_response(200, &body)
}

fn pay(state: &mut SandboxState, body: &Value) {
    let number = body
        .get("PaymentId")
        .and_then(|id| id.as_u64().or_else(|| id.as_str()?.parse().ok()));
    if let Some(number) = number {
        let before = state.outbox.len();
        let now = state.clock.now();
        // A payment that is over has nothing to precede the reply.
        let _ = state.bank_pay(now, number, false);
        state.hasten(before);
    }
}

fn process(state: &mut SandboxState, request: &IncomingRequest) -> Value {
    let terminal = state.settings.terminal.key.clone();
    let reply = check_and_carry_out(state, request);
    let code = match &reply {
        Ok(_) => "0",
        Err(refusal) => refusal.code,
    };
    state.counters.count(format!("{}.{code}", request.operation));
    match reply {
        Ok(mut body) => {
            if let Some(fields) = body.as_object_mut() {
                for (name, value) in [("Success", json!(true)), ("ErrorCode", json!("0"))] {
                    fields.entry(name).or_insert(value);
                }
                if request.method.names_terminal() {
                    fields.insert("TerminalKey".into(), json!(terminal));
                }
            }
            body
        }
        Err(refusal) => refusal.body(&terminal),
    }
}

fn check_and_carry_out(state: &mut SandboxState, request: &IncomingRequest) -> Result<Value, BankRefusal> {
    let body: Value = serde_json::from_slice(&request.body)
        .map_err(|_| BankRefusal::parameters("Тело запроса должно быть JSON"))?;
    let terminal = &state.settings.terminal;
    if body.get("TerminalKey").and_then(Value::as_str) != Some(terminal.key.as_str()) {
        return Err(BankRefusal::terminal());
    }
    if !token::fits(&body, &terminal.password) {
        return Err(BankRefusal::token());
    }
    carry_out(state, request.method, &BankFields(&body))
}
