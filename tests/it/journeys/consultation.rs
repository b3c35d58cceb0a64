//! A talk by video at a chosen time: nobody needs to know where the patient lives.

use kit::scene::Scene;
use serde_json::json;

#[tokio::test]
async fn a_consultation_needs_no_address_and_is_lived_through() {
    let scene = Scene::set().await;
    let starts_at = scene.slot(2, 0);
    let wish = json!({
        "call_type": "consultation", "doctor_id": scene.doctor.id, "starts_at": starts_at.to_string(),
        "amount": "1500.00", "symptoms": "бессонница",
    });
    let id = scene.booked_and_paid(wish).await;
    let seen = scene
        .doctor
        .client
        .get(&format!("/bookings/{id}"))
        .await
        .expect(200);
    assert_eq!(
        (&seen["status"], &seen["call_type"]),
        (&json!("assigned"), &json!("consultation"))
    );
    assert_eq!(seen["details"]["symptoms"], "бессонница");
    assert!(seen["details"]["address"].is_null());
    let scene = scene.later(2 * 24 * 3600).await;
    for action in ["depart", "start", "complete"] {
        scene.act(&scene.doctor.client, &id, action).await.expect(200);
    }
    scene
        .until_booking(&id, "the price to be captured", |booking| {
            booking["payment_status"] == "completed"
        })
        .await;
    scene.finish().await;
}

#[tokio::test]
async fn two_kinds_of_visit_cannot_share_a_slot() {
    let scene = Scene::set().await;
    let starts_at = scene.slot(2, 0);
    scene
        .patient
        .client
        .post("/bookings", scene.scheduled(starts_at))
        .await
        .expect(200);
    let wish = json!({
        "call_type": "consultation", "doctor_id": scene.doctor.id, "starts_at": starts_at.to_string(),
        "amount": "1500.00",
    });
    scene
        .patient
        .client
        .post("/bookings", wish)
        .await
        .expect_problem(409, "slot_taken");
    scene.finish().await;
}
