//! Watching live: the log as server-sent events; whoever comes back misses nothing.

use std::time::Duration;

use futures::StreamExt;
use kit::client::Client;
use kit::scene::Scene;
use reqwest::Method;

/// How long an event may take.
const EVENT_PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_booking_is_watched_live_and_a_reconnect_misses_nothing() {
    let scene = Scene::set().await;
    let booking = scene
        .patient
        .client
        .post("/bookings", Scene::urgent())
        .await
        .expect(200);
    let (id, position) = (
        booking["id"].as_str().unwrap(),
        booking["position"].as_i64().unwrap(),
    );
    let path = format!("/api/v1/bookings/{id}/events");
    let mut watched = Watched::open(&scene.patient.client, &path, Some(position)).await;
    scene.pay(id).await.expect(200);
    let seen = watched.until("BookingSecured").await;
    assert!(seen.is_sorted_by(|one, other| one.0 < other.0), "{seen:?}");
    drop(watched);
    // While nobody watches.
    scene.cancel(id, "0.00").await.expect(200);
    scene.platform.drain().await;
    let mut watched = Watched::open(&scene.patient.client, &path, seen.last().map(|event| event.0)).await;
    let missed = watched.until("PaymentCancelled").await;
    assert!(
        missed.iter().any(|(_, what)| what == "BookingCancelled"),
        "{missed:?}"
    );
    assert!(missed[0].0 > seen.last().unwrap().0, "nothing comes twice");
    drop(watched);
    scene.finish().await;
}

#[tokio::test]
async fn an_admin_watches_the_whole_log_in_order() {
    let scene = Scene::set().await;
    let mut watched = Watched::open(&scene.admin.client, "/api/v1/admin/events/live", Some(0)).await;
    let id = scene.booked_and_paid(Scene::urgent()).await;
    scene.cancel(&id, "0.00").await.expect(200);
    let seen = watched.until("WalletVoided").await;
    let positions: Vec<i64> = seen.iter().map(|(position, _)| *position).collect();
    assert_eq!(
        positions,
        (1..=i64::try_from(positions.len()).unwrap()).collect::<Vec<_>>(),
        "dense from 1"
    );
    drop(watched);
    scene.finish().await;
}

#[tokio::test]
async fn a_watcher_does_not_keep_the_platform_from_stopping() {
    let scene = Scene::set().await;
    let _watched = Watched::open(&scene.admin.client, "/api/v1/admin/events/live", Some(0)).await;
    scene.finish().await;
}

/// An open stream of events.
struct Watched {
    bytes: futures::stream::BoxStream<'static, reqwest::Result<Vec<u8>>>,
    text: String,
}

impl Watched {
    async fn open(client: &Client, path: &str, last_seen: Option<i64>) -> Self {
        let last_seen = last_seen.unwrap_or(0).to_string();
        let headers = [("Last-Event-ID", last_seen.as_str())];
        let response = client
            .request(Method::GET, path, None, &headers)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        let kind = response.headers()["content-type"].to_str().unwrap();
        assert!(kind.starts_with("text/event-stream"), "{kind}");
        let bytes = futures::stream::unfold(response, |mut response| async move {
            let chunk = response.chunk().await.transpose()?;
            Some((chunk.map(|bytes| bytes.to_vec()), response))
        });
        Self {
            bytes: bytes.boxed(),
            text: String::new(),
        }
    }

    /// The events that come, up to the first of this type: position and type.
    async fn until(&mut self, what: &str) -> Vec<(i64, String)> {
        let mut seen = Vec::new();
        loop {
            while let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    event
                        .lines()
                        .find_map(|line| line.strip_prefix(name))
                        .map(str::trim)
                };
                if let (Some(id), Some(kind)) = (field("id:"), field("event:")) {
                    seen.push((id.parse().unwrap(), kind.to_owned()));
                }
                self.text = rest.to_owned();
                if seen.last().is_some_and(|(_, kind)| kind == what) {
                    return seen;
                }
            }
            let next = tokio::time::timeout(EVENT_PATIENCE, self.bytes.next()).await;
            let bytes = next
                .unwrap_or_else(|_| panic!("no {what} came, only {seen:?}"))
                .expect("an open stream")
                .unwrap();
            self.text.push_str(std::str::from_utf8(&bytes).unwrap());
        }
    }
}
