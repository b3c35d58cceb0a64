//! Refunds that race, hang, come to nothing or get no answer, and receipts that a till gives up.

use serde_json::{Value, json};

use crate::money::stand::{A_WHILE, Stand, Wanted, id_of};

/// A visit that was charged and is over.
async fn over(stand: &Stand, method: &str) -> Value {
    let (booking, payment) = match method {
        "sbp" => stand.secured_by_code().await,
        _ => stand.secured_by_card().await,
    };
    stand.visit(&booking, &["depart", "start", "complete"]).await;
    stand.drain().await;
    stand.until(&payment, "completed").await
}

async fn give_back(stand: &Stand, payment: &Value, amount: &str) -> kit::client::Answer {
    let path = format!("/payments/{}/refund", id_of(payment));
    let wish = json!({"amount": amount, "reason": "complaint"});
    stand.scene.admin.client.post_once(&path, wish).await
}

#[tokio::test]
async fn case_17_and_case_18_refunds_never_exceed_what_was_taken_and_one_that_comes_to_nothing_frees_its_money()
 {
    let waiting = json!({"shop": {"refunds": {"outcome": "wait", "seconds": 1}}});
    let wanted = Wanted {
        settings: waiting,
        ..Wanted::default()
    };
    let stand = Stand::with(wanted).await;
    let payment = over(&stand, "yookassa").await;
    let (one, other) = tokio::join!(
        give_back(&stand, &payment, "1000.00"),
        give_back(&stand, &payment, "1000.00")
    );
    let (won, lost) = if one.status == 200 {
        (one, other)
    } else {
        (other, one)
    };
    won.expect(200);
    lost.expect_problem(409, "exceeds_captured");
    stand.drain().await;
    let there = stand.control.shop_payment(id_of(&payment)).await;
    let refunds = stand.control.refunds(&there).await;
    assert_eq!(refunds.len(), 1, "the provider was asked once: {refunds:#?}");
    assert_eq!(
        stand.payment(&payment).await["refunded"],
        "0.00",
        "it is under way, and not said to be done"
    );
    give_back(&stand, &payment, "600.00")
        .await
        .expect_problem(409, "exceeds_captured");
    // There is no notice of a refund that comes to nothing: only asking tells.
    let path = format!("/refunds/{}", refunds[0]["id"].as_str().unwrap());
    stand
        .control
        .tell(
            &path,
            json!({"outcome": "canceled", "reason": "insufficient_funds"}),
        )
        .await;
    let stand = stand.later(A_WHILE).await;
    assert_eq!(stand.count(&payment, "PaymentRefundCancelled").await, 1);
    stand
        .control
        .set(json!({"shop": {"refunds": {"outcome": "succeed", "seconds": 0}}}))
        .await;
    give_back(&stand, &payment, "1500.00").await.expect(200);
    stand.drain().await;
    let back = stand.until(&payment, "refunded").await;
    assert_eq!(back["refunded"], "1500.00");
    let there = stand.control.shop_payment(id_of(&payment)).await;
    assert_eq!(there["refunded"], 150_000);
    stand.finish().await;
}

#[tokio::test]
async fn case_19_a_refund_without_an_answer_is_asked_after_before_it_is_sent_again() {
    let stand = Stand::set().await;
    let by_code = over(&stand, "sbp").await;
    let by_card = over(&stand, "yookassa").await;
    for (operation, payment) in [("tbank.Cancel", &by_code), ("refunds.create", &by_card)] {
        stand
            .control
            .fault(operation, json!({"kind": "drop_after"}))
            .await;
        give_back(&stand, payment, "700.00").await.expect(200);
    }
    stand.drain().await;
    let stand = stand.later(61).await;
    let stand = stand.later(A_WHILE).await;
    for payment in [&by_code, &by_card] {
        let back = stand.until(payment, "partially_refunded").await;
        assert_eq!(back["refunded"], "700.00");
        assert!(stand.anomalies(payment).await.is_empty());
    }
    assert_eq!(
        stand.control.bank_payment(id_of(&by_code)).await["refunded"],
        70_000,
        "once"
    );
    let there = stand.control.shop_payment(id_of(&by_card)).await;
    assert_eq!(
        (&there["refunded"], stand.control.refunds(&there).await.len()),
        (&json!(70_000), 1)
    );
    stand.finish().await;
}

#[tokio::test]
async fn complaint_a_refund_whose_answer_was_lost_and_whose_notice_came_keeps_its_own_number() {
    let stand = Stand::set().await;
    let payment = over(&stand, "yookassa").await;
    stand
        .control
        .twist("refund.succeeded", json!({"kind": "duplicate", "copies": 3}))
        .await;
    stand
        .control
        .fault("refunds.create", json!({"kind": "drop_after"}))
        .await;
    give_back(&stand, &payment, "100.00").await.expect(200);
    stand.drain().await;
    let back = stand.until(&payment, "partially_refunded").await;
    assert_eq!(
        back["refunded"], "100.00",
        "the notice told, long before it was time to ask again"
    );
    let there = stand.control.shop_payment(id_of(&payment)).await;
    let refunds = stand.control.refunds(&there).await;
    let facts = stand.facts(&payment).await;
    let known = facts
        .iter()
        .find(|fact| fact.event_type == "PaymentRefundPending")
        .unwrap();
    assert_eq!(
        known.body["provider_id"], refunds[0]["id"],
        "the refund's number, not the payment's"
    );
    let stand = stand.later(61).await;
    assert_eq!(
        stand.control.count("refunds.create.200").await,
        1,
        "{:?}",
        stand.control.look("/counters").await
    );
    assert_eq!(stand.count(&payment, "PaymentRefunded").await, 1);
    // And its receipt is found by that number.
    assert_eq!(stand.count(&payment, "PaymentReceiptRegistered").await, 2);
    stand.finish().await;
}

#[tokio::test]
async fn case_20_money_and_paper_go_their_own_ways_and_paper_that_failed_is_printed_again() {
    let broken = json!({"shop": {"fiscalization": {"till": "cancel"}}});
    let wanted = Wanted {
        settings: broken,
        ..Wanted::default()
    };
    let stand = Stand::with(wanted).await;
    let payment = over(&stand, "yookassa").await;
    let stand = stand.later(A_WHILE).await;
    assert_eq!(
        stand.payment(&payment).await["status"],
        "completed",
        "money does not wait for paper"
    );
    assert_eq!(stand.count(&payment, "PaymentReceiptFailed").await, 1);
    stand
        .control
        .set(json!({"shop": {"fiscalization": {"till": "succeed"}}}))
        .await;
    give_back(&stand, &payment, "500.00").await.expect(200);
    stand.drain().await;
    stand.until(&payment, "partially_refunded").await;
    let stand = stand.later(3_601).await;
    let stand = stand.later(A_WHILE).await;
    let there = stand.control.shop_payment(id_of(&payment)).await;
    let receipts = stand.control.receipts(&there).await;
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
    assert_eq!(stand.count(&payment, "PaymentReceiptRegistered").await, 2);
    assert_eq!(stand.count(&payment, "PaymentReceiptFailed").await, 1);
    assert!(stand.anomalies(&payment).await.is_empty());
    stand.finish().await;
}

#[tokio::test]
async fn case_33_refunds_at_once_all_arrive_at_both_providers() {
    let mut stand = Stand::set().await;
    let by_code = over(&stand, "sbp").await;
    let by_card = over(&stand, "yookassa").await;
    for payment in [&by_code, &by_card] {
        let (one, two, three) = tokio::join!(
            give_back(&stand, payment, "100.50"),
            give_back(&stand, payment, "200.00"),
            give_back(&stand, payment, "300.00")
        );
        for asked in [one, two, three] {
            asked.expect(200);
        }
    }
    for _ in 0..4 {
        stand = stand.later(A_WHILE).await;
    }
    for payment in [&by_code, &by_card] {
        let back = stand.until(payment, "partially_refunded").await;
        assert_eq!(back["refunded"], "600.50");
        assert!(stand.anomalies(payment).await.is_empty());
        assert_eq!(stand.count(payment, "PaymentProviderCallRefused").await, 0);
    }
    assert_eq!(
        stand.control.bank_payment(id_of(&by_code)).await["refunded"],
        60_050
    );
    let there = stand.control.shop_payment(id_of(&by_card)).await;
    assert_eq!(there["refunded"], 60_050);
    stand.finish().await;
}

#[tokio::test]
async fn a_refund_is_visible_from_the_moment_it_is_asked_for_and_pressed_twice_it_is_one() {
    let slow = json!({"terminal": {"refund": "wait"}});
    let wanted = Wanted {
        settings: slow,
        ..Wanted::default()
    };
    let stand = Stand::with(wanted).await;
    let payment = over(&stand, "sbp").await;
    let path = format!("/payments/{}/refund", id_of(&payment));
    let wish = json!({"amount": "100.50", "reason": "complaint"});
    let admin = &stand.scene.admin.client;
    let mut first = Value::Null;
    for _ in 0..2 {
        let asked = admin.post_keyed(&path, "pressed-twice", wish.clone()).await;
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
    give_back(&stand, &payment, "100.50")
        .await
        .expect_problem(409, "refund_under_way");
    stand.drain().await;
    let booking = stand.scene.booking(payment["booking_id"].as_str().unwrap()).await;
    for seen in [&stand.payment(&payment).await, &booking] {
        assert_eq!(sums(seen), ["0.00", "100.50", "1399.50", "0.00"]);
        assert_eq!(one(seen)["status"], "pending");
        assert_eq!(one(seen)["requested_at"], refund["requested_at"]);
    }
    let meant = json!({"amount": "100.50", "reason": "complaint", "again": true});
    admin.post_once(&path, meant).await.expect(200);
    let number = stand.control.bank_payment(id_of(&payment)).await["number"].clone();
    for _ in 0..2 {
        let ends = format!("/bank-refunds/{number}");
        stand.control.tell(&ends, json!({"outcome": "succeeded"})).await;
        stand.drain().await;
        stand.scene.platform.drain().await;
    }
    let stand = stand.later(A_WHILE).await;
    let back = stand.payment(&payment).await;
    assert_eq!(sums(&back), ["201.00", "0.00", "1299.00", "201.00"]);
    let ends = |at: usize| {
        back["refunds"][at]["status"] == "succeeded" && back["refunds"][at]["ended_at"].is_string()
    };
    assert!(ends(0) && ends(1), "{back}");
    stand.finish().await;
}

#[tokio::test]
async fn a_cancellation_with_a_fee_reads_the_same_however_it_was_paid() {
    let stand = Stand::set().await;
    let mut bookings = Vec::new();
    for method in ["sbp", "yookassa"] {
        let (booking, payment) = match method {
            "sbp" => stand.secured_by_code().await,
            _ => stand.secured_by_card().await,
        };
        stand.visit(&booking, &["depart"]).await;
        assert_eq!(stand.cancel_as_quoted(&booking).await, "450.00");
        bookings.push((booking, payment));
    }
    stand.drain().await;
    let stand = stand.later(A_WHILE).await;
    let mut read = Vec::new();
    for (booking, payment) in &bookings {
        let booking = stand.scene.booking(booking).await;
        let payment = stand.payment(payment).await;
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
    let listed = stand.scene.patient.client.get(path).await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 2, "{listed}");
    stand.finish().await;
}
