//! One time in the history: whatever time a page shows for a fact, the past as of then holds that fact.

use std::collections::BTreeMap;

use kit::client::Client;
use kit::scene::Scene;
use serde_json::Value;

/// A time shown for a fact: by which page, the fact's position, and the time.
type Shown = (&'static str, i64, String);

#[tokio::test]
async fn the_history_as_of_any_time_that_a_page_shows_for_a_fact_holds_that_fact() {
    let scene = Scene::set().await;
    let id = scene.booked_and_paid(scene.scheduled(scene.slot(2, 0))).await;
    let paid = text(&scene.booking(&id).await["payment_id"]);
    scene.cancel(&id, "0.00").await.expect(200);
    scene.platform.drain().await;
    let admin = &scene.admin.client;
    let log = admin.get("/admin/events?limit=200").await.expect(200);
    let mut shown = Vec::new();
    for fact in log["items"].as_array().unwrap() {
        shown.push(("the log", position(fact), text(&fact["recorded_at"])));
        shown.push((
            "the log's metadata",
            position(fact),
            text(&fact["metadata"]["at"]),
        ));
        shown.extend(own_time(&fact["payload"]).map(|at| ("the fact", position(fact), at)));
    }
    let history = admin.get(&format!("/bookings/{id}/history")).await.expect(200);
    for line in history["items"].as_array().unwrap() {
        shown.push(("the history", position(line), text(&line["at"])));
    }
    let told = scene
        .platform
        .tot(&["stream", "show", "booking", &id, "--json"], "")
        .await;
    let facts: Vec<Value> = serde_json::from_str(&told).unwrap();
    for fact in facts {
        shown.push(("the command line", position(&fact), text(&fact["recorded_at"])));
    }
    shown.extend(steps(&scene.booking(&id).await, &history));

    // Which stream each fact is of; those of this booking are asked for again through its history too.
    let streams: BTreeMap<i64, (String, String)> = log["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fact| {
            (
                position(fact),
                (text(&fact["stream_type"]), text(&fact["stream_id"])),
            )
        })
        .collect();
    assert!(shown.len() > 60, "{}", shown.len());
    for (page, position, at) in &shown {
        let (kind, stream) = &streams[position];
        let path = format!("/admin/streams/{kind}/{stream}?as_of={at}");
        assert!(
            holds(admin, &path, *position).await,
            "{page} dates {position} at {at}"
        );
        if *stream == id || *stream == paid {
            let path = format!("/bookings/{id}/history?as_of={at}");
            assert!(
                holds(admin, &path, *position).await,
                "{page} dates {position} at {at}"
            );
        }
    }
    let first = own_time(&log["items"][0]["payload"]).unwrap();
    let (kind, stream) = &streams[&1];
    let before = "2020-01-01T00:00:00Z";
    assert!(first.as_str() > before);
    let path = format!("/admin/streams/{kind}/{stream}?as_of={before}");
    admin.get(&path).await.expect_problem(404, "not_found");
    scene.finish().await;
}

/// The times a booking's own page shows for the steps it has gone through.
fn steps(booking: &Value, history: &Value) -> Vec<Shown> {
    let of = |what: &str| {
        let items = history["items"].as_array().unwrap();
        position(items.iter().find(|line| line["what"] == what).unwrap())
    };
    let steps = &booking["steps"];
    vec![
        (
            "the booking",
            of("BookingRequested"),
            text(&booking["created_at"]),
        ),
        ("the booking", of("BookingSecured"), text(&steps["secured_at"])),
        ("the booking", of("BookingAssigned"), text(&steps["assigned_at"])),
        (
            "the booking",
            of("BookingCancelled"),
            text(&steps["cancelled_at"]),
        ),
    ]
}

async fn holds(admin: &Client, path: &str, wanted: i64) -> bool {
    let answer = admin.get(path).await;
    if answer.status == 404 {
        return false;
    }
    let facts = answer.expect(200);
    let items = facts["items"].as_array().unwrap();
    items.iter().any(|fact| position(fact) == wanted)
}

/// When the fact says it was decided.
fn own_time(payload: &Value) -> Option<String> {
    let members = payload.as_object()?.values().next()?;
    members["at"].as_str().map(str::to_owned)
}

fn position(fact: &Value) -> i64 {
    fact["position"].as_i64().unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
