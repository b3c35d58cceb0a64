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
