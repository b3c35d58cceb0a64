//! A screen is one read: lists say who comes to whom and how far each visit is, as far as the reader may know.

use kit::client::Client;
use kit::scene::Scene;
use serde_json::{Value, json};

const PATIENT: &str = "Анна Каренина";
const DOCTOR: &str = "Иван Пирогов";

/// The booking in the reader's list.
async fn listed(reader: &Client, id: &str) -> Value {
    let page = reader.get("/bookings").await.expect(200);
    let items = page["items"].as_array().unwrap();
    items.iter().find(|item| item["id"] == id).unwrap().clone()
}

#[tokio::test]
async fn a_list_says_who_comes_to_whom_and_when_each_step_was_taken() {
    let scene = Scene::set().await;
    let id = scene.booked_and_paid(scene.scheduled(scene.slot(2, 0))).await;
    scene.platform.drain().await;
    let page = scene.booking(&id).await;
    assert!(page["steps"]["assigned_at"].is_string(), "{page}");
    for (reader, patient) in [
        (&scene.patient, None),
        (&scene.clinic, None),
        (&scene.doctor, Some(PATIENT)),
        (&scene.admin, Some(PATIENT)),
    ] {
        let seen = listed(&reader.client, &id).await;
        assert_eq!(seen["patient_name"].as_str(), patient, "{}", reader.email);
        assert_eq!(seen["doctor_name"], DOCTOR, "{}", reader.email);
        assert_eq!(seen["steps"], page["steps"], "{}", reader.email);
        let page = reader.client.get(&format!("/bookings/{id}")).await.expect(200);
        assert_eq!(
            (&page["patient_name"], &page["doctor_name"]),
            (&seen["patient_name"], &seen["doctor_name"]),
            "{}",
            reader.email
        );
    }
    // That an admin was shown the patient's name is recorded, once a page.
    let trail = scene
        .admin
        .client
        .get(&format!(
            "/admin/audit-trail?kind=read&account_id={}",
            scene.admin.id
        ))
        .await
        .expect(200);
    let whats: Vec<_> = trail["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (&entry["what"], &entry["subject_ids"]))
        .collect();
    let patient = json!([scene.patient.id]);
    assert_eq!(
        whats,
        [(&json!("booking"), &patient), (&json!("bookings"), &patient)]
    );

    let cancelled = scene.cancel(&id, "0.00").await.expect(200);
    assert!(cancelled["steps"]["cancelled_at"].is_string(), "{cancelled}");
    scene.platform.drain().await;
    assert_eq!(
        listed(&scene.patient.client, &id).await["steps"],
        cancelled["steps"]
    );
    let seen = listed(&scene.doctor.client, &id).await;
    assert!(seen["patient_name"].is_null(), "the visit is off: {seen}");
    scene.finish().await;
}

#[tokio::test]
async fn a_doctor_whom_others_sent_reads_no_name_before_the_patient_agrees() {
    let scene = Scene::set().await;
    scene.open_day_of(&scene.stand_in, 3).await;
    let id = scene.booked_and_paid(scene.scheduled(scene.slot(3, 0))).await;
    let to = json!({"doctor_id": scene.stand_in.id, "starts_at": scene.slot(3, 0).to_string()});
    let path = format!("/bookings/{id}/reschedule");
    scene.admin.client.post(&path, to).await.expect(200);
    scene.platform.drain().await;
    let seen = listed(&scene.stand_in.client, &id).await;
    assert!(seen["patient_name"].is_null(), "{seen}");
    scene
        .act(&scene.patient.client, &id, "accept-change")
        .await
        .expect(200);
    scene.platform.drain().await;
    let seen = listed(&scene.stand_in.client, &id).await;
    assert_eq!(seen["patient_name"], PATIENT);
    scene.finish().await;
}

#[tokio::test]
async fn a_doctor_reads_the_patients_name_until_a_day_after_the_visit() {
    let scene = Scene::set().await;
    let id = scene.booked_and_paid(Scene::urgent()).await;
    scene.assign(&id).await.expect(200);
    let scene = scene.visited(&id).await;
    scene.platform.drain().await;
    let seen = listed(&scene.doctor.client, &id).await;
    assert_eq!(seen["patient_name"], PATIENT);
    let answer = scene.act(&scene.doctor.client, &id, "complete").await.expect(200);
    assert_eq!(answer["steps"], seen["steps"]);
    let scene = scene.later(24 * 3_600).await;
    scene.platform.drain().await;
    let seen = listed(&scene.doctor.client, &id).await;
    assert!(seen["patient_name"].is_null(), "{seen}");
    scene.finish().await;
}
