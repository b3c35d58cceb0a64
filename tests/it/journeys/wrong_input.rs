//! What people do wrong, and the clear answer they get.

use kit::scene::Scene;
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn wrong_requests_are_told_what_is_wrong() {
    let scene = Scene::set().await;
    let client = &scene.patient.client;
    let post = |body: &str| client.send(Method::POST, "/bookings", Some(body.to_owned()), &[]);

    post("{\"call_type\":")
        .await
        .expect_problem(400, "malformed_json");
    let too_big = format!("{{\"notes\":\"{}\"}}", "x".repeat(70_000));
    post(&too_big).await.expect_problem(413, "body_too_large");
    let unknown =
        json!({"call_type": "urgent", "amount": "1500.00", "address": "ул. Ленина, 1", "colour": "red"});
    let answer = client.post("/bookings", unknown).await;
    assert_eq!(answer.pointers(), ["/colour"]);
    answer.expect_problem(422, "invalid");
    let wrong_types = json!({"call_type": 7, "amount": "a lot", "address": ["x"], "latitude": 900});
    let answer = client.post("/bookings", wrong_types).await;
    assert_eq!(
        answer.pointers(),
        ["/address", "/amount", "/call_type", "/latitude"]
    );
    let too_precise = json!({"call_type": "urgent", "amount": "1500.001", "address": "ул. Ленина, 1"});
    assert_eq!(
        client.post("/bookings", too_precise).await.pointers(),
        ["/amount"]
    );
    let wrong_price = json!({"call_type": "urgent", "amount": "1.00", "address": "ул. Ленина, 1"});
    let problem = client
        .post("/bookings", wrong_price)
        .await
        .expect_problem(409, "price_changed");
    assert!(problem.to_string().contains("1500.00"), "{problem}");
    let wrong_key = [("Idempotency-Key", "a key with blanks")];
    let answer = client
        .send(
            Method::POST,
            "/bookings",
            Some(Scene::urgent().to_string()),
            &wrong_key,
        )
        .await;
    assert_eq!(answer.pointers(), ["/headers/Idempotency-Key"]);
    client
        .get_after("/bookings", 1 << 40)
        .await
        .expect_problem(409, "unknown_position");
    client
        .get("/bookings/not-a-uuid")
        .await
        .expect_problem(404, "not_found");
    client
        .send(Method::DELETE, "/bookings", None, &[])
        .await
        .expect_problem(405, "method_not_allowed");
    client.get("/nowhere").await.expect_problem(404, "not_found");
    for path in ["/bookings", "/api/v1/api/v1/bookings"] {
        let lost = client.fetch(path).await;
        assert!(lost.text.contains("/api/v1"), "{}", lost.text);
        lost.expect_problem(404, "not_found");
    }
    let text = client
        .request(Method::POST, "/api/v1/bookings", None, &[])
        .body("{}")
        .send()
        .await
        .unwrap();
    assert_eq!(text.status(), 415);
    scene.finish().await;
}

#[tokio::test]
async fn times_that_cannot_be_are_refused_with_a_reason() {
    let scene = Scene::set().await;
    let client = &scene.patient.client;
    let mut past = scene.scheduled(scene.slot(2, 0));
    past["starts_at"] = json!("2020-01-01T09:00:00Z");
    client
        .post("/bookings", past)
        .await
        .expect_problem(409, "in_the_past");
    let night = scene.scheduled(scene.slot(2, 14 * 60));
    client
        .post("/bookings", night)
        .await
        .expect_problem(409, "outside_working_hours");
    let between = scene.scheduled(scene.slot(2, 10));
    client
        .post("/bookings", between)
        .await
        .expect_problem(409, "outside_working_hours");
    let closed = scene.scheduled(scene.slot(30, 0));
    client
        .post("/bookings", closed)
        .await
        .expect_problem(409, "outside_working_hours");
    let mut nobody = scene.scheduled(scene.slot(2, 0));
    nobody["doctor_id"] = json!("019a8f0e-0000-7000-8000-00000000dead");
    client
        .post("/bookings", nobody)
        .await
        .expect_problem(409, "doctor_not_available");
    scene.finish().await;
}

#[tokio::test]
async fn what_is_somebody_elses_is_not_there() {
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
    let stranger = scene.platform.patient().await;
    stranger
        .client
        .get_after(&format!("/bookings/{id}"), position)
        .await
        .expect_problem(404, "not_found");
    let request = json!({"reason": "mistake", "expected_fee": "0.00"});
    stranger
        .client
        .post(&format!("/bookings/{id}/cancel"), request)
        .await
        .expect_problem(404, "not_found");
    let request = json!({"booking_id": id, "payment_method": "wallet"});
    stranger
        .client
        .post("/payments", request)
        .await
        .expect_problem(404, "not_found");
    scene
        .doctor
        .client
        .get(&format!("/bookings/{id}"))
        .await
        .expect_problem(404, "not_found");
    let mine = stranger.client.get_after("/bookings", position).await.expect(200);
    assert_eq!(mine["items"], json!([]));
    scene.finish().await;
}

#[tokio::test]
async fn overlapping_days_and_blocks_over_visits_are_refused() {
    let scene = Scene::set().await;
    let starts_at = scene.slot(2, 0);
    scene
        .patient
        .client
        .post("/bookings", scene.scheduled(starts_at))
        .await
        .expect(200);
    let blocks = format!("/doctors/{}/blocks", scene.doctor.id);
    let request = json!({"starts_at": starts_at.to_string(), "ends_at": scene.slot(2, 60).to_string()});
    scene
        .doctor
        .client
        .post(&blocks, request.clone())
        .await
        .expect_problem(409, "slot_taken");
    let other = scene.platform.made_by(&scene.admin, "doctor").await;
    other
        .client
        .post(&blocks, request)
        .await
        .expect_problem(403, "forbidden");

    let days = format!("/doctors/{}/days", scene.doctor.id);
    let day = |date: String, working| json!({"date": date, "slot_minutes": 20, "working": working});
    let request = day(scene.date(2), json!([{"from": "10:00", "until": "12:00"}]));
    scene
        .doctor
        .client
        .post(&days, request)
        .await
        .expect_problem(409, "day_already_open");
    let twice = json!([{"from": "09:00", "until": "12:00"}, {"from": "11:00", "until": "14:00"}]);
    let answer = scene.doctor.client.post(&days, day(scene.date(9), twice)).await;
    assert!(
        answer.status == 409 && ["day_overlaps", "not_a_working_day"].contains(&answer.code()),
        "{}",
        answer.text
    );
    let backwards = json!([{"from": "12:00", "until": "09:00"}]);
    let answer = scene
        .doctor
        .client
        .post(&days, day(scene.date(9), backwards))
        .await;
    assert_eq!(answer.pointers(), ["/working/0/until"]);
    let past = json!([{"from": "09:00", "until": "12:00"}]);
    scene
        .doctor
        .client
        .post(&days, day("2020-01-01".to_owned(), past))
        .await
        .expect_problem(409, "in_the_past");
    scene.finish().await;
}

#[tokio::test]
async fn blocked_time_is_not_offered() {
    let scene = Scene::set().await;
    let starts_at = scene.slot(2, 0);
    let request = json!({"starts_at": starts_at.to_string(), "ends_at": scene.slot(2, 60).to_string()});
    scene
        .doctor
        .client
        .post(&format!("/doctors/{}/blocks", scene.doctor.id), request)
        .await
        .expect(200);
    let free = scene.free_slots(2).await;
    assert!(
        !free.contains(&starts_at.to_string()) && free.len() == 16,
        "{free:?}"
    );
    scene
        .patient
        .client
        .post("/bookings", scene.scheduled(starts_at))
        .await
        .expect_problem(409, "slot_taken");
    scene.finish().await;
}
