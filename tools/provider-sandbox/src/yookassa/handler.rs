//! A YooKassa request: credentials, limits, key, then the operation itself.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, RawQuery, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;

use crate::fault_listener::ConnectionKill;
use crate::provider_request::{self, ProviderRequest, Reply, json_response};
use crate::shared_state::SharedState;
use crate::state::SandboxState;
use crate::state::keys::Known;
use crate::state::unsettled::ReplayShows;
use crate::yookassa::errors::{Refusal, processing};
use crate::yookassa::{Act, Call, Operation, Route, auth, idempotency, payments, payouts, receipts, refunds};

/// A request as it came.
struct IncomingRequest {
    operation: &'static Operation,
    id: String,
    query: Option<String>,
    headers: HeaderMap,
    body: Bytes,
}

/// Serves everything under `/v3/`.
pub async fn serve(
    State(shared): State<Arc<SharedState>>,
    ConnectInfo(connection): ConnectInfo<ConnectionKill>,
    Path(path): Path<String>,
    RawQuery(query): RawQuery,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (operation, id) = match Route::of(&method, &path) {
        Route::Found(operation, id) => (operation, id),
        Route::WrongMethod => return StatusCode::METHOD_NOT_ALLOWED.into_response(),
        Route::Nowhere => return shared.with(|state| refused(state, &Refusal::no_such_path())),
    };
    let request = IncomingRequest {
        operation,
        id,
        query,
        headers,
        body,
    };
    if !request.body.is_empty() && !request.says_json() {
        return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
    }
    provider_request::serve(&shared, &connection, &request).await
}

impl ProviderRequest for IncomingRequest {
    fn operation(&self) -> &str {
        self.operation.name
    }

    fn process(&self, state: &mut SandboxState) -> Reply {
        let reply = match check_and_carry_out(state, self) {
            Ok(reply) => reply,
            Err(refusal) => (refusal.status, refusal.body(state.ids.uuid())),
        };
        state.count(format!("{}.{}", self.operation.name, reply.0));
        reply
    }

    fn fail(&self, state: &mut SandboxState, status: u16, retry_after_ms: u64) -> Response {
        match status {
            202 => json_response(202, &processing(retry_after_ms)),
            429 => refused(state, &Refusal::too_many(retry_after_ms)),
            _ => refused(state, &Refusal::internal()),
        }
    }

    fn pay(&self, state: &mut SandboxState, body: &Value) {
        let now = state.clock.now();
        // A payment that cannot be paid (it was refused, or is over) has nothing to precede its reply.
        let _ = state.pay_as_usual(now, id_in(body));
    }

    fn give_up(&self, state: &mut SandboxState, body: &Value) {
        let now = state.clock.now();
        state.end_payment(now, id_in(body), "yoo_money", "internal_timeout");
    }
}

fn check_and_carry_out(state: &mut SandboxState, request: &IncomingRequest) -> Result<Reply, Refusal> {
    let caller = auth::recognise(&request.headers, &state.settings)?;
    if !request.operation.wants.contains(&caller) {
        return Err(Refusal::forbidden());
    }
    limit_rate(state)?;
    let call = Call {
        operation: request.operation,
        id: request.id.clone(),
        query: request.pairs(),
        body: request.json()?,
        caller,
    };
    let change = match call.operation.act {
        Act::Shows(show) => return show(state, &call).map(|body| (200, body)),
        Act::Changes(change) => change,
    };
    let key = idempotency::checked(request.header("idempotence-key"))?;
    let slot = idempotency::slot(state.settings.unsettled.key_scope, call.operation.name, key);
    let digest = idempotency::digest_of(&call);
    let now = state.clock.now();
    match state.keys.look_up(&slot, &digest, now) {
        Known::Before(answer) => Ok(replayed(state, &call, answer)),
        Known::KeyReused => Err(idempotency::key_reused()),
        Known::New => {
            let reply = match change(state, &call) {
                Ok(body) => (200, body),
                Err(refusal) => (refusal.status, refusal.body(state.ids.uuid())),
            };
            if reply.0 == 200 || state.settings.unsettled.replay_refusals {
                state.keys.remember(slot, digest, now, &reply);
            }
            Ok(reply)
        }
    }
}

/// A repeated request shows the first answer, or its object as it is now.
fn replayed(state: &SandboxState, call: &Call, answer: Reply) -> Reply {
    if state.settings.unsettled.replay_shows == ReplayShows::FirstAnswer || answer.0 != 200 {
        return answer;
    }
    let id = id_in(&answer.1);
    let now = match call.operation.name {
        "refunds.create" => refunds::show(state, id),
        "receipts.create" => receipts::show(state, id),
        "payouts.create" => payouts::show(state, id),
        _ => payments::show(state, id),
    };
    now.map_or(answer, |body| (200, body))
}

fn limit_rate(state: &mut SandboxState) -> Result<(), Refusal> {
    let Some(limit) = state.settings.unsettled.requests_per_second else {
        return Ok(());
    };
    let now = state.clock.now();
    let (second, count) = &mut state.requests_this_second;
    if second.as_second() != now.as_second() {
        *second = now;
        *count = 0;
    }
    *count += 1;
    if *count > limit {
        return Err(Refusal::too_many(1_000));
    }
    Ok(())
}

fn refused(state: &mut SandboxState, refusal: &Refusal) -> Response {
    let body = refusal.body(state.ids.uuid());
    json_response(refusal.status, &body)
}

fn id_in(body: &Value) -> &str {
    body.get("id").and_then(Value::as_str).unwrap_or_default()
}

impl IncomingRequest {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    fn says_json(&self) -> bool {
        self.header("content-type")
            .is_some_and(|kind| kind.to_ascii_lowercase().starts_with("application/json"))
    }

    fn json(&self) -> Result<Value, Refusal> {
        // GET needs no body, and one that some clients send anyway means nothing.
        if self.body.is_empty() || matches!(self.operation.act, Act::Shows(_)) {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&self.body).map_err(|_| Refusal::request("The request body is not valid JSON"))
    }

    fn pairs(&self) -> Vec<(String, String)> {
        let query = self.query.as_deref().unwrap_or_default();
        url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect()
    }
}
