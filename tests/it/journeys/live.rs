//! Watching live: the log as server-sent events; whoever comes back misses nothing, whoever may no more sees no more.

use std::time::{Duration, Instant};

use futures::StreamExt;
use kit::client::{ApiResponse, Client};
use kit::scene::Scene;
use kit::wait::until;
use reqwest::Method;
use serde_json::json;

/// How long an event may take.
const EVENT_PATIENCE: Duration = Duration::from_secs(20);
/// How soon a stream ends once its watcher may no more watch.
const ENDS_WITHIN: Duration = Duration::from_secs(2);
/// How many streams one account may have open.
const STREAMS_PER_ACCOUNT: usize = 10;

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

#[tokio::test]
async fn a_stream_ends_with_the_session_whichever_process_ended_it() {
    let scene = Scene::set().await;
    let mut watched = Watched::open(&scene.admin.client, "/api/v1/admin/events/live", Some(0)).await;
    scene
        .admin
        .client
        .post("/auth/logout", json!({}))
        .await
        .expect(200);
    watched.ends().await;

    let booking = scene
        .patient
        .client
        .post("/bookings", Scene::urgent())
        .await
        .expect(200);
    let path = format!("/api/v1/bookings/{}/events", booking["id"].as_str().unwrap());
    let mut watched = Watched::open(&scene.patient.client, &path, None).await;
    // What another process leaves behind when the patient signs out there.
    let pool = scene.platform.pool().await;
    sqlx::query(
        "update identity.sessions set revoked_at = clock_timestamp(), revoked_reason = 'logout' \
         where account_id = $1::uuid and revoked_at is null",
    )
    .bind(&scene.patient.id)
    .execute(&pool)
    .await
    .unwrap();
    pool.close().await;
    watched.ends().await;
    scene.finish().await;
}

#[tokio::test]
async fn a_doctor_taken_off_is_shown_nothing_more_not_even_that() {
    let scene = Scene::set().await;
    let id = scene.booked_and_paid(Scene::urgent()).await;
    scene.assign(&id).await.expect(200);
    let path = format!("/api/v1/bookings/{id}/events");
    // The doctor's relation comes from a read model that may be a moment behind.
    scene.platform.drain().await;
    let mut patients = Watched::open(&scene.patient.client, &path, Some(0)).await;
    let mut doctors = Watched::open(&scene.doctor.client, &path, Some(0)).await;
    doctors.until("BookingAssigned").await;
    scene.act(&scene.admin.client, &id, "unassign").await.expect(200);
    let seen = doctors.ends().await;
    assert!(seen.is_empty(), "{seen:?}");
    patients.until("BookingUnassigned").await;
    let again = Watched::ask(&scene.doctor.client, &path, Some(0)).await;
    answer_of(again).await.expect_problem(404, "not_found");
    drop(patients);
    scene.finish().await;
}

#[tokio::test]
async fn an_account_has_ten_streams_open_and_takes_no_place_from_others() {
    let scene = Scene::set().await;
    let id = scene.booked_and_paid(Scene::urgent()).await;
    let path = format!("/api/v1/bookings/{id}/events");
    let mut open = Vec::new();
    for _ in 0..STREAMS_PER_ACCOUNT {
        open.push(Watched::open(&scene.patient.client, &path, None).await);
    }
    let refused = answer_of(Watched::ask(&scene.patient.client, &path, None).await).await;
    assert_ne!(refused.header("retry-after"), "", "{}", refused.text);
    refused.expect_problem(429, "too_many_streams");
    open.push(Watched::open(&scene.admin.client, &path, None).await);
    // Whoever leaves makes room.
    open.remove(0);
    until("a place to be free", || async {
        let again = Watched::ask(&scene.patient.client, &path, None).await;
        (again.status() == 200).then_some(())
    })
    .await;
    drop(open);
    scene.finish().await;
}

/// A refusal, read to its end.
async fn answer_of(response: reqwest::Response) -> ApiResponse {
    let (status, headers) = (response.status(), response.headers().clone());
    assert_ne!(status, 200, "a stream has no end to read to");
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap();
    ApiResponse {
        status,
        headers,
        body,
        text,
    }
}

/// An open stream of events.
struct Watched {
    bytes: futures::stream::BoxStream<'static, reqwest::Result<Vec<u8>>>,
    text: String,
}

impl Watched {
    async fn ask(client: &Client, path: &str, last_seen: Option<i64>) -> reqwest::Response {
        let last_seen = last_seen.unwrap_or(0).to_string();
        let headers = [("Last-Event-ID", last_seen.as_str())];
        client
            .request(Method::GET, path, None, &headers)
            .send()
            .await
            .unwrap()
    }

    async fn open(client: &Client, path: &str, last_seen: Option<i64>) -> Self {
        let response = Self::ask(client, path, last_seen).await;
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
            while let Some(event) = self.next_complete() {
                seen.push(event);
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

    /// The events that still come before the stream ends, as it must now.
    async fn ends(&mut self) -> Vec<(i64, String)> {
        let deadline = Instant::now() + ENDS_WITHIN;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let next = tokio::time::timeout(left, self.bytes.next()).await;
            match next.expect("the stream to end in time") {
                Some(bytes) => self.text.push_str(std::str::from_utf8(&bytes.unwrap()).unwrap()),
                None => return std::iter::from_fn(|| self.next_complete()).collect(),
            }
        }
    }

    /// The next event that has come whole: position and type. Signs of life are none.
    fn next_complete(&mut self) -> Option<(i64, String)> {
        while let Some((event, rest)) = self.text.split_once("\n\n") {
            let field = |name: &str| {
                event
                    .lines()
                    .find_map(|line| line.strip_prefix(name))
                    .map(str::trim)
            };
            let found = field("id:").zip(field("event:"));
            let found = found.map(|(id, kind)| (id.parse().unwrap(), kind.to_owned()));
            self.text = rest.to_owned();
            if found.is_some() {
                return found;
            }
        }
        None
    }
}
