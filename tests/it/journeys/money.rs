//! Wallets and payments: what is held, taken, given back, and the statement that explains it.

use kit::database;
use kit::redacted::redacted;
use kit::scene::Scene;
use serde_json::{Value, json};

#[tokio::test]
async fn a_wallet_statement_explains_every_kopeck() {
    let scene = Scene::set().await;
    let kept = scene.booked_and_paid(Scene::urgent()).await;
    let dropped = scene.booked_and_paid(Scene::urgent()).await;
    let wallet = scene.patient.client.get("/wallet").await.expect(200);
    assert_eq!(
        (&wallet["balance"], &wallet["held"]),
        (&json!("20000.00"), &json!("3000.00"))
    );
    scene.cancel(&dropped, "0.00").await.expect(200);
    scene.assign(&kept).await.expect(200);
    let scene = scene.visited(&kept).await;
    scene.platform.drain().await;
    let wallet = scene.patient.client.get("/wallet").await.expect(200);
    assert_eq!(
        (&wallet["balance"], &wallet["held"]),
        (&json!("18500.00"), &json!("0.00"))
    );
    let entries = scene.patient.client.get("/wallet/entries").await.expect(200);
    let kopecks = |entry: &Value| {
        entry["amount"]
            .as_str()
            .unwrap()
            .replace('.', "")
            .parse::<i64>()
            .unwrap()
    };
    let sum: i64 = entries["items"].as_array().unwrap().iter().map(kopecks).sum();
    assert_eq!(sum, 1_850_000, "{entries}");
    assert!(entries["items"].as_array().unwrap().len() >= 4, "{entries}");
    scene.finish().await;
}

#[tokio::test]
async fn an_admin_gives_money_back_but_never_more_than_was_taken() {
    let scene = Scene::set().await;
    let id = scene.booked_and_paid(Scene::urgent()).await;
    let payment = scene.booking(&id).await["payment_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/payments/{payment}/refund");
    let refund = |amount: &str| json!({"amount": amount, "reason": "complaint"});
    scene
        .admin
        .client
        .post_once(&path, refund("100.00"))
        .await
        .expect_problem(409, "not_now");
    scene.assign(&id).await.expect(200);
    let scene = scene.visited(&id).await;
    scene.platform.drain().await;
    let refunded = scene
        .admin
        .client
        .post_once(&path, refund("500.00"))
        .await
        .expect(200);
    insta::assert_json_snapshot!(redacted(refunded), @r#"
    {
      "amount": "1500.00",
      "booking_id": "[id]",
      "captured": "1500.00",
      "checking": false,
      "confirmation_url": null,
      "created_at": "[time]",
      "currency": "RUB",
      "failure": null,
      "id": "[id]",
      "kept": "1000.00",
      "patient_id": "[id]",
      "payment_method": "wallet",
      "position": "[position]",
      "purpose": "booking",
      "qr_payload": null,
      "receipts": [],
      "refunded": "500.00",
      "refunding": "0.00",
      "refunds": [
        {
          "amount": "500.00",
          "ended_at": "[time]",
          "number": 1,
          "reason": "complaint",
          "requested_at": "[time]",
          "status": "succeeded"
        }
      ],
      "returned": "500.00",
      "returned_at": "[time]",
      "returned_to": "wallet",
      "status": "partially_refunded",
      "version": 4
    }
    "#);
    assert_eq!(scene.available().await, "19000.00");
    scene
        .admin
        .client
        .post_once(&path, refund("1000.01"))
        .await
        .expect_problem(409, "exceeds_captured");
    let refunded = scene
        .admin
        .client
        .post_once(&path, refund("1000.00"))
        .await
        .expect(200);
    assert_eq!(refunded["status"], "refunded");
    scene.platform.drain().await;
    assert_eq!(scene.available().await, "20000.00");
    assert_eq!(scene.booking(&id).await["payment_status"], "refunded");
    scene.finish().await;
}

#[tokio::test]
async fn a_booking_is_paid_once_however_often_it_is_tried() {
    let scene = Scene::set().await;
    let booking = scene
        .patient
        .client
        .post("/bookings", Scene::urgent())
        .await
        .expect(200);
    let id = booking["id"].as_str().unwrap();
    let tries = futures::future::join_all((0..10).map(|_| scene.pay(id))).await;
    let won = tries.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(
        won,
        1,
        "{:?}",
        tries.iter().map(|answer| &answer.text).collect::<Vec<_>>()
    );
    for lost in tries.into_iter().filter(|answer| answer.status != 200) {
        lost.expect_problem(409, "payment_under_way");
    }
    scene.platform.drain().await;
    assert_eq!(scene.available().await, "18500.00");
    scene.pay(id).await.expect_problem(409, "payment_under_way");
    scene.finish().await;
}

#[tokio::test]
async fn a_wallet_outlives_its_statement_periods() {
    let scene = Scene::set().await;
    // More entries than one statement period has room for.
    for _ in 0..210 {
        scene.platform.credit(&scene.admin, &scene.patient, "1.00").await;
    }
    assert_eq!(scene.available().await, "20210.00");
    let id = scene.booked_and_paid(Scene::urgent()).await;
    scene.cancel(&id, "0.00").await.expect(200);
    scene.platform.drain().await;
    assert_eq!(scene.available().await, "20210.00");
    let pool = scene.platform.pool().await;
    let periods: i64 =
        sqlx::query_scalar("select count(distinct aggregate_id) from events where aggregate_type = 'wallet'")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert!(periods >= 2, "{periods}");
    database::ledger_is_balanced(&pool).await;
    scene.finish().await;
}
