//! An owner's way: make an endpoint, test it, be told, rotate the secret, look, replay, delete.

use kit::client::Client;
use kit::receiver::{Behaviour, Receiver};
use kit::scene::Scene;
use kit::wait::until;
use reqwest::Method;
use serde_json::{Value, json};

const EVERYTHING: [&str; 22] = [
    "booking.created",
    "booking.secured",
    "booking.expired",
    "booking.revived",
    "booking.assigned",
    "booking.unassigned",
    "booking.rescheduled",
    "booking.change_accepted",
    "booking.departed",
    "booking.arrival_estimated",
    "booking.arrived",
    "booking.started",
    "booking.completed",
    "booking.no_show",
    "booking.missed",
    "booking.cancelled",
    "payment.started",
    "payment.authorised",
    "payment.captured",
    "payment.failed",
    "payment.cancelled",
    "payment.refunded",
];

/// An endpoint at this receiver, and its secret.
pub async fn endpoint(owner: &Client, receiver: &Receiver) -> (String, String) {
    let body = json!({"url": receiver.url(), "event_types": EVERYTHING});
    let made = owner.post("/webhook-endpoints", body).await.expect(200);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&made["endpoint"]["id"]), text(&made["secret"]))
}

/// Waits until so many messages were taken, and answers their names.
async fn taken(receiver: &Receiver, count: usize) -> Vec<String> {
    until("webhooks to be taken", || async {
        (receiver.taken().len() >= count).then_some(())
    })
    .await;
    let name = |message: &kit::receiver::Message| message.json()["type"].as_str().unwrap().to_owned();
    receiver.taken().iter().map(name).collect()
}

#[tokio::test]
async fn a_clinic_is_told_of_its_own_bookings_and_verifies_who_says_so() {
    let scene = Scene::set().await;
    let (ours, theirs) = (
        Receiver::start(Behaviour::Good).await,
        Receiver::start(Behaviour::Good).await,
    );
    let (id, secret) = endpoint(&scene.clinic.client, &ours).await;
    let another = scene.platform.made_by(&scene.admin, "clinic").await;
    endpoint(&another.client, &theirs).await;
    scene.open_day(2).await;
    let booking = scene.booked_and_paid(scene.scheduled(scene.slot(2, 0))).await;
    scene.cancel(&booking, "0.00").await.expect(200);
    let told = taken(&ours, 7).await;
    for name in [
        "booking.created",
        "booking.secured",
        "booking.assigned",
        "booking.cancelled",
        "payment.authorised",
    ] {
        assert!(told.iter().any(|one| one == name), "{name} in {told:?}");
    }
    for message in ours.taken() {
        assert_eq!(message.signed_with(&secret), 1, "{message:?}");
        assert_eq!(message.booking(), booking);
        for personal in ["Ленина", "example.com", "patient_id", "+7"] {
            assert!(!message.body.contains(personal), "{}", message.body);
        }
    }
    assert!(
        theirs.received().is_empty(),
        "another clinic's bookings are nobody else's"
    );
    let path = format!("/webhook-endpoints/{id}");
    let shown = scene.clinic.client.get(&path).await.expect(200);
    assert_eq!(
        (&shown["state"], &shown["waiting"]),
        (&json!("active"), &json!(0))
    );
    assert!(shown.get("secret").is_none());
    another.client.get(&path).await.expect_problem(404, "not_found");
    scene
        .patient
        .client
        .get(&path)
        .await
        .expect_problem(403, "forbidden");
    scene.finish().await;
}

#[tokio::test]
async fn a_secret_rotates_without_a_message_that_its_receiver_would_refuse() {
    let scene = Scene::set().await;
    let receiver = Receiver::start(Behaviour::Good).await;
    let (id, old) = endpoint(&scene.clinic.client, &receiver).await;
    let client = &scene.clinic.client;
    let (test, rotate) = (
        format!("/webhook-endpoints/{id}/test"),
        format!("/webhook-endpoints/{id}/rotate-secret"),
    );
    client.post(&test, json!({})).await.expect(200);
    assert_eq!(taken(&receiver, 1).await, ["webhook.test"]);
    let drawn = client
        .post_keyed(&rotate, "one-rotation", json!({}))
        .await
        .expect(200);
    let again = client
        .post_keyed(&rotate, "one-rotation", json!({}))
        .await
        .expect(200);
    assert_eq!(drawn["secret"], again["secret"]);
    let new = drawn["secret"].as_str().unwrap();
    assert_ne!(new, old);
    client.post(&test, json!({})).await.expect(200);
    taken(&receiver, 2).await;
    let messages = receiver.taken();
    assert_eq!(
        (messages[0].signed_with(&old), messages[0].signed_with(new)),
        (1, 0)
    );
    assert_eq!(
        (messages[1].signed_with(&old), messages[1].signed_with(new)),
        (1, 1)
    );
    scene.finish().await;
}

#[tokio::test]
async fn an_owner_sees_what_became_of_each_delivery_and_has_it_sent_again() {
    let scene = Scene::set().await;
    let receiver = Receiver::start(Behaviour::Good).await;
    let client = &scene.clinic.client;
    let (id, secret) = endpoint(client, &receiver).await;
    scene.open_day(2).await;
    scene.booked_and_paid(scene.scheduled(scene.slot(2, 0))).await;
    let told = taken(&receiver, 5).await;
    let first: Vec<String> = receiver.taken().into_iter().map(|message| message.id).collect();
    let deliveries = format!("/webhook-endpoints/{id}/deliveries");
    until("all of it to be recorded", || async {
        let page = client
            .get(&format!("{deliveries}?state=waiting"))
            .await
            .expect(200);
        page["items"].as_array().unwrap().is_empty().then_some(())
    })
    .await;
    let page = client.get(&format!("{deliveries}?limit=2")).await.expect(200);
    assert_eq!(page["items"].as_array().unwrap().len(), 2);
    let next = page["next"].as_str().unwrap();
    let rest = client
        .get(&format!("{deliveries}?cursor={next}"))
        .await
        .expect(200);
    assert!(!rest["items"].as_array().unwrap().is_empty());
    let delivery = &page["items"][0];
    assert_eq!(
        (
            &delivery["state"],
            &delivery["http_status"],
            &delivery["attempts"]
        ),
        (&json!("delivered"), &json!(204), &json!(1))
    );
    // One once more, and the log anew: under the ids they had.
    let retry = format!("{deliveries}/{}/retry", delivery["id"].as_str().unwrap());
    client.post(&retry, json!({})).await.expect(200);
    taken(&receiver, told.len() + 1).await;
    assert_eq!(receiver.taken().last().unwrap().id, delivery["id"]);
    let replay = format!("/webhook-endpoints/{id}/replay");
    client
        .post(&replay, json!({"after_position": 0}))
        .await
        .expect(200);
    until("the replay", || async {
        let again: Vec<String> = receiver
            .taken()
            .split_off(told.len() + 1)
            .into_iter()
            .map(|one| one.id)
            .collect();
        first.iter().all(|id| again.contains(id)).then_some(())
    })
    .await;
    assert!(
        receiver
            .taken()
            .iter()
            .all(|message| message.signed_with(&secret) == 1)
    );
    what_cannot_be_replayed_is_refused(client, &replay).await;
    scene.finish().await;
}

async fn what_cannot_be_replayed_is_refused(client: &Client, replay: &str) {
    client
        .post(replay, json!({"after_position": 1_000_000}))
        .await
        .expect_problem(409, "unknown_position");
    for (body, pointer) in [
        (json!({}), "/after_position"),
        (
            json!({"after_position": 1, "from": "2026-12-01T00:00:00Z"}),
            "/from",
        ),
        (json!({"after_position": -1}), "/after_position"),
    ] {
        let refused = client.post(replay, body).await;
        assert_eq!(refused.pointers(), [pointer], "{}", refused.text);
        refused.expect_problem(422, "invalid");
    }
}

#[tokio::test]
async fn an_address_inside_is_refused_and_so_is_what_nobody_is_told_of() {
    let mut platform = kit::platform::Platform::prepare().await;
    platform.unset("TOT_WEBHOOK_LOOPBACK");
    platform.serve(kit::platform::ALL).await;
    let admin = platform.admin().await;
    let ask = |url: &str, types: Value| {
        admin
            .client
            .post("/webhook-endpoints", json!({"url": url, "event_types": types}))
    };
    for (url, code) in [
        ("http://app.example/", "not_https"),
        ("http://127.0.0.1:9/", "not_https"),
        ("https://127.0.0.1/", "not_public"),
        ("https://2130706433/", "not_public"),
        ("https://[::ffff:10.0.0.1]/", "not_public"),
        ("https://169.254.169.254/latest/meta-data/", "not_public"),
        ("https://metadata.google.internal/", "not_public"),
        ("https://me:secret@app.example/", "credentials"),
        ("https://app.example:22/", "port"),
        ("app.example", "not_a_url"),
    ] {
        let refused = ask(url, json!(["booking.created"])).await;
        let problem = refused.expect_problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], "/url", "{url}: {problem}");
        assert_eq!(problem["errors"][0]["code"], code, "{url}");
    }
    for types in [
        json!([]),
        json!(["booking.made"]),
        json!(["booking.created", "booking.created"]),
        json!("all"),
    ] {
        let problem = ask("https://app.example/", types)
            .await
            .expect_problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], "/event_types", "{problem}");
    }
    ask("https://app.example/webhooks", json!(["booking.created"]))
        .await
        .expect(200);
    let strange = admin.client.get("/webhook-endpoints?owner=1").await;
    assert_eq!(strange.pointers(), ["/query/owner"]);
    strange.expect_problem(422, "invalid");
    platform.finish().await;
}

#[tokio::test]
async fn what_is_done_to_an_endpoint_stands_in_the_audit_trail_and_a_deleted_one_is_gone() {
    let scene = Scene::set().await;
    let receiver = Receiver::start(Behaviour::Good).await;
    let client = &scene.clinic.client;
    let (id, _) = endpoint(client, &receiver).await;
    let path = format!("/webhook-endpoints/{id}");
    let off = client
        .send(
            Method::PATCH,
            &path,
            Some(json!({"enabled": false}).to_string()),
            &[],
        )
        .await
        .expect(200);
    assert_eq!(
        (&off["state"], &off["disabled_reason"]),
        (&json!("disabled"), &json!("by_owner"))
    );
    client
        .post(&format!("{path}/test"), json!({}))
        .await
        .expect_problem(409, "webhook_endpoint_disabled");
    // An admin may mend what is a clinic's.
    let on = scene
        .admin
        .client
        .send(
            Method::PATCH,
            &path,
            Some(json!({"enabled": true}).to_string()),
            &[],
        )
        .await
        .expect(200);
    assert_eq!(on["state"], "active");
    let gone = client.send(Method::DELETE, &path, None, &[]).await.expect(200);
    assert_eq!(gone["state"], "deleted");
    client.get(&path).await.expect_problem(404, "not_found");
    let trail = scene
        .admin
        .client
        .get(&format!(
            "/admin/audit-trail?kind=act&account_id={}",
            scene.clinic.id
        ))
        .await
        .expect(200);
    let acts: Vec<&str> = trail["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["what"].as_str().unwrap())
        .collect();
    assert_eq!(
        acts,
        [
            "delete_webhook_endpoint",
            "test_webhook_endpoint",
            "edit_webhook_endpoint",
            "create_webhook_endpoint"
        ]
    );
    scene.finish().await;
}
