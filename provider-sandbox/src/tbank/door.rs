//! The way of a T-Bank request: script of faults, terminal, signature, then the method; HTTP 200 even for refusals.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use crate::desk::Desk;
use crate::faults::Fault;
use crate::line::Scissors;
use crate::state::World;
use crate::tbank::errors::BankRefusal;
use crate::tbank::fields::BankFields;
use crate::tbank::{Method, carry_out, token};
use crate::yookassa::door::{cut, json_response};

/// The longest a reply waits for the notifications that must precede it.
const BEFORE_REPLY_MAX: Duration = Duration::from_secs(15);

/// Serves `POST /v2/{method}` and `POST /cashbox/SendClosingReceipt`.
pub async fn serve(
    State(desk): State<Arc<Desk>>,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    Path(name): Path<String>,
    body: Bytes,
) -> Response {
    let Some(method) = Method::of(&name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let operation = format!("tbank.{name}");
    let fault = desk.with(|world| {
        let fault = world.faults.strike(&operation, &body);
        if fault.is_some() {
            world.counters.count(format!("faults.{operation}"));
        }
        fault
    });
    let knock = Knock {
        method,
        operation,
        body,
    };
    meet(&desk, &scissors, &knock, fault).await
}

struct Knock {
    method: Method,
    operation: String,
    body: Bytes,
}

async fn meet(desk: &Desk, scissors: &Scissors, knock: &Knock, fault: Option<Fault>) -> Response {
    match fault {
        None => answer(desk, knock, false).await,
        Some(Fault::PaidBeforeReply) => answer(desk, knock, true).await,
        Some(Fault::ResetBefore) => cut(scissors),
        Some(Fault::ErrorBefore) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Some(Fault::TooManyRequests { .. }) => StatusCode::TOO_MANY_REQUESTS.into_response(),
        Some(Fault::ErrorAfter { .. }) => {
            answer(desk, knock, false).await;
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
        Some(Fault::DropAfter) => {
            answer(desk, knock, false).await;
            cut(scissors)
        }
        Some(Fault::Processing { commit, .. }) => {
            if commit {
                answer(desk, knock, false).await;
            }
            StatusCode::ACCEPTED.into_response()
        }
        Some(Fault::Slow { ms, commit_first }) => {
            let pause = Duration::from_millis(ms);
            if commit_first {
                let response = answer(desk, knock, false).await;
                desk.nap(pause).await;
                response
            } else {
                desk.nap(pause).await;
                answer(desk, knock, false).await
            }
        }
    }
}

async fn answer(desk: &Desk, knock: &Knock, pay_first: bool) -> Response {
    let (body, first) = desk.with(|world| {
        let body = admit(world, knock);
        if pay_first {
            pay(world, &body);
        }
        (body, world.outbox.take_before_reply())
    });
    if !first.is_empty() {
        desk.wait_until(BEFORE_REPLY_MAX, |world| world.outbox.were_tried(&first))
            .await;
    }
    json_response(200, &body)
}

fn pay(world: &mut World, body: &Value) {
    let number = body
        .get("PaymentId")
        .and_then(|id| id.as_u64().or_else(|| id.as_str()?.parse().ok()));
    if let Some(number) = number {
        let before = world.outbox.len();
        let now = world.clock.now();
        // A payment that is over has nothing to precede the reply.
        let _ = world.bank_pay(now, number, false);
        world.hasten(before);
    }
}

fn admit(world: &mut World, knock: &Knock) -> Value {
    let terminal = world.settings.terminal.key.clone();
    let reply = let_in(world, knock);
    let code = match &reply {
        Ok(_) => "0",
        Err(refusal) => refusal.code,
    };
    world.counters.count(format!("{}.{code}", knock.operation));
    match reply {
        Ok(mut body) => {
            if let Some(fields) = body.as_object_mut() {
                for (name, value) in [("Success", json!(true)), ("ErrorCode", json!("0"))] {
                    fields.entry(name).or_insert(value);
                }
                if knock.method.names_terminal() {
                    fields.insert("TerminalKey".into(), json!(terminal));
                }
            }
            body
        }
        Err(refusal) => refusal.body(&terminal),
    }
}

fn let_in(world: &mut World, knock: &Knock) -> Result<Value, BankRefusal> {
    let body: Value = serde_json::from_slice(&knock.body)
        .map_err(|_| BankRefusal::parameters("Тело запроса должно быть JSON"))?;
    let terminal = &world.settings.terminal;
    if body.get("TerminalKey").and_then(Value::as_str) != Some(terminal.key.as_str()) {
        return Err(BankRefusal::terminal());
    }
    if !token::fits(&body, &terminal.password) {
        return Err(BankRefusal::token());
    }
    carry_out(world, knock.method, &BankFields(&body))
}
