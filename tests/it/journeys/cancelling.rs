//! What cancelling costs, and where the money goes.

use kit::redacted::redacted;
use kit::scene::Scene;
use serde_json::{Value, json};

#[tokio::test]
async fn cancelling_a_day_ahead_is_free_and_returns_everything() {
    let scene = Scene::set().await;
    let starts_at = scene.slot(3, 0);
    let id = scene.booked_and_paid(scene.scheduled(starts_at)).await;
    assert_eq!(scene.available().await, "18000.00");
    let quote = scene
        .patient
        .client
        .get(&format!("/bookings/{id}/cancellation-quote"))
        .await
        .expect(200);
    insta::assert_json_snapshot!(redacted(quote), @r#"
    {
      "amount": "0.00",
      "booking_id": "[id]",
      "change_to_accept": false,
      "currency": "RUB",
      "position": "[position]",
      "quoted_at": "[time]",
      "version": 4,
      "windows": {
        "arrive": {
          "not_after": "[time]"
        },
        "depart": {
          "not_after": "[time]",
          "not_before": "[time]"
        },
        "ends_by_itself_at": "[time]",
        "no_show": {
          "not_after": "[time]",
          "not_before": "[time]"
        },
        "start": {
          "not_after": "[time]",
          "not_before": "[time]"
        }
      }
    }
    "#);
    let cancelled = scene.cancel(&id, "0.00").await.expect(200);
    insta::assert_json_snapshot!(redacted(cancelled), @r#"
    {
      "amount": "2000.00",
      "call_type": "scheduled",
      "change_to_accept": false,
      "created_at": "[time]",
      "currency": "RUB",
      "doctor_id": "[id]",
      "ends_at": "[time]",
      "fee": {
        "amount": "0.00",
        "currency": "RUB"
      },
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
      "status": "cancelled",
      "steps": {
        "assigned_at": "[time]",
        "cancelled_at": "[time]",
        "secured_at": "[time]"
      },
      "version": 5
    }
    "#);
    scene.platform.drain().await;
    assert_eq!(scene.available().await, "20000.00");
    // The same request twice is one request.
    scene.cancel(&id, "0.00").await.expect(200);
    // The slot can be booked again.
    scene
        .patient
        .client
        .post("/bookings", scene.scheduled(starts_at))
        .await
        .expect(200);
    scene.finish().await;
}

#[tokio::test]
async fn cancelling_at_short_notice_costs_what_was_agreed() {
    // How long before the visit, and what it costs of 2 000.00.
    for (notice_minutes, fee, kept) in [(23 * 60, "600.00", "19400.00"), (90, "1000.00", "19000.00")] {
        let scene = Scene::set().await;
        let starts_at = scene.slot(2, 0);
        let id = scene.booked_and_paid(scene.scheduled(starts_at)).await;
        let ahead = starts_at.duration_since(scene.platform.now().await).as_secs() - notice_minutes * 60;
        let scene = scene.later(ahead).await;
        let quote = scene
            .patient
            .client
            .get(&format!("/bookings/{id}/cancellation-quote"))
            .await
            .expect(200);
        assert_eq!(quote["amount"], fee);
        scene.cancel(&id, fee).await.expect(200);
        scene.platform.drain().await;
        assert_eq!(scene.available().await, kept);
        assert_statement_names_the_fee(&scene, fee).await;
        let booking = scene.booking(&id).await;
        assert_eq!(
            (&booking["fee"]["amount"], &booking["returned_to"]),
            (&json!(fee), &json!("wallet"))
        );
        assert!(
            booking["returned_at"].as_str() >= booking["steps"]["cancelled_at"].as_str(),
            "{booking}"
        );
        scene.finish().await;
    }
}

/// What was held, less the fee, is what was released; to the patient as to whoever reads the patient's account in the ledger.
async fn assert_statement_names_the_fee(scene: &Scene, fee: &str) {
    let back = (200_000 - fee.replace('.', "").parse::<i64>().unwrap()) / 100;
    let back = format!("{back}.00");
    let told = |line: &Value| (line["kind"].clone(), line["amount"].clone(), line["fee"].clone());
    let entries = scene.patient.client.get("/wallet/entries").await.expect(200);
    let lines: Vec<_> = entries["items"].as_array().unwrap().iter().map(told).collect();
    assert_eq!(
        lines,
        [
            (json!("released"), json!(back), json!(fee)),
            (json!("held"), json!("-2000.00"), Value::Null),
            (json!("deposited"), json!("20000.00"), Value::Null),
        ]
    );
    let path = format!(
        "/admin/ledger/accounts/wallet_liability/entries?subject={}",
        scene.patient.id
    );
    let statement = scene.admin.client.get(&path).await.expect(200);
    let kinds: Vec<_> = statement["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["deposited", "held", "released"]);
    let available = scene.available().await;
    assert_eq!(statement["closing_balance"], format!("-{available}"));
    let csv = scene.admin.client.get(&format!("{path}&format=csv")).await;
    assert!(
        csv.text.contains(&format!(",released,-{back},-{available},RUB,")) && !csv.text.contains("captured"),
        "{}",
        csv.text
    );
}

#[tokio::test]
async fn a_fee_that_is_not_the_expected_one_is_refused_with_the_right_one() {
    let scene = Scene::set().await;
    let id = scene.booked_and_paid(Scene::urgent()).await;
    scene.assign(&id).await.expect(200);
    scene.act(&scene.doctor.client, &id, "depart").await.expect(200);
    let problem = scene.cancel(&id, "0.00").await.expect_problem(409, "fee_changed");
    insta::assert_json_snapshot!(redacted(problem), @r#"
    {
      "code": "fee_changed",
      "detail": "the cancellation fee is now 450.00 RUB",
      "fee": {
        "amount": "450.00",
        "currency": "RUB"
      },
      "instance": "/api/v1/bookings/[id]/cancel",
      "status": 409,
      "title": "The cancellation fee is another one",
      "trace_id": "[trace_id]",
      "type": "http://[address]/problems/fee_changed"
    }
    "#);
    scene.cancel(&id, "450.00").await.expect(200);
    scene
        .until_booking(&id, "the fee to be captured", |booking| {
            booking["payment_status"] == "partially_refunded" && booking["kept"] == "450.00"
        })
        .await;
    assert_eq!(scene.available().await, "19550.00");
    scene.finish().await;
}

#[tokio::test]
async fn a_cancellation_by_the_doctor_is_always_free() {
    let scene = Scene::set().await;
    let id = scene.booked_and_paid(Scene::urgent()).await;
    scene.assign(&id).await.expect(200);
    scene.act(&scene.doctor.client, &id, "depart").await.expect(200);
    let request = json!({"reason": "doctor_unavailable", "note": "сломалась машина"});
    scene
        .doctor
        .client
        .post(&format!("/bookings/{id}/cancel"), request)
        .await
        .expect(200);
    scene.platform.drain().await;
    assert_eq!(scene.available().await, "20000.00");
    scene.finish().await;
}

#[tokio::test]
async fn money_that_was_on_its_way_when_the_booking_was_cancelled_comes_back() {
    let scene = Scene::set().await;
    for _ in 0..5 {
        let booking = scene
            .patient
            .client
            .post("/bookings", Scene::urgent())
            .await
            .expect(200);
        let id = booking["id"].as_str().unwrap().to_owned();
        // Paid and cancelled at once: whichever reaction comes first, the money is the patient's.
        let (paid, cancelled) = tokio::join!(scene.pay(&id), scene.cancel(&id, "0.00"));
        cancelled.expect(200);
        assert!(paid.status == 200 || paid.code() == "not_now", "{}", paid.text);
    }
    scene.platform.drain().await;
    assert_eq!(scene.available().await, "20000.00");
    scene.finish().await;
}
