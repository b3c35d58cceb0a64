//! Everybody's own stream goes on behind the last event seen, whatever died meanwhile and whichever process answers; what is too long ago
//! is answered by the state.

use kit::client::Client;
use kit::event_stream::{EventStream, StreamEvent};
use kit::platform::Platform;
use kit::scene::Scene;
use kit::wait::until;
use serde_json::{Value, json};

use super::own_events::{OWN, bookings, own};

/// More facts than a process remembers from before its start.
const FORGOTTEN_AFTER: i64 = 5_000;

async fn requested(scene: &Scene) -> String {
    let mut request = Scene::urgent();
    request["allow_overlap"] = true.into();
    let booking = scene.patient.client.post("/bookings", request).await.expect(200);
    booking["id"].as_str().unwrap().to_owned()
}

/// A split platform, so that its read models can die and its API can be doubled.
#[tokio::test]
async fn whoever_comes_back_misses_nothing_whatever_died_meanwhile_and_whoever_answers() {
    let mut scene = Scene::on(Platform::start_split().await).await;
    let mut stream = own(&scene.patient, None).await;
    let since = stream.next().await.id;
    let mut expected = Vec::new();
    for _ in 0..2 {
        let id = requested(&scene).await;
        expected.extend(stream.until_fact("BookingRequested").await);
        scene.cancel(&id, "0.00").await.expect(200);
        expected.extend(stream.until_fact("BookingCancelled").await);
    }
    drop(stream);
    // While nobody watches, and nothing is projected.
    scene.platform.take("workers").kill().await;
    let id = requested(&scene).await;
    let refused = EventStream::refused(&scene.patient.client, OWN, None).await;
    assert_ne!(refused.header("retry-after"), "");
    refused.expect_problem(503, "not_fresh");
    let middle = expected[1].id;
    let mut stream = own(&scene.patient, Some(middle)).await;
    let missed = stream
        .until(|event| event.data["booking_id"] == id.as_str())
        .await;
    assert_eq!(
        missed[..missed.len() - 1],
        expected[2..],
        "behind the last event seen, once, in order"
    );
    expected.extend(missed.last().cloned());
    drop(stream);

    scene.platform.kill_and_restart("api").await;
    assert_eq!(
        told(&scene.patient.client, OWN, Some(since), expected.len()).await,
        expected
    );
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let first_port = scene.platform.variable("TOT_LISTEN").to_owned();
    scene.platform.set("TOT_LISTEN", &port.to_string());
    let second = scene.platform.spawn("api").await;
    scene.platform.set("TOT_LISTEN", &first_port);
    let there = Client::anonymous(&format!("http://{port}")).with_token(scene.patient.client.token());
    let mut elsewhere = EventStream::open(&there, &format!("{OWN}?last_event_id={since}"), None).await;
    for event in &expected {
        assert_eq!(elsewhere.next().await, *event);
    }
    // What one process appends the other tells.
    scene.cancel(&id, "0.00").await.expect(200);
    let last = elsewhere.next().await;
    assert_eq!(
        (&last.data["type"], &last.data["status"]),
        (&json!("BookingCancelled"), &json!("cancelled"))
    );
    scene.platform.serve("workers").await;
    drop(elsewhere);
    second.stop().await;
    scene.finish().await;
}

/// The first so many events.
async fn told(client: &Client, path: &str, last_seen: Option<i64>, count: usize) -> Vec<StreamEvent> {
    let mut stream = EventStream::open(client, path, last_seen).await;
    let mut seen = Vec::new();
    while seen.len() < count {
        seen.push(stream.next().await);
    }
    seen
}

#[tokio::test]
async fn what_is_too_long_ago_is_answered_by_the_state_and_never_by_a_gap() {
    let mut scene = Scene::set().await;
    let id = requested(&scene).await;
    let mut stream = own(&scene.patient, None).await;
    let since = stream.next().await.id;
    drop(stream);
    let over = requested(&scene).await;
    scene.cancel(&over, "0.00").await.expect(200);
    scene.platform.take(kit::platform::ALL).stop().await;
    much_else_happens(&scene.platform).await;
    scene.platform.serve(kit::platform::ALL).await;
    let state = until("a state", || async {
        // Read models that are catching up are not fresh yet.
        let response = EventStream::ask(&scene.patient.client, OWN, Some(since)).await;
        (response.status() == 200).then_some(())
    });
    state.await;
    let mut stream = own(&scene.patient, Some(since)).await;
    let first = stream.next().await;
    let open: Vec<Value> = bookings(&first, "too_far_behind");
    assert_eq!(
        open.iter().map(|booking| &booking["id"]).collect::<Vec<_>>(),
        [&json!(id)]
    );
    scene.cancel(&id, "0.00").await.expect(200);
    assert_eq!(
        stream.next().await.data["type"],
        "BookingCancelled",
        "and goes on from there"
    );
    // Beyond the end of the log there is nothing to go on from.
    let beyond = EventStream::refused(&scene.patient.client, OWN, Some(10_000_000)).await;
    beyond.expect_problem(409, "unknown_position");
    drop(stream);
    scene.platform.stop().await;
}

/// Facts that concern nobody here.
async fn much_else_happens(platform: &Platform) {
    let pool = kit::database::pool(platform.owner_url()).await;
    sqlx::query(
        "insert into events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata,
                             position, shard, partition_key, recorded_at, command_id)
         select 'account', of.id, 1, 'DoctorVerified', '1', '{\"DoctorVerified\":{\"by\":\"process\",\"at\":\"2026-12-01T09:00:00Z\"}}', '{}',
                head.position + of.n, 0, of.id, clock_timestamp(), gen_random_uuid()
         from (select n, gen_random_uuid()::text as id from generate_series(1, $1) n) of,
              (select max(position) as position from events) head",
    )
    .bind(FORGOTTEN_AFTER)
    .execute(&pool)
    .await
    .unwrap();
    pool.close().await;
}
