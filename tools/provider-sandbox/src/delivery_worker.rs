//! The delivery worker: one task that runs what is due and sends notifications.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Client;
use reqwest::redirect::Policy;
use tokio::task::JoinSet;

use crate::shared_state::SharedState;
use crate::state::outbox::PendingDelivery;

/// How many notifications are under way at once.
const UNDER_WAY_MAX: usize = 64;
/// T-Bank's page: an answer counts within ten seconds. YooKassa's says nothing; the same is used.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// The longest sleep between two looks at the scheduler.
const NAP_MAX: Duration = Duration::from_secs(60);
/// More of an answer is not read: only `OK` matters.
const ANSWER_BYTES_MAX: usize = 1_024;

/// Works until the sandbox closes.
pub async fn work(shared: Arc<SharedState>) {
    let mut clients = HashMap::new();
    let mut under_way = JoinSet::new();
    loop {
        let (pending_deliveries, pause) = shared.pending_deliveries(UNDER_WAY_MAX - under_way.len());
        for delivery in pending_deliveries {
            let client = client_from(&mut clients, delivery.source);
            under_way.spawn(carry(client, delivery));
        }
        tokio::select! {
            () = shared.closing() => break,
            Some(ended) = under_way.join_next(), if !under_way.is_empty() => {
                if let Ok((number, status, said_ok)) = ended {
                    shared.with(|state| state.delivery_ended(number, status, said_ok));
                }
            }
            () = shared.something_to_do() => {}
            () = tokio::time::sleep(pause.min(NAP_MAX)) => {}
        }
    }
    under_way.shutdown().await;
}

fn client_from(clients: &mut HashMap<Option<IpAddr>, Client>, source: Option<IpAddr>) -> Client {
    clients
        .entry(source)
        .or_insert_with(|| {
            Client::builder()
                .no_proxy()
                .redirect(Policy::none())
                .timeout(ANSWER_WITHIN)
                .local_address(source)
                .user_agent("provider-sandbox")
                .build()
                .unwrap_or_default()
        })
        .clone()
}

async fn carry(client: Client, delivery: PendingDelivery) -> (usize, Option<u16>, bool) {
    let sent = client
        .post(&delivery.url)
        .header("content-type", "application/json")
        .body(delivery.body)
        .send()
        .await;
    match sent {
        Ok(answer) => {
            let status = answer.status().as_u16();
            (delivery.number, Some(status), says_ok(answer).await)
        }
        Err(error) => {
            tracing::debug!(webhook.number = delivery.number, fault = %error, "A notification found nobody");
            (delivery.number, None, false)
        }
    }
}

async fn says_ok(mut answer: reqwest::Response) -> bool {
    let mut body = Vec::new();
    while let Ok(Some(part)) = answer.chunk().await {
        body.extend_from_slice(&part);
        if body.len() > ANSWER_BYTES_MAX {
            return false;
        }
    }
    body == b"OK"
}
