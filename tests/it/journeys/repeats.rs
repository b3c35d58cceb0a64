//! The same command twice, or a thousand times, is one command.

use futures::future::join_all;
use kit::database;
use kit::scene::Scene;
use serde_json::json;

/// How many send the same command at the same time.
const REPEATS: usize = 1_000;

#[tokio::test]
async fn a_thousand_identical_commands_are_one() {
    let scene = Scene::set().await;
    let asked = (0..REPEATS).map(|_| {
        scene
            .patient
            .client
            .post_keyed("/bookings", "one-wish", Scene::urgent())
    });
    let answers: Vec<_> = join_all(asked).await.into_iter().collect();
    let fresh = answers
        .iter()
        .filter(|answer| answer.header("idempotent-replayed") != "true")
        .count();
    assert_eq!(fresh, 1, "exactly one was not a repeat");
    let bodies: Vec<_> = answers.into_iter().map(|answer| answer.expect(200)).collect();
    assert!(
        bodies.iter().all(|body| body == &bodies[0]),
        "all were answered alike"
    );
    let pool = scene.platform.pool().await;
    let facts = database::facts(&pool).await;
    assert_eq!(
        facts
            .iter()
            .filter(|fact| fact.event_type == "BookingRequested")
            .count(),
        1
    );
    let kept: i64 = sqlx::query_scalar("select count(*) from identity.vault")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(kept, 1, "the address is kept once");
    scene.finish().await;
}

#[tokio::test]
async fn a_repeat_long_after_is_answered_as_the_first_time() {
    let scene = Scene::set().await;
    let first = scene
        .patient
        .client
        .post_keyed("/bookings", "k", Scene::urgent())
        .await
        .expect(200);
    let id = first["id"].as_str().unwrap();
    scene.pay(id).await.expect(200);
    scene.cancel(id, "0.00").await.expect(200);
    scene.platform.drain().await;
    let again = scene
        .patient
        .client
        .post_keyed("/bookings", "k", Scene::urgent())
        .await;
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(again.expect(200), first, "also when the booking has lived on");
    scene.finish().await;
}

#[tokio::test]
async fn the_same_key_for_another_request_or_another_path_is_refused() {
    let scene = Scene::set().await;
    let booking = scene
        .patient
        .client
        .post_keyed("/bookings", "k", Scene::urgent())
        .await
        .expect(200);
    let mut other = Scene::urgent();
    other["address"] = json!("ул. Пушкина, 2");
    let again = scene.patient.client.post_keyed("/bookings", "k", other).await;
    again.expect_problem(422, "idempotency_key_reused");
    let request = json!({"booking_id": booking["id"], "payment_method": "wallet"});
    scene
        .patient
        .client
        .post_keyed("/payments", "k", request)
        .await
        .expect_problem(422, "idempotency_key_reused");
    // The order of fields is not content, and neither is how the amount is written.
    let reordered = r#"{"address":"ул. Ленина, 1","amount":1500.0,"call_type":"urgent"}"#;
    let headers = [("Idempotency-Key", "k")];
    let again = scene
        .patient
        .client
        .send(
            reqwest::Method::POST,
            "/bookings",
            Some(reordered.to_owned()),
            &headers,
        )
        .await;
    assert_eq!(again.expect(200)["id"], booking["id"]);
    scene.finish().await;
}

#[tokio::test]
async fn the_same_key_of_another_person_is_another_command() {
    let scene = Scene::set().await;
    let other = scene.platform.patient().await;
    let first = scene
        .patient
        .client
        .post_keyed("/bookings", "k", Scene::urgent())
        .await
        .expect(200);
    let second = other
        .client
        .post_keyed("/bookings", "k", Scene::urgent())
        .await
        .expect(200);
    assert_ne!(first["id"], second["id"]);
    scene.finish().await;
}

#[tokio::test]
async fn a_refusal_leaves_no_trace_of_its_key() {
    let scene = Scene::set().await;
    let poor = scene.platform.patient().await;
    let booking = poor.client.post("/bookings", Scene::urgent()).await.expect(200);
    let request = json!({"booking_id": booking["id"], "payment_method": "wallet"});
    poor.client
        .post_keyed("/payments", "p", request.clone())
        .await
        .expect_problem(409, "insufficient_funds");
    scene.platform.credit(&scene.admin, &poor, "1500.00").await;
    // Decided anew, since nothing happened the first time.
    poor.client
        .post_keyed("/payments", "p", request)
        .await
        .expect(200);
    scene.finish().await;
}
