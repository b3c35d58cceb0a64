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
use crate::tbank::token;

/// How long `POST /quiet` waits, really.
const QUIET_WITHIN: Duration = Duration::from_secs(10);

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
        let (shop, terminal) = (&state.settings.shop, &state.settings.terminal);
        let (sender, url, source) = match forgery.sender {
            Forger::Yookassa => (Sender::Yookassa, &shop.webhook_url, shop.webhook_source),
            Forger::Tbank => (
                Sender::Tbank,
                &terminal.notification_url,
                terminal.notification_source,
            ),
        };
        let mut notice = Notice {
            sender,
            event: "forged".into(),
            url: url.clone(),
            source: forgery.source.or(source),
            body: forgery.body,
        };
        if notice.url.is_none() {
            return Err(NotDone::wrong("no address is set"));
        }
        if forgery.sign {
            token::sign(&mut notice.body, &terminal.password);
        }
        let now = state.clock.now();
        let number = state.send_once(now, &notice, true);
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

/// `POST /quiet`: answers when no notification is due or under way, so that tests need not sleep.
pub async fn quiet(State(shared): State<Arc<SharedState>>) -> Result<Json<Value>, NotDone> {
    shared.with(SandboxState::run_due);
    let is_quiet = shared
        .wait_until(QUIET_WITHIN, |state| {
            state.outbox.is_quiet() && state.scheduler.next().is_none_or(|due| due > state.clock.now())
        })
        .await;
    if is_quiet {
        Ok(Json(json!({"quiet": true})))
    } else {
        Err(NotDone::too_late("notifications are still under way"))
    }
}
