//! A visit at a chosen time, from the request to the captured price.

use jiff::SignedDuration;
use kit::redacted::redacted;
use kit::scene::{Scene, VISIT_SECONDS, types_of};
use serde_json::{Value, json};

#[tokio::test]
async fn a_scheduled_visit_is_lived_through_to_its_end() {
    let scene = Scene::set().await;
    let starts_at = scene.slot(2, 60);
    assert!(scene.free_slots(2).await.contains(&starts_at.to_string()));
    let id = scene.booked_and_paid(scene.scheduled(starts_at)).await;
    let booking = scene.booking(&id).await;
    assert_eq!(booking["doctor_id"], scene.doctor.id.as_str());
    assert_eq!(booking["starts_at"], starts_at.to_string());
    insta::assert_json_snapshot!(redacted(booking), @r#"
    {
      "amount": "2000.00",
      "call_type": "scheduled",
      "change_to_accept": false,
      "created_at": "[time]",
      "currency": "RUB",
      "details": {
        "address": "ул. Ленина, 1",
        "symptoms": "кашель"
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
      "pay_by": "[time]",
      "payment_checking": false,
      "payment_id": "[id]",
      "payment_status": "authorised",
      "refunded": "0.00",
      "refunding": "0.00",
      "refunds": [],
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
    assert_eq!(scene.available().await, "18000.00");
    assert!(
        !scene.free_slots(2).await.contains(&starts_at.to_string()),
        "a booked slot is not offered"
    );

    let mut scene = scene.at(starts_at - SignedDuration::from_mins(30)).await;
    for (action, status) in [
        ("depart", "en_route"),
        ("arrive", "arrived"),
        ("start", "in_progress"),
        ("complete", "completed"),
    ] {
        if action == "complete" {
            scene = scene.later(VISIT_SECONDS).await;
        }
        let booking = scene.act(&scene.doctor.client, &id, action).await.expect(200);
        assert_eq!(booking["status"], status);
    }
    scene
        .until_booking(&id, "the price to be captured", |booking| {
            booking["payment_status"] == "completed"
        })
        .await;
    assert_eq!(scene.available().await, "18000.00");

    let history = scene
        .admin
        .client
        .get(&format!("/bookings/{id}/history"))
        .await
        .expect(200);
    let types = types_of(&history);
    for expected in [
        "BookingRequested",
        "BookingPaymentStarted",
        "BookingSecured",
        "BookingAssigned",
        "VisitCompleted",
        "PaymentAuthorised",
        "PaymentCaptured",
    ] {
        assert!(types.contains(&expected), "{expected} in {types:?}");
    }
    let items = history["items"].as_array().unwrap();
    let positions: Vec<i64> = items
        .iter()
        .map(|fact| fact["position"].as_i64().unwrap())
        .collect();
    assert!(positions.is_sorted(), "{positions:?}");
    assert_eq!(items[0]["origin"]["actor_id"], scene.patient.id.as_str());
    insta::assert_json_snapshot!(redacted(items[0].clone()), @r#"
    {
      "at": "[time]",
      "by": "patient",
      "fact": {
        "BookingRequested": {
          "appointment": {
            "clinic_id": "[id]",
            "days": [
              "[date]"
            ],
            "doctor_id": "[id]",
            "visit": {
              "end": "[time]",
              "start": "[time]"
            }
          },
          "at": "[time]",
          "booking_id": "[id]",
          "call_type": "scheduled",
          "details": {
            "digest": "[digest]",
            "id": "[id]"
          },
          "patient_id": "[id]",
          "pay_by": "[time]",
          "price": {
            "currency": "RUB",
            "minor": 200000
          },
          "tariff_version": 1,
          "terms": {
            "by_notice": {
              "steps": [
                {
                  "notice_minutes": 1440,
                  "percent": 0
                },
                {
                  "notice_minutes": 120,
                  "percent": 30
                },
                {
                  "notice_minutes": 0,
                  "percent": 50
                }
              ]
            }
          }
        }
      },
      "origin": {
        "actor_id": "[id]",
        "app_version": "0.0.0",
        "command_digest": "[digest]",
        "command_id": "[id]",
        "correlation_id": "[id]",
        "trace_id": "[trace_id]"
      },
      "position": "[position]",
      "stream": "booking",
      "version": 1,
      "what": "BookingRequested"
    }
    "#);
    scene.finish().await;
}

#[tokio::test]
async fn the_history_can_be_read_as_of_a_version_or_an_instant_and_hides_origins_from_patients() {
    let scene = Scene::set().await;
    let id = scene.booked_and_paid(scene.scheduled(scene.slot(2, 0))).await;
    let path = format!("/bookings/{id}/history");
    let whole = scene.patient.client.get(&path).await.expect(200);
    assert!(types_of(&whole).len() >= 3, "{whole}");
    assert!(whole["items"][0]["origin"].is_null(), "{whole}");
    let first = scene
        .patient
        .client
        .get(&format!("{path}?as_of=1"))
        .await
        .expect(200);
    assert_eq!(types_of(&first), ["BookingRequested"]);
    let then = whole["items"][0]["at"].as_str().unwrap();
    let back = scene
        .admin
        .client
        .get(&format!("{path}?as_of={then}"))
        .await
        .expect(200);
    assert_eq!(types_of(&back), ["BookingRequested"]);
    scene.finish().await;
}

#[tokio::test]
async fn a_doctor_sees_where_to_go_only_while_the_visit_is_live() {
    let scene = Scene::set().await;
    let id = scene.booked_and_paid(scene.scheduled(scene.slot(1, 0))).await;
    let path = format!("/bookings/{id}");
    let seen = scene.doctor.client.get(&path).await.expect(200);
    assert_eq!(seen["details"]["address"], "ул. Ленина, 1");
    assert!(
        seen["details"]["phone"].as_str().unwrap().starts_with("+7900"),
        "{seen}"
    );
    let at = scene.slot(1, 0);
    let scene = scene.at(at).await.visited(&id).await;
    scene.platform.drain().await;
    let seen = scene.doctor.client.get(&path).await.expect(200);
    assert_eq!(
        seen["details"]["address"], "ул. Ленина, 1",
        "a day to write the report"
    );
    let scene = scene.later(25 * 3600).await;
    let seen = scene.doctor.client.get(&path).await.expect(200);
    assert_eq!(
        (&seen["status"], &seen["details"]),
        (&json!("completed"), &json!(null)),
        "{seen}"
    );
    scene.finish().await;
}

#[tokio::test]
async fn an_unpaid_hold_ends_by_itself_and_the_slot_is_free_again() {
    let scene = Scene::set().await;
    let starts_at = scene.slot(2, 90);
    let booking = scene
        .patient
        .client
        .post("/bookings", scene.scheduled(starts_at))
        .await
        .expect(200);
    let id = booking["id"].as_str().unwrap().to_owned();
    assert!(!scene.free_slots(2).await.contains(&starts_at.to_string()));
    let scene = scene.later(15 * 60 + 1).await;
    scene
        .until_booking(&id, "the hold to expire", |booking| {
            booking["status"] == "expired"
        })
        .await;
    scene.platform.drain().await;
    assert!(scene.free_slots(2).await.contains(&starts_at.to_string()));
    scene.pay(&id).await.expect_problem(409, "too_late");
    scene.finish().await;
}

#[tokio::test]
async fn a_rescheduled_visit_frees_its_old_slot_and_takes_the_new_one() {
    let scene = Scene::set().await;
    let (from, to) = (scene.slot(2, 0), scene.slot(3, 30));
    let id = scene.booked_and_paid(scene.scheduled(from)).await;
    let request = json!({"starts_at": to.to_string()});
    let moved = scene
        .patient
        .client
        .post(&format!("/bookings/{id}/reschedule"), request)
        .await
        .expect(200);
    assert_eq!(moved["starts_at"], to.to_string());
    scene.platform.drain().await;
    assert!(scene.free_slots(2).await.contains(&from.to_string()));
    assert!(!scene.free_slots(3).await.contains(&to.to_string()));
    scene.finish().await;
}

#[tokio::test]
async fn a_patient_who_is_not_there_pays_the_fee_and_gets_the_rest_back() {
    let scene = Scene::set().await;
    let id = scene.booked_and_paid(scene.scheduled(scene.slot(1, 0))).await;
    scene
        .act(&scene.doctor.client, &id, "no-show")
        .await
        .expect_problem(409, "not_now");
    let at = scene.slot(1, 0);
    let mut scene = scene.at(at).await;
    for (action, status) in [
        ("depart", "en_route"),
        ("arrive", "arrived"),
        ("no-show", "no_show"),
    ] {
        if action == "no-show" {
            scene = scene.later(15 * 60 + 1).await;
        }
        let booking = scene.act(&scene.doctor.client, &id, action).await.expect(200);
        assert_eq!(booking["status"], status);
    }
    scene.platform.drain().await;
    insta::assert_json_snapshot!(redacted(scene.booking(&id).await), @r#"
    {
      "amount": "2000.00",
      "call_type": "scheduled",
      "change_to_accept": false,
      "created_at": "[time]",
      "currency": "RUB",
      "details": {
        "address": "ул. Ленина, 1",
        "symptoms": "кашель"
      },
      "doctor_id": "[id]",
      "doctor_name": "Иван Пирогов",
      "ends_at": "[time]",
      "fee": {
        "amount": "1000.00",
        "currency": "RUB"
      },
      "id": "[id]",
      "kept": "1000.00",
      "links": {
        "cancellation_quote": "/api/v1/bookings/[id]/cancellation-quote",
        "history": "/api/v1/bookings/[id]/history",
        "payment": "/api/v1/payments/[id]",
        "payments": "/api/v1/payments",
        "self": "/api/v1/bookings/[id]"
      },
      "patient_id": "[id]",
      "pay_by": "[time]",
      "payment_checking": false,
      "payment_id": "[id]",
      "payment_status": "partially_refunded",
      "refunded": "0.00",
      "refunding": "0.00",
      "refunds": [],
      "returned": "1000.00",
      "returned_at": "[time]",
      "returned_to": "wallet",
      "starts_at": "[time]",
      "status": "no_show",
      "steps": {
        "arrived_at": "[time]",
        "assigned_at": "[time]",
        "departed_at": "[time]",
        "no_show_at": "[time]",
        "secured_at": "[time]"
      },
      "version": 8
    }
    "#);
    assert_eq!(scene.available().await, "19000.00");
    scene.finish().await;
}

#[tokio::test]
async fn a_patient_sees_when_the_doctor_expects_to_arrive() {
    let scene = Scene::set().await;
    let starts_at = scene.slot(1, 0);
    let id = scene.booked_and_paid(scene.scheduled(starts_at)).await;
    let scene = scene.at(starts_at - SignedDuration::from_mins(30)).await;
    let estimate = async |minutes: i64| {
        let arrives_at = starts_at + SignedDuration::from_mins(minutes);
        let path = format!("/bookings/{id}/estimate-arrival");
        let body = json!({"arrives_at": arrives_at.to_string()});
        (
            scene.doctor.client.post(&path, body).await,
            arrives_at.to_string(),
        )
    };
    estimate(0).await.0.expect_problem(409, "not_now");
    scene.act(&scene.doctor.client, &id, "depart").await.expect(200);
    assert!(scene.booking(&id).await["estimated_arrival"].is_null());

    let (told, arrives_at) = estimate(-5).await;
    let told = told.expect(200);
    assert_eq!(told["estimated_arrival"], arrives_at);
    let (again, arrives_at) = estimate(-5).await;
    assert_eq!(again.expect(200)["version"], told["version"], "nothing changed");
    let is_shown = |booking: &Value| booking["estimated_arrival"] == arrives_at;
    scene
        .until_booking(&id, "the estimate to be shown", is_shown)
        .await;
    let (newer, arrives_at) = estimate(10).await;
    newer.expect(200);
    let is_shown = |booking: &Value| booking["estimated_arrival"] == arrives_at;
    scene
        .until_booking(&id, "the newer estimate to be shown", is_shown)
        .await;
    estimate(-60).await.0.expect_problem(409, "in_the_past");
    estimate(4 * 60).await.0.expect_problem(409, "too_early");

    let there = scene.act(&scene.doctor.client, &id, "arrive").await.expect(200);
    assert!(there["estimated_arrival"].is_null(), "{there}");
    let is_gone = |booking: &Value| booking["status"] == "arrived" && booking["estimated_arrival"].is_null();
    scene.until_booking(&id, "the estimate to be gone", is_gone).await;
    scene.finish().await;
}
