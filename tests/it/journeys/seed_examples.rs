//! The seed's own acceptance examples.

use kit::scene::Scene;
use serde_json::json;

#[tokio::test]
async fn create_booking() {
    let scene = Scene::set().await;
    let request = json!({"call_type": "urgent", "address": "ул. Ленина, 1", "amount": 1500.0});
    let answer = scene.patient.client.post("/bookings", request).await;
    let (position, location) = (
        answer.header("tot-position").to_owned(),
        answer.header("location").to_owned(),
    );
    let booking = answer.expect(200);
    assert_eq!(booking["call_type"], "urgent");
    assert_eq!(booking["status"], "pending");
    assert_eq!(booking["amount"], "1500.00");
    assert_eq!(booking["payment_status"], "pending");
    assert_eq!(booking["position"].to_string(), position);
    assert_eq!(
        location,
        format!("/api/v1/bookings/{}", booking["id"].as_str().unwrap())
    );
    scene.finish().await;
}

#[tokio::test]
async fn create_booking_invalid_data_without_a_token() {
    let scene = Scene::set().await;
    let request = json!({"call_type": "invalid_type", "address": "", "amount": -100});
    let answer = scene.platform.anonymous().post("/bookings", request).await;
    assert_eq!(answer.pointers(), ["/address", "/amount", "/call_type"]);
    answer.expect_problem(422, "invalid");
    scene.finish().await;
}

#[tokio::test]
async fn payment_flow() {
    let scene = Scene::set().await;
    let booking = scene
        .patient
        .client
        .post("/bookings", Scene::urgent())
        .await
        .expect(200);
    let payment = scene.pay(booking["id"].as_str().unwrap()).await.expect(200);
    let path = format!("/payments/{}", payment["id"].as_str().unwrap());
    let status = scene
        .patient
        .client
        .get_after(&path, payment["position"].as_i64().unwrap())
        .await
        .expect(200);
    assert_eq!(status["status"], "authorised");
    assert_eq!(status["booking_id"], booking["id"]);
    scene.finish().await;
}
