//! The courier: one task that lets time act on the world and carries notifications out.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Client;
use reqwest::redirect::Policy;
use tokio::task::JoinSet;

use crate::desk::Desk;

/// How many notifications are under way at once.
const UNDER_WAY_MAX: usize = 64;
/// T-Bank's page: an answer counts within ten seconds. YooKassa's says nothing; the same is used.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// The longest sleep between two looks at the agenda.
const NAP_MAX: Duration = Duration::from_secs(60);
/// More of an answer is not read: only `OK` matters.
const ANSWER_BYTES_MAX: usize = 1_024;

/// One notification to carry out.
#[derive(Debug)]
pub struct Parcel {
    /// The delivery's number.
    pub number: usize,
    /// Where it goes.
    pub url: String,
    /// From which address.
    pub source: Option<IpAddr>,
    /// What it says.
    pub body: String,
}

/// Works until the desk closes.
pub async fn work(desk: Arc<Desk>) {
    let mut clients = HashMap::new();
    let mut under_way = JoinSet::new();
    loop {
        let (parcels, pause) = desk.parcels(UNDER_WAY_MAX - under_way.len());
        for parcel in parcels {
            let client = client_from(&mut clients, parcel.source);
            under_way.spawn(carry(client, parcel));
        }
        tokio::select! {
            () = desk.closing() => break,
            Some(ended) = under_way.join_next(), if !under_way.is_empty() => {
                if let Ok((number, status, said_ok)) = ended {
                    desk.with(|world| world.delivery_ended(number, status, said_ok));
                }
            }
            () = desk.something_to_do() => {}
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

async fn carry(client: Client, parcel: Parcel) -> (usize, Option<u16>, bool) {
    let sent = client
        .post(&parcel.url)
        .header("content-type", "application/json")
        .body(parcel.body)
        .send()
        .await;
    match sent {
        Ok(answer) => {
            let status = answer.status().as_u16();
            (parcel.number, Some(status), says_ok(answer).await)
        }
        Err(fault) => {
            tracing::debug!(webhook.number = parcel.number, %fault, "A notification found nobody");
            (parcel.number, None, false)
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
