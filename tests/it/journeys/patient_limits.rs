//! What one patient may have going on: few unpaid slots, no visits that overlap by mistake, one paid urgent call.

use futures::future::join_all;
use kit::scene::Scene;
use serde_json::{Value, json};

/// How many slots one account asks for at once, as it did when it took a doctor's whole calendar.
const WANTED: usize = 40;
/// How many it may hold without paying.
const HELD_MAX: usize = 3;

#[tokio::test]
async fn one_account_holds_three_of_forty_slots_however_fast_it_asks() {
    let scene = Scene::set().await;
    let slots = (1..=3).flat_map(|day| (0..18).map(move |slot| (day, slot * 30)));
    let asked = slots.take(WANTED).map(|(day, minutes)| {
        let request = scene.scheduled(scene.slot(day, minutes));
        let client = scene.patient.client.clone();
        async move { client.post("/bookings", request).await }
    });
    let (held, refused): (Vec<_>, Vec<_>) = join_all(asked)
        .await
        .into_iter()
        .partition(|answer| answer.status == 200);
    assert_eq!((held.len(), refused.len()), (HELD_MAX, WANTED - HELD_MAX));
    for answer in refused {
        answer.expect_problem(409, "too_many_holds");
    }

    // Paid or given up, a slot no longer counts; an urgent call holds none and never did.
    let request = scene.scheduled(scene.slot(4, 0));
    let patient = &scene.patient.client;
    patient
        .post("/bookings", request.clone())
        .await
        .expect_problem(409, "too_many_holds");
    patient.post("/bookings", Scene::urgent()).await.expect(200);
    let first = held[0].body["id"].as_str().unwrap();
    scene.cancel(first, "0.00").await.expect(200);
    patient.post("/bookings", request).await.expect(200);
    let second = held[1].body["id"].as_str().unwrap();
    scene.pay(second).await.expect(200);
    patient
        .post("/bookings", scene.scheduled(scene.slot(4, 60)))
        .await
        .expect(200);
    scene.finish().await;
}

#[tokio::test]
async fn own_visits_overlap_only_where_that_is_meant() {
    let scene = Scene::set().await;
    let other = scene.platform.made_by(&scene.admin, "doctor").await;
    let day = json!({
        "date": scene.date(1), "slot_minutes": 60, "working": [{"from": "09:00", "until": "18:00"}],
    });
    let path = format!("/doctors/{}/days", other.id);
    scene.admin.client.post(&path, day).await.expect(200);
    let patient = &scene.patient.client;
    patient
        .post("/bookings", scene.scheduled(scene.slot(1, 30)))
        .await
        .expect(200);

    // An hour with the other doctor, half of it beside the first visit.
    let mut beside: Value = scene.scheduled(scene.slot(1, 0));
    beside["doctor_id"] = json!(other.id);
    let refused = patient.post_keyed("/bookings", "beside", beside.clone()).await;
    refused.expect_problem(409, "overlaps_own_booking");
    beside["allow_overlap"] = json!(true);
    let meant = patient
        .post_keyed("/bookings", "meant", beside.clone())
        .await
        .expect(200);
    // The repeat of what was accepted is what was accepted, and no visit beside itself.
    let again = patient.post_keyed("/bookings", "meant", beside).await.expect(200);
    assert_eq!(meant["id"], again["id"]);

    let mut after: Value = scene.scheduled(scene.slot(1, 180));
    after["doctor_id"] = json!(other.id);
    let moved = patient.post("/bookings", after).await.expect(200);
    let path = format!("/bookings/{}/reschedule", moved["id"].as_str().unwrap());
    let mut to = json!({"doctor_id": scene.doctor.id, "starts_at": scene.slot(1, 60).to_string()});
    patient
        .post(&path, json!({"starts_at": scene.slot(1, 240).to_string()}))
        .await
        .expect(200);
    to["starts_at"] = json!(scene.slot(1, 30).to_string());
    patient
        .post(&path, to.clone())
        .await
        .expect_problem(409, "overlaps_own_booking");
    to["allow_overlap"] = json!(true);
    // Beside one's own visit is allowed then; the slot itself is taken by it.
    patient.post(&path, to).await.expect_problem(409, "slot_taken");
    scene.finish().await;
}

#[tokio::test]
async fn a_second_urgent_call_is_asked_for_freely_and_paid_on_purpose_only() {
    let scene = Scene::set().await;
    let patient = &scene.patient.client;
    scene.booked_and_paid(Scene::urgent()).await;
    let second = patient.post("/bookings", Scene::urgent()).await.expect(200);
    let mut pay = json!({"booking_id": second["id"], "payment_method": "wallet"});
    patient
        .post("/payments", pay.clone())
        .await
        .expect_problem(409, "urgent_call_under_way");
    pay["allow_overlap"] = json!(true);
    let paid = patient
        .post_keyed("/payments", "meant", pay.clone())
        .await
        .expect(200);
    let again = patient.post_keyed("/payments", "meant", pay).await.expect(200);
    assert_eq!(paid["id"], again["id"]);
    scene.finish().await;
}
