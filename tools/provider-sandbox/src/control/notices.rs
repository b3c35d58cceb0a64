//! Looking at notifications, sending old and false ones, and waiting until none is under way.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::NotDone;
use crate::shared_state::SharedState;
use crate::state::SandboxState;
use crate::state::outbox::{Notice, Sender};

/// How long `POST /quiet` waits when nothing else is said, really.
const QUIET_WITHIN_MS: u64 = 10_000;

/// `GET /webhooks`: every notification with its attempts.
pub async fn list(State(shared): State<Arc<SharedState>>) -> Json<Value> {
    Json(shared.with(|state| json!(state.outbox.deliveries())))
}

/// A notification that never happened.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forgery {
    /// Who pretends to tell it.
    sender: Forger,
    /// What it says, word by word.
    body: Value,
    /// From which address.
    #[serde(default)]
    source: Option<IpAddr>,
    /// Whether a T-Bank body is signed with the true password.
    #[serde(default)]
    sign: bool,
    /// Where it goes; the usual address when absent.
    #[serde(default)]
    url: Option<String>,
}

/// Who a false notification pretends to be from.
#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum Forger {
    Yookassa,
    Tbank,
}

/// `POST /webhooks/forge`.
pub async fn forge(
    State(shared): State<Arc<SharedState>>,
    Json(forgery): Json<Forgery>,
) -> Result<Json<Value>, NotDone> {
    shared.with(|state| {
        let (sender, usual, source) = match forgery.sender {
            Forger::Yookassa => (
                Sender::Yookassa,
                &state.settings.shop.webhook_url,
                state.settings.shop.webhook_source,
            ),
            Forger::Tbank => (
                Sender::Tbank,
                &state.settings.terminal.notification_url,
                state.settings.terminal.notification_source,
            ),
        };
        let url = forgery
            .url
            .or_else(|| usual.clone())
            .ok_or_else(|| NotDone::wrong("no address: neither told nor set"))?;
        let notice = Notice {
            sender,
            event: "forged".into(),
            object: String::new(),
            url: None,
            source,
            body: forgery.body,
        };
        let now = state.clock.now();
        let number = state.forge(now, &notice, &url, &json!({}), forgery.source, forgery.sign);
        Ok(Json(json!({"number": number})))
    })
}

/// `POST /webhooks/{number}/resend`: an old notification once more, as it was.
pub async fn resend(
    State(shared): State<Arc<SharedState>>,
    Path(number): Path<usize>,
) -> Result<Json<Value>, NotDone> {
    shared.with(|state| {
        let now = state.clock.now();
        state
            .resend(now, number)
            .map(|number| Json(json!({"number": number})))
            .ok_or_else(|| NotDone::missing("there is no such notification"))
    })
}

/// How long to wait.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuietLimit {
    #[serde(default = "usual_limit")]
    within_ms: u64,
}

fn usual_limit() -> u64 {
    QUIET_WITHIN_MS
}

/// `POST /quiet`: answers when no notification is due or under way, so that tests need not sleep.
pub async fn quiet(
    State(shared): State<Arc<SharedState>>,
    Json(limit): Json<QuietLimit>,
) -> Result<Json<Value>, NotDone> {
    shared.with(SandboxState::run_due);
    let within = Duration::from_millis(limit.within_ms);
    let is_quiet = shared
        .wait_until(within, |state| {
            state.outbox.is_quiet() && state.scheduler.next().is_none_or(|due| due > state.clock.now())
        })
        .await;
    if is_quiet {
        Ok(Json(json!({"quiet": true})))
    } else {
        Err(NotDone::too_late("notifications are still under way"))
    }
}
