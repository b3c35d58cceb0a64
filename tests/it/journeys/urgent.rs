//! An urgent call, assigned by an admin.

use kit::persona::Persona;
use kit::redacted::redacted;
use kit::scene::Scene;
use serde_json::json;

#[tokio::test]
async fn an_urgent_call_is_assigned_and_carried_out() {
    let scene = Scene::set().await;
    let id = scene.booked_and_paid(Scene::urgent()).await;
    scene
        .doctor
        .client
        .get(&format!("/bookings/{id}"))
        .await
        .expect_problem(404, "not_found");
    let assigned = scene.assign(&id).await.expect(200);
    assert_eq!(assigned["doctor_id"], scene.doctor.id.as_str());
    insta::assert_json_snapshot!(redacted(assigned), @r#"
    {
      "amount": "1500.00",
      "call_type": "urgent",
      "change_to_accept": false,
      "created_at": "[time]",
      "currency": "RUB",
      "doctor_id": "[id]",
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
      "position": "[position]",
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
    let scene = scene.visited(&id).await;
    scene
        .until_booking(&id, "the price to be captured", |booking| {
            booking["payment_status"] == "completed"
        })
        .await;
    scene.finish().await;
}

#[tokio::test]
async fn a_doctor_on_one_urgent_visit_is_busy_for_another() {
    let scene = Scene::set().await;
    let (first, second) = (
        scene.booked_and_paid(Scene::urgent()).await,
        scene.booked_and_paid(Scene::urgent()).await,
    );
    scene.assign(&first).await.expect(200);
    scene.assign(&second).await.expect_problem(409, "doctor_busy");
    scene
        .act(&scene.admin.client, &first, "unassign")
        .await
        .expect(200);
    scene.assign(&second).await.expect(200);
    scene.finish().await;
}

#[tokio::test]
async fn what_has_not_begun_cannot_be_completed() {
    let scene = Scene::set().await;
    let id = scene.booked_and_paid(Scene::urgent()).await;
    for action in ["start", "complete", "no-show"] {
        scene
            .act(&scene.admin.client, &id, action)
            .await
            .expect_problem(409, "not_now");
    }
    scene.assign(&id).await.expect(200);
    scene
        .act(&scene.doctor.client, &id, "complete")
        .await
        .expect_problem(409, "not_now");
    scene.finish().await;
}

#[tokio::test]
async fn an_empty_wallet_is_refused_and_nothing_is_kept() {
    let scene = Scene::set().await;
    let poor = scene.platform.patient().await;
    let booking = poor.client.post("/bookings", Scene::urgent()).await.expect(200);
    let request = json!({"booking_id": booking["id"], "payment_method": "wallet"});
    poor.client
        .post("/payments", request)
        .await
        .expect_problem(409, "insufficient_funds");
    for method in ["yookassa", "sbp"] {
        let request = json!({"booking_id": booking["id"], "payment_method": method});
        poor.client
            .post("/payments", request)
            .await
            .expect_problem(409, "payment_method_unavailable");
    }
    let deposit = poor
        .client
        .post_once(
            "/wallet/deposits",
            json!({"amount": "100.00", "payment_method": "yookassa"}),
        )
        .await;
    deposit.expect_problem(409, "payment_method_unavailable");
    let payments = poor.client.get("/payments").await.expect(200);
    assert_eq!(payments["items"], json!([]));
    scene.finish().await;
}

#[tokio::test]
async fn a_clinic_finds_the_calls_that_wait_and_sends_its_own_doctor() {
    let scene = Scene::set().await;
    let first = scene.booked_and_paid(Scene::urgent()).await;
    let unpaid = scene.patient.client.post("/bookings", Scene::urgent()).await;
    let position = unpaid.expect(200)["position"].as_i64().unwrap();
    let other = scene.platform.made_by(&scene.admin, "clinic").await;
    let open = async |who: &Persona| -> Vec<String> {
        let page = who.client.get_after("/open-calls", position).await.expect(200);
        let calls = page["items"].as_array().unwrap().iter();
        calls
            .map(|call| call["booking_id"].as_str().unwrap().to_owned())
            .collect()
    };
    for who in [&scene.clinic, &other, &scene.admin] {
        assert_eq!(open(who).await, [first.as_str()]);
    }
    let doctor = json!({"doctor_id": scene.doctor.id});
    let assign = format!("/bookings/{first}/assign");
    scene.clinic.client.post(&assign, doctor).await.expect(200);
    scene.platform.drain().await;
    assert!(open(&scene.clinic).await.is_empty());
    scene
        .act(&scene.doctor.client, &first, "unassign")
        .await
        .expect(200);
    scene.platform.drain().await;
    assert_eq!(open(&scene.clinic).await, [first.as_str()]);
    assert!(open(&other).await.is_empty(), "its clinic's doctor has had it");
    scene.finish().await;
}
