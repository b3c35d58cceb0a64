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

#[tokio::test]
async fn a_holiday_hides_every_slot_until_it_is_taken_back() {
    let scene = Scene::set().await;
    let id = scene.doctor.id.clone();
    let client = &scene.doctor.client;
    let booked = scene.booked_and_paid(scene.scheduled(scene.slot(3, 0))).await;
    let (from, until) = (scene.slot(1, -90), scene.slot(60, -90));
    let request = json!({"starts_at": from.to_string(), "ends_at": until.to_string()});
    let path = format!("/doctors/{id}/blocks");
    client
        .post(&path, request.clone())
        .await
        .expect_problem(409, "slot_taken");
    scene.cancel(&booked, "0.00").await.expect(200);
    let blocked = client
        .post_keyed(&path, "holiday", request.clone())
        .await
        .expect(200);
    let block = blocked["id"].as_str().unwrap().to_owned();
    let position = blocked["position"].as_i64().unwrap();
    let slots = format!("/doctors/{id}/slots?from={from}&to={until}");
    let hidden = scene
        .platform
        .anonymous()
        .get_after(&slots, position)
        .await
        .expect(200);
    assert_eq!(hidden["items"], json!([]));
    scene
        .patient
        .client
        .post("/bookings", scene.scheduled(scene.slot(2, 0)))
        .await
        .expect_problem(409, "slot_taken");
    let listed = client.get_after(&path, position).await.expect(200);
    assert_eq!(
        listed["items"].as_array().unwrap().len(),
        1,
        "one block, however long: {listed}"
    );
    assert_eq!(listed["items"][0]["id"], block.as_str());
    let tail = format!("{path}/{block}/unblock");
    scene
        .patient
        .client
        .post(&tail, json!({}))
        .await
        .expect_problem(403, "forbidden");
    let free = client.post(&tail, json!({})).await.expect(200);
    let position = free["position"].as_i64().unwrap();
    assert_eq!(
        client.get_after(&path, position).await.expect(200)["items"],
        json!([])
    );
    client.post(&tail, json!({})).await.expect(200);
    let other = format!("{path}/{id}/unblock");
    client
        .post(&other, json!({}))
        .await
        .expect_problem(404, "not_found");
    let shown = scene
        .platform
        .anonymous()
        .get_after(&slots, position)
        .await
        .expect(200);
    assert!(shown["items"].as_array().unwrap().len() > 10, "{shown}");
    scene.platform.rebuilt_equals_live().await;
    scene.finish().await;
}

#[tokio::test]
async fn a_day_grows_closes_while_nothing_claims_it_and_its_slots_follow() {
    let scene = Scene::set().await;
    let client = &scene.doctor.client;
    let day = |action: &str| format!("/doctors/{}/days/{}/{action}", scene.doctor.id, scene.date(2));
    let slots = |answer: &serde_json::Value| answer["items"].as_array().unwrap().len();
    let (from, to) = (scene.slot(2, -180), scene.slot(2, 15 * 60));
    let path = format!("/doctors/{}/slots?from={from}&to={to}&limit=200", scene.doctor.id);
    let shown = async |position: i64| {
        let answer = scene.platform.anonymous().get_after(&path, position).await;
        slots(&answer.expect(200))
    };
    let shorter = json!({"working": [{"from": "10:00", "until": "20:00"}]});
    client
        .post(&day("extend"), shorter)
        .await
        .expect_problem(409, "day_not_longer");
    let longer = json!({"working": [{"from": "08:00", "until": "20:00"}]});
    let extended = client.post(&day("extend"), longer.clone()).await.expect(200);
    assert_eq!(extended["slots_free"], 24);
    assert_eq!(shown(extended["position"].as_i64().unwrap()).await, 24);

    let booking = scene
        .patient
        .client
        .post("/bookings", scene.scheduled(scene.slot(2, 10 * 60)))
        .await
        .expect(200);
    client
        .post(&day("close"), json!({}))
        .await
        .expect_problem(409, "day_claimed");
    scene
        .cancel(booking["id"].as_str().unwrap(), "0.00")
        .await
        .expect(200);
    let closed = client.post(&day("close"), json!({})).await.expect(200);
    assert_eq!(closed["open"], false);
    assert_eq!(shown(closed["position"].as_i64().unwrap()).await, 0);
    client
        .post(&day("extend"), longer)
        .await
        .expect_problem(409, "day_not_open");
    let opened = scene.open_day(2).await;
    assert_eq!(shown(opened["position"].as_i64().unwrap()).await, 18);
    scene.platform.rebuilt_equals_live().await;
    scene.finish().await;
}
