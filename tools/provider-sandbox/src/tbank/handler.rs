//! A T-Bank request: terminal, signature, then the method; HTTP 200 even for refusals.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use crate::fault_listener::ConnectionKill;
use crate::provider_request::{self, ProviderRequest, Reply};
use crate::shared_state::SharedState;
use crate::state::SandboxState;
use crate::tbank::errors::BankRefusal;
use crate::tbank::fields::BankFields;
use crate::tbank::{Method, token};

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
    let request = IncomingRequest {
        method,
        operation: format!("tbank.{name}"),
        body,
    };
    provider_request::serve(&shared, &connection, &request).await
}

struct IncomingRequest {
    method: &'static Method,
    operation: String,
    body: Bytes,
}

impl ProviderRequest for IncomingRequest {
    fn operation(&self) -> &str {
        &self.operation
    }

    fn process(&self, state: &mut SandboxState) -> Reply {
        let terminal = state.settings.terminal.key.clone();
        let (code, body) = match check_and_carry_out(state, self) {
            Ok(mut body) => {
                body["Success"] = json!(true);
                body["ErrorCode"] = json!("0");
                if self.method.names_terminal {
                    body["TerminalKey"] = json!(terminal);
                }
                ("0", body)
            }
            Err(refusal) => (refusal.code, refusal.body(&terminal)),
        };
        state.count(format!("{}.{code}", self.operation));
        (200, body)
    }

    fn fail(&self, _: &mut SandboxState, status: u16, _: u64) -> Response {
        let status = StatusCode::from_u16(status);
        status
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            .into_response()
    }

    fn pay(&self, state: &mut SandboxState, body: &Value) {
        let number = body
            .get("PaymentId")
            .and_then(|id| id.as_u64().or_else(|| id.as_str()?.parse().ok()));
        if let Some(number) = number {
            let now = state.clock.now();
            state.bank_pay(now, number);
        }
    }

    fn give_up(&self, _: &mut SandboxState, _: &Value) {}
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
    (request.method.carry_out)(state, &BankFields(&body))
}
