//! Looking at notifications, sending old and false ones, and waiting until none is under way.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::NotDone;
use crate::desk::Desk;
use crate::state::World;
use crate::webhooks::outbox::{Notice, Sender};

/// How long `POST /quiet` waits when nothing else is said, really.
const QUIET_WITHIN_MS: u64 = 10_000;

/// `GET /webhooks`: every notification with its attempts.
pub async fn list(State(desk): State<Arc<Desk>>) -> Json<Value> {
    Json(desk.with(|world| json!(world.outbox.deliveries())))
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
    State(desk): State<Arc<Desk>>,
    Json(forgery): Json<Forgery>,
) -> Result<Json<Value>, NotDone> {
    desk.with(|world| {
        let (sender, usual, source) = match forgery.sender {
            Forger::Yookassa => (
                Sender::Yookassa,
                &world.settings.shop.webhook_url,
                world.settings.shop.webhook_source,
            ),
            Forger::Tbank => (
                Sender::Tbank,
                &world.settings.terminal.notification_url,
                world.settings.terminal.notification_source,
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
        let now = world.clock.now();
        let number = world.forge(now, &notice, &url, &json!({}), forgery.source, forgery.sign);
        Ok(Json(json!({"number": number})))
    })
}

/// `POST /webhooks/{number}/resend`: an old notification once more, as it was.
pub async fn resend(
    State(desk): State<Arc<Desk>>,
    Path(number): Path<usize>,
) -> Result<Json<Value>, NotDone> {
    desk.with(|world| {
        let now = world.clock.now();
        world
            .resend(now, number)
            .map(|number| Json(json!({"number": number})))
            .ok_or_else(|| NotDone::missing("there is no such notification"))
    })
}

/// How long to wait.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patience {
    #[serde(default = "usual_patience")]
    within_ms: u64,
}

fn usual_patience() -> u64 {
    QUIET_WITHIN_MS
}

/// `POST /quiet`: answers when no notification is due or under way, so that tests need not sleep.
pub async fn quiet(
    State(desk): State<Arc<Desk>>,
    Json(patience): Json<Patience>,
) -> Result<Json<Value>, NotDone> {
    desk.with(World::settle);
    let within = Duration::from_millis(patience.within_ms);
    let is_quiet = desk
        .wait_until(within, |world| {
            world.outbox.is_quiet() && world.agenda.next().is_none_or(|due| due > world.clock.now())
        })
        .await;
    if is_quiet {
        Ok(Json(json!({"quiet": true})))
    } else {
        Err(NotDone::too_late("notifications are still under way"))
    }
}
