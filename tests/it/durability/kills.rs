//! Kill -9 of everything, at any moment, under load: twenty-four times, with two processes of each role.

use std::time::{Duration, Instant};

use kit::load::Load;
use kit::platform::Platform;
use kit::wait::until;
use reqwest::Method;
use serde_json::{Value, json};

/// Patients who go on through all of it.
const PATIENTS: usize = 6;
/// Acknowledged commands before each kill: enough to be in the middle of something.
const BETWEEN: u64 = 25;

#[tokio::test]
async fn kill_nine_of_an_api_process_loses_nothing_and_repeats_nothing() {
    let mut platform = Platform::start_doubled().await;
    let admin = platform.admin().await;
    let load = Load::start(&platform, &admin, PATIENTS).await;
    for _ in 0..8 {
        load.goes_on(BETWEEN).await;
        platform.kill_and_restart("api").await;
    }
    load.goes_on(BETWEEN).await;
    let ended = load.end(&platform).await;
    assert!(ended.repeats >= 8, "every kill was felt: {ended:?}");
    platform.rebuilt_equals_live().await;
    platform.finish().await;
}

#[tokio::test]
async fn kill_nine_of_a_relay_workers_or_intents_process_loses_nothing_and_repeats_nothing() {
    let mut platform = Platform::start_doubled().await;
    let admin = platform.admin().await;
    let load = Load::start(&platform, &admin, PATIENTS).await;
    for round in 0..3 {
        for role in ["relay", "workers", "intents"] {
            load.goes_on(BETWEEN).await;
            platform.take(role).kill().await;
            // Commands never wait for what stands behind them.
            load.goes_on(BETWEEN * (round % 2)).await;
            platform.serve(role).await;
        }
    }
    load.goes_on(BETWEEN).await;
    load.end(&platform).await;
    platform.rebuilt_equals_live().await;
    platform.finish().await;
}

#[tokio::test]
async fn kill_nine_of_postgres_and_nats_loses_nothing_and_repeats_nothing() {
    let platform = Platform::start_doubled().await;
    let stack = platform.stack();
    let admin = platform.admin().await;
    let load = Load::start(&platform, &admin, PATIENTS).await;
    for _ in 0..4 {
        for server in [stack.postgres(), stack.nats()] {
            load.goes_on(BETWEEN).await;
            server.kill().unwrap();
            if std::ptr::eq(server, stack.postgres()) {
                // Short outages are bridged inside; this one lasts until somebody outside feels it.
                until("the outage to be felt", || async {
                    (admin.client.get("/admin/events").await.status == 503).then_some(())
                })
                .await;
            }
            server.restart().await.unwrap();
        }
    }
    load.goes_on(BETWEEN).await;
    load.end(&platform).await;
    platform.rebuilt_equals_live().await;
    platform.finish().await;
}

/// How long the platform may take to show what happened, once what was killed is back.
const WORKERS_BACK_MAX: Duration = Duration::from_secs(1);
/// The same to react to it.
const POSTGRES_BACK_MAX: Duration = Duration::from_secs(3);

#[tokio::test]
async fn kill_nine_of_the_only_workers_leaves_reads_stale_for_a_second_at_most() {
    let mut platform = Platform::start_split().await;
    let patient = platform.patient().await;
    for _ in 0..3 {
        platform.kill_and_restart("workers").await;
        let back = Instant::now();
        let request = json!({"call_type": "urgent", "amount": "1500.00", "address": "ул. Ленина, 1"});
        let booked = patient.client.post("/bookings", request).await.expect(200);
        let path = format!("/bookings/{}", booked["id"].as_str().unwrap());
        let position = booked["position"].to_string();
        let insisted = [("Read-After", position.as_str())];
        let read = patient.client.send(Method::GET, &path, None, &insisted).await;
        let stale = back.elapsed();
        read.expect(200);
        assert!(stale <= WORKERS_BACK_MAX, "stale for {stale:?}");
    }
    platform.finish().await;
}

#[tokio::test]
async fn without_workers_what_was_just_booked_is_not_fresh_rather_than_not_found() {
    let mut platform = Platform::start_split().await;
    let patient = platform.patient().await;
    platform.take("workers").kill().await;
    let request = json!({"call_type": "urgent", "amount": "1500.00", "address": "ул. Ленина, 1"});
    let booked = patient.client.post("/bookings", request).await.expect(200);
    let path = format!("/bookings/{}", booked["id"].as_str().unwrap());
    for path in [path.clone(), format!("{path}/events")] {
        let behind = patient.client.get(&path).await;
        behind.expect_problem(503, "not_fresh");
    }
    platform.serve("workers").await;
    let position = booked["position"].as_i64().unwrap();
    patient.client.get_after(&path, position).await.expect(200);
    platform.finish().await;
}

#[tokio::test]
async fn kill_nine_of_postgres_is_followed_by_the_first_reaction_within_three_seconds() {
    let platform = Platform::start_split().await;
    let stack = platform.stack();
    let admin = platform.admin().await;
    let patient = platform.patient().await;
    platform.credit(&admin, &patient, "100000.00").await;
    for _ in 0..3 {
        let request = json!({"call_type": "urgent", "amount": "1500.00", "address": "ул. Ленина, 1"});
        let booked = patient.client.post("/bookings", request).await.expect(200);
        platform.drain().await;
        stack.postgres().kill().unwrap();
        stack.postgres().restart().await.unwrap();
        let back = Instant::now();
        let request = json!({"booking_id": booked["id"], "payment_method": "wallet", "allow_overlap": true});
        let key = format!("{:032x}", rand::random::<u128>());
        let (paid, _) = patient.client.insist("/payments", &key, request).await;
        paid.expect(200);
        let path = format!("/bookings/{}/history", booked["id"].as_str().unwrap());
        until("the booking to be secured", || async {
            let history = patient.client.get(&path).await;
            let items = (history.status == 200).then(|| history.expect(200)["items"].clone())?;
            let secured = |fact: &Value| fact["what"] == "BookingSecured";
            items.as_array()?.iter().any(secured).then_some(())
        })
        .await;
        let reacted = back.elapsed();
        assert!(reacted <= POSTGRES_BACK_MAX, "reacted after {reacted:?}");
    }
    platform.finish().await;
}
