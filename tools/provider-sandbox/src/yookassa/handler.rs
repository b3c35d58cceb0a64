//! The way of a YooKassa request: script of faults, credentials, limits, key, request, answer, and what befalls the answer.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, RawQuery, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;

use crate::fault_listener::ConnectionKill;
use crate::shared_state::SharedState;
use crate::state::SandboxState;
use crate::state::faults::Fault;
use crate::state::keys::Known;
use crate::state::payer::PaymentInstrument;
use crate::state::payment::MethodKind;
use crate::state::unsettled::ReplayShows;
use crate::yookassa::errors::{Refusal, processing};
use crate::yookassa::idempotency;
use crate::yookassa::{Call, Operation, Route, auth, carry_out};

/// The longest a reply waits for the notifications that must precede it.
const BEFORE_REPLY_MAX: Duration = Duration::from_secs(15);

/// A status and a body.
type Reply = (u16, Value);

/// A request as it came.
struct IncomingRequest {
    operation: Operation,
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
    let fault = shared.with(|state| {
        let fault = state
            .faults
            .strike_one(|rule| rule.concerns(operation.name(), &request.body));
        if fault.is_some() {
            state.counters.count(format!("faults.{}", operation.name()));
        }
        fault
    });
    apply_fault(&shared, &connection, &request, fault).await
}

/// Applies the scripted fault to a request.
async fn apply_fault(
    shared: &SharedState,
    connection: &ConnectionKill,
    request: &IncomingRequest,
    fault: Option<Fault>,
) -> Response {
    match fault {
        None => answer(shared, request).await,
        Some(Fault::ResetBefore) => cut(connection),
        Some(Fault::ErrorBefore) => shared.with(|state| refused(state, &Refusal::internal())),
        Some(Fault::TooManyRequests { retry_after_ms }) => {
            shared.with(|state| refused(state, &Refusal::too_many(retry_after_ms)))
        }
        Some(Fault::ErrorAfter { cancel }) => shared.with(|state| {
            let (_, body) = process(state, request);
            if cancel && request.operation == Operation::PaymentsCreate {
                let now = state.clock.now();
                state.end_payment(now, id_in(&body), "yoo_money", "internal_timeout");
            }
            refused(state, &Refusal::internal())
        }),
        Some(Fault::DropAfter) => {
            answer(shared, request).await;
            cut(connection)
        }
        Some(Fault::Processing {
            retry_after_ms,
            commit,
        }) => {
            if commit {
                answer(shared, request).await;
            }
            json_response(202, &processing(retry_after_ms))
        }
        Some(Fault::Slow { ms, commit_first }) => {
            let pause = Duration::from_millis(ms);
            if commit_first {
                let response = answer(shared, request).await;
                shared.nap(pause).await;
                response
            } else {
                shared.nap(pause).await;
                answer(shared, request).await
            }
        }
        Some(Fault::PaidBeforeReply) => paid_before_reply(shared, request).await,
    }
}

async fn answer(shared: &SharedState, request: &IncomingRequest) -> Response {
    let ((status, body), first) = shared.with(|state| {
        let reply = process(state, request);
        (reply, state.outbox.take_before_reply())
    });
    wait_for(shared, &first).await;
    json_response(status, &body)
}

async fn paid_before_reply(shared: &SharedState, request: &IncomingRequest) -> Response {
    let ((status, body), first) = shared.with(|state| {
        let (status, body) = process(state, request);
        let before = state.outbox.len();
        let now = state.clock.now();
        let id = id_in(&body);
        let asked_for = state
            .payments
            .get(id)
            .and_then(|payment| payment.method.as_ref())
            .map(|method| method.kind);
        // A payment that cannot be paid (it was refused, or is over) has nothing to precede it.
        let _ = state.pay(now, id, &usual_instrument(asked_for));
        state.hasten(before);
        ((status, body), state.outbox.take_before_reply())
    });
    wait_for(shared, &first).await;
    json_response(status, &body)
}

/// What the usual payer pays with, when the shop asked for this.
pub fn usual_instrument(asked_for: Option<MethodKind>) -> PaymentInstrument {
    match asked_for {
        Some(MethodKind::BankCard) | None => PaymentInstrument::Card {
            number: crate::state::cards::USUAL_CARD.to_owned(),
        },
        Some(MethodKind::Sbp) => PaymentInstrument::Sbp,
        Some(MethodKind::YooMoney) => PaymentInstrument::YooMoney,
    }
}

async fn wait_for(shared: &SharedState, deliveries: &[usize]) {
    if deliveries.is_empty() {
        return;
    }
    let arrived = shared
        .wait_until(BEFORE_REPLY_MAX, |state| state.outbox.were_tried(deliveries))
        .await;
    if !arrived {
        tracing::warn!("A reply did not wait any longer for its notifications");
    }
}

/// Credentials, limits, key; then the request itself.
fn process(state: &mut SandboxState, request: &IncomingRequest) -> Reply {
    let reply = match check_and_carry_out(state, request) {
        Ok(reply) => reply,
        Err(refusal) => (refusal.status, refusal.body(state.ids.uuid())),
    };
    state
        .counters
        .count(format!("{}.{}", request.operation.name(), reply.0));
    reply
}

fn check_and_carry_out(state: &mut SandboxState, request: &IncomingRequest) -> Result<Reply, Refusal> {
    let caller = auth::recognise(&request.headers, &state.settings)?;
    if !request.operation.wants().contains(&caller) {
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
    if !call.operation.is_command() {
        return carry_out(state, &call).map(|body| (200, body));
    }
    let key = idempotency::checked(request.header("idempotence-key"))?;
    let slot = idempotency::slot(state.settings.unsettled.key_scope, call.operation, key);
    let digest = idempotency::digest_of(&call);
    let now = state.clock.now();
    match state.keys.look_up(&slot, &digest, now) {
        Known::Before(answer) => {
            state
                .counters
                .count(format!("{}.replayed", call.operation.name()));
            Ok(replayed(state, &call, answer))
        }
        Known::KeyReused => Err(idempotency::key_reused()),
        Known::New => {
            let reply = match carry_out(state, &call) {
                Ok(body) => (200, body),
                Err(refusal) => {
                    let reply = (refusal.status, refusal.body(state.ids.uuid()));
                    if !state.settings.unsettled.replay_refusals {
                        return Ok(reply);
                    }
                    reply
                }
            };
            state.keys.remember(slot, digest, now, &reply);
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
    let now = match call.operation {
        Operation::RefundsCreate => crate::yookassa::refunds::show(state, id),
        Operation::ReceiptsCreate => crate::yookassa::receipts::show(state, id),
        Operation::PayoutsCreate => crate::yookassa::payouts::show(state, id),
        Operation::PaymentsCreate
        | Operation::PaymentsGet
        | Operation::PaymentsList
        | Operation::PaymentsCapture
        | Operation::PaymentsCancel
        | Operation::RefundsGet
        | Operation::RefundsList
        | Operation::ReceiptsGet
        | Operation::ReceiptsList
        | Operation::PayoutsGet
        | Operation::PayoutsList
        | Operation::PayoutsSearch
        | Operation::SbpBanks
        | Operation::Me
        | Operation::Webhooks => crate::yookassa::payments::show(state, id),
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

/// Ends the connection without a word: what is answered here is never written.
pub fn cut(connection: &ConnectionKill) -> Response {
    connection.cut();
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

/// A JSON response.
pub fn json_response(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (
        status,
        [(CONTENT_TYPE, "application/json; charset=UTF-8")],
        body.to_string(),
    )
        .into_response()
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
        if self.body.is_empty() || !self.operation.is_command() {
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
