//! The way of a YooKassa request: script of faults, credentials, limits, key, wish, answer, and what befalls the answer.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, RawQuery, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;

use crate::desk::Desk;
use crate::faults::Fault;
use crate::line::Scissors;
use crate::state::World;
use crate::state::payer::Purse;
use crate::state::payment::MethodKind;
use crate::state::unsettled::ReplayShows;
use crate::yookassa::errors::{Refusal, processing};
use crate::yookassa::idempotency::{self, Known};
use crate::yookassa::{Call, Operation, Route, auth, carry_out};

/// The longest a reply waits for the notifications that must precede it.
const BEFORE_REPLY_MAX: Duration = Duration::from_secs(15);

/// A status and a body.
type Reply = (u16, Value);

/// A request as it came.
struct Knock {
    operation: Operation,
    id: String,
    query: Option<String>,
    headers: HeaderMap,
    body: Bytes,
}

/// Serves everything under `/v3/`.
pub async fn serve(
    State(desk): State<Arc<Desk>>,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    Path(path): Path<String>,
    RawQuery(query): RawQuery,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (operation, id) = match Route::of(&method, &path) {
        Route::Found(operation, id) => (operation, id),
        Route::WrongMethod => return StatusCode::METHOD_NOT_ALLOWED.into_response(),
        Route::Nowhere => return desk.with(|world| refused(world, &Refusal::no_such_path())),
    };
    let knock = Knock {
        operation,
        id,
        query,
        headers,
        body,
    };
    if !knock.body.is_empty() && !knock.says_json() {
        return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
    }
    let fault = desk.with(|world| {
        let fault = world.faults.strike(operation.name(), &knock.body);
        if fault.is_some() {
            world.counters.count(format!("faults.{}", operation.name()));
        }
        fault
    });
    meet(&desk, &scissors, &knock, fault).await
}

/// Lets a request meet its fate.
async fn meet(desk: &Desk, scissors: &Scissors, knock: &Knock, fault: Option<Fault>) -> Response {
    match fault {
        None => answer(desk, knock).await,
        Some(Fault::ResetBefore) => cut(scissors),
        Some(Fault::ErrorBefore) => desk.with(|world| refused(world, &Refusal::internal())),
        Some(Fault::TooManyRequests { retry_after_ms }) => {
            desk.with(|world| refused(world, &Refusal::too_many(retry_after_ms)))
        }
        Some(Fault::ErrorAfter { cancel }) => desk.with(|world| {
            let (_, body) = admit(world, knock);
            if cancel && knock.operation == Operation::PaymentsCreate {
                let now = world.clock.now();
                world.end_payment(now, id_in(&body), "yoo_money", "internal_timeout");
            }
            refused(world, &Refusal::internal())
        }),
        Some(Fault::DropAfter) => {
            answer(desk, knock).await;
            cut(scissors)
        }
        Some(Fault::Processing {
            retry_after_ms,
            commit,
        }) => {
            if commit {
                answer(desk, knock).await;
            }
            json_response(202, &processing(retry_after_ms))
        }
        Some(Fault::Slow { ms, commit_first }) => {
            let pause = Duration::from_millis(ms);
            if commit_first {
                let response = answer(desk, knock).await;
                desk.nap(pause).await;
                response
            } else {
                desk.nap(pause).await;
                answer(desk, knock).await
            }
        }
        Some(Fault::PaidBeforeReply) => paid_before_reply(desk, knock).await,
    }
}

async fn answer(desk: &Desk, knock: &Knock) -> Response {
    let ((status, body), first) = desk.with(|world| {
        let reply = admit(world, knock);
        (reply, world.outbox.take_before_reply())
    });
    wait_for(desk, &first).await;
    json_response(status, &body)
}

async fn paid_before_reply(desk: &Desk, knock: &Knock) -> Response {
    let ((status, body), first) = desk.with(|world| {
        let (status, body) = admit(world, knock);
        let before = world.outbox.len();
        let now = world.clock.now();
        let id = id_in(&body);
        let asked_for = world
            .payments
            .get(id)
            .and_then(|payment| payment.method.as_ref())
            .map(|method| method.kind);
        // A payment that cannot be paid (it was refused, or is over) has nothing to precede it.
        let _ = world.pay(now, id, &usual_purse(asked_for));
        world.hasten(before);
        ((status, body), world.outbox.take_before_reply())
    });
    wait_for(desk, &first).await;
    json_response(status, &body)
}

/// What the usual payer pays with, when the shop asked for this.
pub fn usual_purse(asked_for: Option<MethodKind>) -> Purse {
    match asked_for {
        Some(MethodKind::BankCard) | None => Purse::Card {
            number: crate::state::cards::USUAL_CARD.to_owned(),
        },
        Some(MethodKind::Sbp) => Purse::Sbp,
        Some(MethodKind::YooMoney) => Purse::YooMoney,
    }
}

async fn wait_for(desk: &Desk, deliveries: &[usize]) {
    if deliveries.is_empty() {
        return;
    }
    let arrived = desk
        .wait_until(BEFORE_REPLY_MAX, |world| world.outbox.were_tried(deliveries))
        .await;
    if !arrived {
        tracing::warn!("A reply did not wait any longer for its notifications");
    }
}

/// Credentials, limits, key; then the wish itself.
fn admit(world: &mut World, knock: &Knock) -> Reply {
    let reply = match let_in(world, knock) {
        Ok(reply) => reply,
        Err(refusal) => (refusal.status, refusal.body(world.ids.uuid())),
    };
    world
        .counters
        .count(format!("{}.{}", knock.operation.name(), reply.0));
    reply
}

fn let_in(world: &mut World, knock: &Knock) -> Result<Reply, Refusal> {
    let caller = auth::recognise(&knock.headers, &world.settings)?;
    if !knock.operation.wants().contains(&caller) {
        return Err(Refusal::forbidden());
    }
    brake(world)?;
    let call = Call {
        operation: knock.operation,
        id: knock.id.clone(),
        query: knock.pairs(),
        body: knock.json()?,
        caller,
    };
    if !call.operation.is_wish() {
        return carry_out(world, &call).map(|body| (200, body));
    }
    let key = idempotency::checked(knock.header("idempotence-key"))?;
    let slot = idempotency::slot(world.settings.unsettled.key_scope, call.operation, key);
    let wish = idempotency::wish(&call);
    let now = world.clock.now();
    match world.keys.look_up(&slot, &wish, now) {
        Known::Before(answer) => {
            world
                .counters
                .count(format!("{}.replayed", call.operation.name()));
            Ok(replayed(world, &call, answer))
        }
        Known::OtherWish => Err(idempotency::other_wish()),
        Known::New => {
            let reply = match carry_out(world, &call) {
                Ok(body) => (200, body),
                Err(refusal) => {
                    let reply = (refusal.status, refusal.body(world.ids.uuid()));
                    if !world.settings.unsettled.replay_refusals {
                        return Ok(reply);
                    }
                    reply
                }
            };
            world.keys.remember(slot, wish, now, &reply);
            Ok(reply)
        }
    }
}

/// A repeated wish shows the first answer, or its object as it is now.
fn replayed(world: &World, call: &Call, answer: Reply) -> Reply {
    if world.settings.unsettled.replay_shows == ReplayShows::FirstAnswer || answer.0 != 200 {
        return answer;
    }
    let id = id_in(&answer.1);
    let now = match call.operation {
        Operation::RefundsCreate => crate::yookassa::refunds::show(world, id),
        Operation::ReceiptsCreate => crate::yookassa::receipts::show(world, id),
        Operation::PayoutsCreate => crate::yookassa::payouts::show(world, id),
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
        | Operation::Webhooks => crate::yookassa::payments::show(world, id),
    };
    now.map_or(answer, |body| (200, body))
}

fn brake(world: &mut World) -> Result<(), Refusal> {
    let Some(limit) = world.settings.unsettled.requests_per_second else {
        return Ok(());
    };
    let now = world.clock.now();
    let (second, count) = &mut world.requests_this_second;
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

fn refused(world: &mut World, refusal: &Refusal) -> Response {
    let body = refusal.body(world.ids.uuid());
    json_response(refusal.status, &body)
}

fn id_in(body: &Value) -> &str {
    body.get("id").and_then(Value::as_str).unwrap_or_default()
}

/// Ends the connection without a word: what is answered here is never written.
pub fn cut(scissors: &Scissors) -> Response {
    scissors.cut();
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

impl Knock {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    fn says_json(&self) -> bool {
        self.header("content-type")
            .is_some_and(|kind| kind.to_ascii_lowercase().starts_with("application/json"))
    }

    fn json(&self) -> Result<Value, Refusal> {
        // GET needs no body, and one that some clients send anyway means nothing.
        if self.body.is_empty() || !self.operation.is_wish() {
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
