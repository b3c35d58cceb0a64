//! Refunds that race, hang, come to nothing or get no answer, and receipts that a cash register gives up.

use serde_json::{Value, json};

use crate::money::provider_fixture::{A_WHILE, FixtureOptions, ProviderFixture, id_of};

/// A visit that was charged and is over.
async fn over(fixture: &ProviderFixture, method: &str) -> Value {
    let (booking, payment) = match method {
        "sbp" => fixture.secured_by_code().await,
        _ => fixture.secured_by_card().await,
    };
    fixture.visit(&booking, &["depart", "start", "complete"]).await;
    fixture.drain().await;
    fixture.until(&payment, "completed").await
}

async fn give_back(fixture: &ProviderFixture, payment: &Value, amount: &str) -> kit::client::ApiResponse {
    let path = format!("/payments/{}/refund", id_of(payment));
    let request = json!({"amount": amount, "reason": "complaint"});
    fixture.scene.admin.client.post_once(&path, request).await
}

#[tokio::test]
async fn case_17_and_case_18_refunds_never_exceed_what_was_taken_and_one_that_comes_to_nothing_frees_its_money()
 {
    let waiting = json!({"shop": {"refunds": {"outcome": "wait", "seconds": 1}}});
    let wanted = FixtureOptions {
        settings: waiting,
        ..FixtureOptions::default()
    };
    let fixture = ProviderFixture::with(wanted).await;
    let payment = over(&fixture, "yookassa").await;
    let (one, other) = tokio::join!(
        give_back(&fixture, &payment, "1000.00"),
        give_back(&fixture, &payment, "1000.00")
    );
    let (won, lost) = if one.status == 200 {
        (one, other)
    } else {
        (other, one)
    };
    won.expect(200);
    lost.expect_problem(409, "exceeds_captured");
    fixture.drain().await;
    let there = fixture.control.shop_payment(id_of(&payment)).await;
    let refunds = fixture.control.refunds(&there).await;
    assert_eq!(refunds.len(), 1, "the provider was asked once: {refunds:#?}");
    assert_eq!(
        fixture.payment(&payment).await["refunded"],
        "0.00",
        "it is under way, and not said to be done"
    );
    give_back(&fixture, &payment, "600.00")
        .await
        .expect_problem(409, "exceeds_captured");
    // There is no notice of a refund that comes to nothing: only asking tells.
    let path = format!("/refunds/{}", refunds[0]["id"].as_str().unwrap());
    fixture
        .control
        .tell(
            &path,
            json!({"outcome": "canceled", "reason": "insufficient_funds"}),
        )
        .await;
    let fixture = fixture.later(A_WHILE).await;
    assert_eq!(fixture.count(&payment, "PaymentRefundCancelled").await, 1);
    fixture
        .control
        .set(json!({"shop": {"refunds": {"outcome": "succeed", "seconds": 0}}}))
        .await;
    give_back(&fixture, &payment, "1500.00").await.expect(200);
    fixture.drain().await;
    let back = fixture.until(&payment, "refunded").await;
    assert_eq!(back["refunded"], "1500.00");
    let there = fixture.control.shop_payment(id_of(&payment)).await;
    assert_eq!(there["refunded"], 150_000);
    fixture.finish().await;
}

#[tokio::test]
async fn case_19_a_refund_without_an_answer_is_asked_after_before_it_is_sent_again() {
    let fixture = ProviderFixture::set().await;
    let by_code = over(&fixture, "sbp").await;
    let by_card = over(&fixture, "yookassa").await;
    for (operation, payment) in [("tbank.Cancel", &by_code), ("refunds.create", &by_card)] {
        fixture
            .control
            .fault(operation, json!({"kind": "drop_after"}))
            .await;
        give_back(&fixture, payment, "700.00").await.expect(200);
    }
    fixture.drain().await;
    let fixture = fixture.later(61).await;
    let fixture = fixture.later(A_WHILE).await;
    for payment in [&by_code, &by_card] {
        let back = fixture.until(payment, "partially_refunded").await;
        assert_eq!(back["refunded"], "700.00");
        assert!(fixture.anomalies(payment).await.is_empty());
    }
    assert_eq!(
        fixture.control.bank_payment(id_of(&by_code)).await["refunded"],
        70_000,
        "once"
    );
    let there = fixture.control.shop_payment(id_of(&by_card)).await;
    assert_eq!(
        (&there["refunded"], fixture.control.refunds(&there).await.len()),
        (&json!(70_000), 1)
    );
    fixture.finish().await;
}

#[tokio::test]
async fn complaint_a_refund_whose_answer_was_lost_and_whose_notice_came_keeps_its_own_number() {
    let fixture = ProviderFixture::set().await;
    let payment = over(&fixture, "yookassa").await;
    fixture
        .control
        .delivery_fault("refund.succeeded", json!({"kind": "duplicate", "copies": 3}))
        .await;
    fixture
        .control
        .fault("refunds.create", json!({"kind": "drop_after"}))
        .await;
    give_back(&fixture, &payment, "100.00").await.expect(200);
    fixture.drain().await;
    let back = fixture.until(&payment, "partially_refunded").await;
    assert_eq!(
        back["refunded"], "100.00",
        "the notice told, long before it was time to ask again"
    );
    let there = fixture.control.shop_payment(id_of(&payment)).await;
    let refunds = fixture.control.refunds(&there).await;
    let facts = fixture.facts(&payment).await;
    let known = facts
        .iter()
        .find(|fact| fact.event_type == "PaymentRefundPending")
        .unwrap();
    assert_eq!(
        known.body["provider_id"], refunds[0]["id"],
        "the refund's number, not the payment's"
    );
    let fixture = fixture.later(61).await;
    assert_eq!(
        fixture.control.count("refunds.create.200").await,
        1,
        "{:?}",
        fixture.control.look("/counters").await
    );
    assert_eq!(fixture.count(&payment, "PaymentRefunded").await, 1);
    // And its receipt is found by that number.
    assert_eq!(fixture.count(&payment, "PaymentReceiptRegistered").await, 2);
    fixture.finish().await;
}

#[tokio::test]
async fn case_20_money_and_receipts_go_their_own_ways_and_a_receipt_that_failed_is_registered_again() {
    let broken = json!({"shop": {"fiscalization": {"till": "cancel"}}});
    let wanted = FixtureOptions {
        settings: broken,
        ..FixtureOptions::default()
    };
    let fixture = ProviderFixture::with(wanted).await;
    let payment = over(&fixture, "yookassa").await;
    let fixture = fixture.later(A_WHILE).await;
    assert_eq!(
        fixture.payment(&payment).await["status"],
        "completed",
        "money does not wait for its receipt"
    );
    assert_eq!(fixture.count(&payment, "PaymentReceiptFailed").await, 1);
    fixture
        .control
        .set(json!({"shop": {"fiscalization": {"till": "succeed"}}}))
        .await;
    give_back(&fixture, &payment, "500.00").await.expect(200);
    fixture.drain().await;
    fixture.until(&payment, "partially_refunded").await;
    let fixture = fixture.later(3_601).await;
    let fixture = fixture.later(A_WHILE).await;
    let there = fixture.control.shop_payment(id_of(&payment)).await;
    let receipts = fixture.control.receipts(&there).await;
    let seen: Vec<_> = receipts
        .iter()
        .map(|receipt| {
            (
                receipt["incoming"].as_bool().unwrap(),
                receipt["registration"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [(true, "canceled"), (false, "succeeded"), (true, "succeeded")]
    );
    assert_eq!(fixture.count(&payment, "PaymentReceiptRegistered").await, 2);
    assert_eq!(fixture.count(&payment, "PaymentReceiptFailed").await, 1);
    assert!(fixture.anomalies(&payment).await.is_empty());
    fixture.finish().await;
}

#[tokio::test]
async fn case_33_refunds_at_once_all_arrive_at_both_providers() {
    let mut fixture = ProviderFixture::set().await;
    let by_code = over(&fixture, "sbp").await;
    let by_card = over(&fixture, "yookassa").await;
    for payment in [&by_code, &by_card] {
        let (one, two, three) = tokio::join!(
            give_back(&fixture, payment, "100.50"),
            give_back(&fixture, payment, "200.00"),
            give_back(&fixture, payment, "300.00")
        );
        for asked in [one, two, three] {
            asked.expect(200);
        }
    }
    for _ in 0..4 {
        fixture = fixture.later(A_WHILE).await;
    }
    for payment in [&by_code, &by_card] {
        let back = fixture.until(payment, "partially_refunded").await;
        assert_eq!(back["refunded"], "600.50");
        assert!(fixture.anomalies(payment).await.is_empty());
        assert_eq!(fixture.count(payment, "PaymentProviderCallRefused").await, 0);
    }
    assert_eq!(
        fixture.control.bank_payment(id_of(&by_code)).await["refunded"],
        60_050
    );
    let there = fixture.control.shop_payment(id_of(&by_card)).await;
    assert_eq!(there["refunded"], 60_050);
    fixture.finish().await;
}

#[tokio::test]
async fn a_refund_is_visible_from_the_moment_it_is_asked_for_and_pressed_twice_it_is_one() {
    let slow = json!({"terminal": {"refund": "wait"}});
    let wanted = FixtureOptions {
        settings: slow,
        ..FixtureOptions::default()
    };
    let fixture = ProviderFixture::with(wanted).await;
    let payment = over(&fixture, "sbp").await;
    let path = format!("/payments/{}/refund", id_of(&payment));
    let request = json!({"amount": "100.50", "reason": "complaint"});
    let admin = &fixture.scene.admin.client;
    let mut first = Value::Null;
    for _ in 0..2 {
        let asked = admin.post_keyed(&path, "pressed-twice", request.clone()).await;
        first = asked.expect(200);
    }
    let sums = |of: &Value| {
        ["refunded", "refunding", "kept", "returned"].map(|name| of[name].as_str().unwrap().to_owned())
    };
    assert_eq!(sums(&first), ["0.00", "100.50", "1399.50", "0.00"]);
    let one = |of: &Value| {
        let refunds = of["refunds"].as_array().unwrap().clone();
        assert_eq!(refunds.len(), 1, "{of}");
        refunds[0].clone()
    };
    let refund = one(&first);
    assert_eq!(
        (&refund["amount"], &refund["status"], &refund["reason"]),
        (&json!("100.50"), &json!("requested"), &json!("complaint"))
    );
    assert!(refund["requested_at"].is_string() && refund["ended_at"].is_null());
    give_back(&fixture, &payment, "100.50")
        .await
        .expect_problem(409, "refund_under_way");
    fixture.drain().await;
    let booking = fixture
        .scene
        .booking(payment["booking_id"].as_str().unwrap())
        .await;
    for seen in [&fixture.payment(&payment).await, &booking] {
        assert_eq!(sums(seen), ["0.00", "100.50", "1399.50", "0.00"]);
        assert_eq!(one(seen)["status"], "pending");
        assert_eq!(one(seen)["requested_at"], refund["requested_at"]);
    }
    let meant = json!({"amount": "100.50", "reason": "complaint", "again": true});
    admin.post_once(&path, meant).await.expect(200);
    let number = fixture.control.bank_payment(id_of(&payment)).await["number"].clone();
    for _ in 0..2 {
        let ends = format!("/bank-refunds/{number}");
        fixture.control.tell(&ends, json!({"outcome": "succeeded"})).await;
        fixture.drain().await;
        fixture.scene.platform.drain().await;
    }
    let fixture = fixture.later(A_WHILE).await;
    let back = fixture.payment(&payment).await;
    assert_eq!(sums(&back), ["201.00", "0.00", "1299.00", "201.00"]);
    let ends = |at: usize| {
        back["refunds"][at]["status"] == "succeeded" && back["refunds"][at]["ended_at"].is_string()
    };
    assert!(ends(0) && ends(1), "{back}");
    fixture.finish().await;
}

#[tokio::test]
async fn a_cancellation_with_a_fee_reads_the_same_however_it_was_paid() {
    let fixture = ProviderFixture::set().await;
    let mut bookings = Vec::new();
    for method in ["sbp", "yookassa"] {
        let (booking, payment) = match method {
            "sbp" => fixture.secured_by_code().await,
            _ => fixture.secured_by_card().await,
        };
        fixture.visit(&booking, &["depart"]).await;
        assert_eq!(fixture.cancel_as_quoted(&booking).await, "450.00");
        bookings.push((booking, payment));
    }
    fixture.drain().await;
    let fixture = fixture.later(A_WHILE).await;
    let mut read = Vec::new();
    for (booking, payment) in &bookings {
        let booking = fixture.scene.booking(booking).await;
        let payment = fixture.payment(payment).await;
        assert_eq!(booking["payment_checking"], false, "always there");
        let shown: Vec<_> = [
            "fee",
            "payment_status",
            "payment_checking",
            "kept",
            "returned",
            "refunding",
        ]
        .map(|name| booking[name].clone())
        .into_iter()
        .chain(["status", "amount", "kept", "returned", "refunding"].map(|name| payment[name].clone()))
        .collect();
        read.push(shown);
    }
    assert_eq!(read[0], read[1]);
    assert_eq!(
        read[0][1..5],
        [
            json!("partially_refunded"),
            json!(false),
            json!("450.00"),
            json!("1050.00")
        ]
    );
    let path = "/payments?status=partially_refunded";
    let listed = fixture.scene.patient.client.get(path).await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 2, "{listed}");
    fixture.finish().await;
}
