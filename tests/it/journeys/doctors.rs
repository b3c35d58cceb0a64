//! A doctor's life: when they take visits, and when not.

use kit::scene::Scene;
use serde_json::json;

#[tokio::test]
async fn a_doctor_who_takes_no_new_visits_shows_no_slots_and_is_sent_to_nobody() {
    let scene = Scene::set().await;
    let urgent = scene.booked_and_paid(Scene::urgent()).await;
    assert!(!scene.free_slots(2).await.is_empty());

    let path = format!("/doctors/{}/accepts", scene.doctor.id);
    let put = async |by: &kit::client::Client, accepts: bool| {
        let body = json!({"accepts": accepts}).to_string();
        by.send(reqwest::Method::PUT, &path, Some(body), &[]).await
    };
    let ceased = put(&scene.doctor.client, false).await.expect(200);
    assert_eq!(ceased["accepts"], false);
    assert_eq!(scene.free_slots(2).await, Vec::<String>::new());
    let refused = scene
        .patient
        .client
        .post("/bookings", scene.scheduled(scene.slot(2, 60)))
        .await;
    refused.expect_problem(409, "doctor_not_available");
    scene
        .assign(&urgent)
        .await
        .expect_problem(409, "doctor_not_available");
    put(&scene.patient.client, true)
        .await
        .expect_problem(403, "forbidden");
    put(&scene.admin.client, true).await.expect(200);
    assert!(!scene.free_slots(2).await.is_empty());
    scene.assign(&urgent).await.expect(200);
    scene.finish().await;
}
