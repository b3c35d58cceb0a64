//! What those see who run the platform: the log, its read models, intents, by HTTP and by command line.

use kit::database;
use kit::scene::Scene;
use kit::wait::until;
use serde_json::{Value, json};

#[tokio::test]
async fn the_log_is_read_page_by_page_and_stream_by_stream() {
    let scene = Scene::set().await;
    let id = scene.booked_and_paid(Scene::urgent()).await;
    scene.platform.drain().await;
    let (mut read, mut after) = (Vec::new(), 0);
    loop {
        let page = scene
            .admin
            .client
            .get(&format!("/admin/events?after={after}&limit=3"))
            .await
            .expect(200);
        read.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|fact| fact["position"].as_i64().unwrap()),
        );
        let Some(next) = page["next"].as_str() else {
            assert_eq!(page["head"].as_i64(), read.last().copied());
            break;
        };
        after = next.parse::<i64>().unwrap();
    }
    assert_eq!(read, (1..=i64::try_from(read.len()).unwrap()).collect::<Vec<_>>());

    let path = format!("/admin/streams/booking/{id}");
    let stream = scene.admin.client.get(&path).await.expect(200);
    let types: Vec<&str> = stream["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fact| fact["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        types,
        ["BookingRequested", "BookingPaymentStarted", "BookingSecured"]
    );
    let first = scene
        .admin
        .client
        .get(&format!("{path}?as_of=1"))
        .await
        .expect(200);
    assert_eq!(first["items"].as_array().unwrap().len(), 1);
    let secured = &stream["items"][2];
    assert_eq!(secured["metadata"]["actor_role"], "process");
    let cause: i64 = secured["metadata"]["causation"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!(cause < secured["position"].as_i64().unwrap(), "{secured}");

    let shown = scene
        .platform
        .tot(&["stream", "show", "booking", &id, "--json"], "")
        .await;
    assert_eq!(shown.matches("\"BookingSecured\"").count().min(1), 1, "{shown}");
    let shown = scene
        .platform
        .tot(&["stream", "show", "booking", &id, "--as-of", "1", "--json"], "")
        .await;
    assert!(
        shown.contains("BookingRequested") && !shown.contains("BookingSecured"),
        "{shown}"
    );
    scene.finish().await;
}

#[tokio::test]
async fn read_models_are_shown_rebuilt_and_flipped() {
    let scene = Scene::set().await;
    let id = scene.booked_and_paid(scene.scheduled(scene.slot(2, 0))).await;
    scene.cancel(&id, "0.00").await.expect(200);
    scene.booked_and_paid(Scene::urgent()).await;
    scene.platform.drain().await;
    let pool = scene.platform.pool().await;
    let models = database::models(&pool).await;
    let shown = scene.admin.client.get("/admin/projections").await.expect(200);
    assert_eq!(shown["items"].as_array().unwrap().len(), models.len(), "{shown}");
    let mut filled = Vec::new();
    for model in &models {
        let before = database::live_generation(&pool, model).await;
        scene
            .admin
            .client
            .post(&format!("/admin/projections/{model}/rebuild"), json!({}))
            .await
            .expect(200);
        let after = until("the flip", || async {
            let now = database::live_generation(&pool, model).await;
            (now != before).then_some(now)
        })
        .await;
        if database::rows(&pool, model, after).await > 0 {
            filled.push(model.as_str());
        }
        database::same_rows(&pool, model, before, after).await;
    }
    // No provider and no payout has a part in this scene.
    for touched in ["bookings", "open_slots", "payment_ledger"] {
        assert!(filled.contains(&touched), "{touched} has no rows: {filled:?}");
    }
    assert_eq!(scene.booking(&id).await["status"], "cancelled");
    let listed = scene.platform.tot(&["projections", "list", "--json"], "").await;
    for model in &models {
        assert!(listed.contains(model.as_str()), "{listed}");
    }
    scene
        .admin
        .client
        .post("/admin/projections/nothing/rebuild", json!({}))
        .await
        .expect_problem(404, "not_found");
    scene.finish().await;
}

#[tokio::test]
async fn intents_are_listed_with_what_they_wait_for() {
    let scene = Scene::set().await;
    let booking = scene
        .patient
        .client
        .post("/bookings", Scene::urgent())
        .await
        .expect(200);
    let id = booking["id"].as_str().unwrap();
    let open = until("the intent to expire the booking", || async {
        let path = format!("/admin/intents?state=open&partition_key={id}");
        let intents = scene.admin.client.get(&path).await.expect(200);
        intents["items"].as_array().unwrap().first().cloned()
    })
    .await;
    let pay_by: jiff::Timestamp = booking["pay_by"].as_str().unwrap().parse().unwrap();
    let due: jiff::Timestamp = open["due_at"].as_str().unwrap().parse().unwrap();
    let apart = due.duration_since(pay_by).abs();
    assert!(
        apart < jiff::SignedDuration::from_micros(1),
        "the database keeps microseconds: {open} {pay_by}"
    );
    let listed = scene.platform.tot(&["intents", "list", "--json"], "").await;
    assert!(listed.contains(open["id"].as_str().unwrap()), "{listed}");
    scene.finish().await;
}

#[tokio::test]
async fn an_intent_that_is_given_up_leaves_a_fact() {
    let scene = Scene::set().await;
    let booking = scene
        .patient
        .client
        .post("/bookings", Scene::urgent())
        .await
        .expect(200);
    let id = booking["id"].as_str().unwrap();
    let path = format!("/admin/intents?state=all&partition_key={id}");
    let intent: Value = until("the intent", || async {
        scene.admin.client.get(&path).await.expect(200)["items"]
            .as_array()
            .unwrap()
            .first()
            .cloned()
    })
    .await;
    let give_up = format!("/admin/intents/{}/give-up", intent["id"].as_str().unwrap());
    scene
        .admin
        .client
        .post(&give_up, json!({"reason": "obsolete"}))
        .await
        .expect(200);
    let scene = scene.later(16 * 60).await;
    scene.platform.drain().await;
    assert_eq!(scene.booking(id).await["status"], "pending", "nobody expired it");
    let history = scene
        .admin
        .client
        .get(&format!("/bookings/{id}/history"))
        .await
        .expect(200);
    assert!(
        kit::scene::types_of(&history).contains(&"BookingReactionGivenUp"),
        "{history}"
    );
    scene.finish().await;
}
