//! A talk by video at a chosen time: nobody needs to know where the patient lives.

use jiff::SignedDuration;
use kit::markers::holds;
use kit::redacted::redacted;
use kit::scene::{Scene, VISIT_SECONDS};
use serde_json::json;

#[tokio::test]
async fn a_consultation_needs_no_address_and_is_lived_through() {
    let scene = Scene::set().await;
    let starts_at = scene.slot(2, 0);
    let request = json!({
        "call_type": "consultation", "doctor_id": scene.doctor.id, "starts_at": starts_at.to_string(),
        "amount": "1500.00", "symptoms": "бессонница",
    });
    let id = scene.booked_and_paid(request).await;
    let seen = scene
        .doctor
        .client
        .get(&format!("/bookings/{id}"))
        .await
        .expect(200);
    insta::assert_json_snapshot!(redacted(seen), @r#"
    {
      "amount": "1500.00",
      "call_type": "consultation",
      "change_to_accept": false,
      "created_at": "[time]",
      "currency": "RUB",
      "details": {
        "patient_name": "Анна Каренина",
        "phone": "[phone]",
        "symptoms": "бессонница"
      },
      "doctor_id": "[id]",
      "doctor_name": "Иван Пирогов",
      "ends_at": "[time]",
      "id": "[id]",
      "kept": "0.00",
      "links": {
        "cancellation_quote": "/api/v1/bookings/[id]/cancellation-quote",
        "history": "/api/v1/bookings/[id]/history",
        "payment": "/api/v1/payments/[id]",
        "payments": "/api/v1/payments",
        "self": "/api/v1/bookings/[id]"
      },
      "patient_id": "[id]",
      "patient_name": "Анна Каренина",
      "pay_by": "[time]",
      "payment_checking": false,
      "payment_id": "[id]",
      "payment_status": "authorised",
      "refunded": "0.00",
      "refunding": "0.00",
      "returned": "0.00",
      "starts_at": "[time]",
      "status": "assigned",
      "steps": {
        "assigned_at": "[time]",
        "secured_at": "[time]"
      },
      "version": 4
    }
    "#);
    for (action, code) in [
        ("arrive", "too_early"),
        ("depart", "not_now"),
        ("start", "not_now"),
    ] {
        let answer = scene.act(&scene.doctor.client, &id, action).await;
        answer.expect_problem(409, code);
    }
    let scene = scene.at(starts_at - SignedDuration::from_mins(10)).await;
    for (action, status) in [("arrive", "arrived"), ("start", "in_progress")] {
        let booking = scene.act(&scene.doctor.client, &id, action).await.expect(200);
        assert_eq!(booking["status"], status);
    }
    let scene = scene.later(VISIT_SECONDS).await;
    scene.act(&scene.doctor.client, &id, "complete").await.expect(200);
    scene
        .until_booking(&id, "the price to be captured", |booking| {
            booking["payment_status"] == "completed"
        })
        .await;
    scene.finish().await;
}

#[tokio::test]
async fn doctor_and_patient_read_where_they_meet_and_nobody_else() {
    let scene = Scene::set().await;
    let starts_at = scene.slot(2, 0);
    let request = json!({
        "call_type": "consultation", "doctor_id": scene.doctor.id, "starts_at": starts_at.to_string(),
        "amount": "1500.00",
    });
    let id = scene.booked_and_paid(request).await;
    let (page, room) = (format!("/bookings/{id}"), format!("/bookings/{id}/room"));
    let doctor = &scene.doctor.client;
    let url = "https://rooms.example/Zqroom";
    let named = doctor.post(&room, json!({"url": url})).await.expect(200);
    assert_eq!(named["room_url"], url);
    for (reader, sees) in [
        (&scene.patient, true),
        (&scene.doctor, true),
        (&scene.clinic, false),
        (&scene.admin, false),
    ] {
        let seen = reader.client.get(&page).await.expect(200);
        assert_eq!(seen["room_url"] == url, sees, "{}: {seen}", reader.email);
    }
    let pool = scene.platform.pool().await;
    for table in ["public.events", "identity.vault"] {
        assert!(!holds(&pool, table, "Zqroom").await, "{table}");
    }
    pool.close().await;
    scene
        .patient
        .client
        .post(&room, json!({"url": url}))
        .await
        .expect_problem(403, "forbidden");
    for wrong in ["http://rooms.example/", "rooms.example", "javascript:alert(1)"] {
        let refused = doctor.post(&room, json!({"url": wrong})).await;
        refused.expect_problem(422, "invalid");
    }
    // Another doctor has another room.
    scene.open_day_of(&scene.stand_in, 2).await;
    let to = json!({"doctor_id": scene.stand_in.id, "starts_at": starts_at.to_string()});
    let path = format!("/bookings/{id}/reschedule");
    scene.admin.client.post(&path, to).await.expect(200);
    assert!(scene.booking(&id).await["room_url"].is_null());

    let visit = scene.booked_and_paid(scene.scheduled(scene.slot(3, 0))).await;
    doctor
        .post(&format!("/bookings/{visit}/room"), json!({"url": url}))
        .await
        .expect_problem(409, "not_a_consultation");
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
    let request = json!({
        "call_type": "consultation", "doctor_id": scene.doctor.id, "starts_at": starts_at.to_string(),
        "amount": "1500.00", "allow_overlap": true,
    });
    scene
        .patient
        .client
        .post("/bookings", request)
        .await
        .expect_problem(409, "slot_taken");
    scene.finish().await;
}
