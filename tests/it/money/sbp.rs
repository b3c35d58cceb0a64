//! The faster payments system, by T-Bank and by YooKassa: charged at once, given back but for the fee, offset by a second
//! receipt.

use kit::browser;
use serde_json::{Value, json};

use super::stand::{A_WHILE, Stand, Wanted, id_of};

#[tokio::test]
async fn a_scanned_code_pays_and_all_but_the_fee_goes_back() {
    let stand = Stand::set().await;
    let (booking, payment) = stand.urgent("sbp").await;
    let payload = payment["qr_payload"].as_str().unwrap();
    assert!(
        payload.contains("type=02") && payload.contains("sum=150000"),
        "{payload}"
    );
    let path = |kind: &str| format!("/payments/{}/qr.{kind}", id_of(&payment));
    let patient = &stand.scene.patient.client;
    let svg = patient.get(&path("svg")).await;
    assert_eq!(
        (svg.status.as_u16(), svg.header("content-type")),
        (200, "image/svg+xml")
    );
    assert!(svg.text.contains("<svg"), "{}", svg.text);
    let png = patient.get(&path("png")).await;
    assert_eq!(
        (png.status.as_u16(), png.header("content-type")),
        (200, "image/png")
    );

    let bank = browser::open(payload).await;
    assert!(bank.html.contains("1500,00"), "{}", bank.html);
    bank.press("Оплатить", &[]).await;
    stand.until_secured(&booking).await;
    let paid = stand.until(&payment, "completed").await;
    assert_eq!(paid["captured"], "1500.00");
    patient.get(&path("svg")).await.expect_problem(404, "not_found");

    stand.visit(&booking, &["depart"]).await;
    assert_eq!(stand.cancel_as_quoted(&booking).await, "450.00");
    stand.scene.platform.drain().await;
    let stand = stand.later(A_WHILE).await;
    let back = stand.until(&payment, "partially_refunded").await;
    assert_eq!(
        (&back["captured"], &back["refunded"]),
        (&json!("1500.00"), &json!("1050.00"))
    );
    let there = stand.control.bank_payment(id_of(&payment)).await;
    assert_eq!(
        (&there["status"], &there["refunded"]),
        (&json!("PartialRefunded"), &json!(105_000))
    );
    assert_eq!(stand.control.count("tbank.Cancel.0").await, 1, "asked once");
    // The till may tell of the refund before the bank does; then it is listened to again.
    let stand = stand.later(61).await;
    let printed: Vec<_> = stand.control.all("bank_receipts").await;
    let told: Vec<_> = printed
        .iter()
        .map(|receipt| {
            let mode = &receipt["told"]["Items"][0]["PaymentMethod"];
            (
                receipt["incoming"].as_bool(),
                receipt["amount"].as_i64(),
                mode.as_str(),
            )
        })
        .collect();
    let expected = [
        (Some(true), Some(150_000), Some("full_prepayment")),
        (Some(true), Some(45_000), Some("full_payment")),
        (Some(false), Some(105_000), Some("full_prepayment")),
    ];
    assert_eq!(
        told, expected,
        "paid, closed for the fee before the rest went back, given back"
    );
    let registered = stand.facts(&payment).await;
    let proofs = registered
        .iter()
        .filter(|fact| fact.event_type == "PaymentReceiptRegistered" && fact.body["proof"].is_object());
    assert_eq!(
        proofs.count(),
        3,
        "the bank's till cannot be asked; what it tells is kept"
    );
    assert!(stand.anomalies(&payment).await.is_empty());
    stand.finish().await;
}

#[tokio::test]
async fn a_prepayment_through_yookassa_is_offset_by_a_second_receipt() {
    let order = ("TOT_SBP_PROVIDERS", "yookassa,tbank".to_owned());
    let wanted = Wanted {
        variables: vec![order],
        ..Wanted::default()
    };
    let stand = Stand::with(wanted).await;
    let (booking, payment) = stand.urgent("sbp").await;
    let bank = stand.page(&payment).await.follow("Открыть в банке").await;
    bank.press("Оплатить", &[]).await;
    stand.until_secured(&booking).await;
    stand.until(&payment, "completed").await;
    stand.visit(&booking, &["depart", "start", "complete"]).await;
    stand.drain().await;
    let stand = stand.later(A_WHILE).await;
    let there = stand.control.shop_payment(id_of(&payment)).await;
    assert!(stand.control.bank_payments(id_of(&payment)).await.is_empty());
    let receipts = stand.control.receipts(&there).await;
    let told: Vec<_> = receipts
        .iter()
        .map(|receipt| {
            let (item, settled) = (&receipt["told"]["items"][0], &receipt["told"]["settlements"][0]);
            let word = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
            assert_eq!(receipt["registration"], "succeeded", "{receipt}");
            assert_eq!(settled["amount"]["value"], "1500.00", "{receipt}");
            (word(&item["payment_mode"]), word(&settled["type"]))
        })
        .collect();
    let expected = [("full_prepayment", "cashless"), ("full_payment", "prepayment")];
    let expected = expected.map(|(mode, kind)| (mode.to_owned(), kind.to_owned()));
    assert_eq!(told, expected);
    assert_eq!(stand.count(&payment, "PaymentReceiptRegistered").await, 2);
    assert!(stand.anomalies(&payment).await.is_empty());
    stand.finish().await;
}

#[tokio::test]
async fn a_refund_waits_for_the_receipt_that_closes_the_advance() {
    let stand = Stand::set().await;
    let (booking, payment) = stand.secured_by_code().await;
    stand.visit(&booking, &["depart"]).await;
    stand.drain().await;
    // The bank takes a closing receipt only while nothing has gone back, and is out of order when it is asked for one.
    let out_of_order = json!({"kind": "error_before"});
    stand
        .control
        .fault("tbank.SendClosingReceipt", out_of_order)
        .await;
    assert_eq!(stand.cancel_as_quoted(&booking).await, "450.00");
    stand.drain().await;
    assert_eq!(stand.control.count("faults.tbank.SendClosingReceipt").await, 1);
    let there = stand.control.bank_payment(id_of(&payment)).await;
    assert_eq!(
        (&there["refunding"], &there["refunded"]),
        (&json!(0), &json!(0)),
        "{there}"
    );

    let stand = stand.later(61).await.later(61).await.later(A_WHILE).await;
    let back = stand.until(&payment, "partially_refunded").await;
    assert_eq!(back["refunded"], "1050.00");
    assert_eq!(stand.count(&payment, "PaymentReceiptFailed").await, 0);
    assert_eq!(stand.count(&payment, "PaymentReceiptRegistered").await, 3);
    assert!(stand.anomalies(&payment).await.is_empty());
    stand.finish().await;
}

/// A visit whose closing receipt the bank's till took and prints after so long, while its answer was lost.
async fn closed_without_an_answer(till_seconds: u64) -> (Stand, Value) {
    let stand = Stand::with(Wanted {
        variables: vec![("TOT_PLAN_NOTICE_TRIES_MAX", "1".to_owned())],
        ..Wanted::default()
    })
    .await;
    let (booking, payment) = stand.secured_by_code().await;
    let stand = stand.later(A_WHILE).await;
    let slow = json!({"shop": {"fiscalization": {"till_seconds": till_seconds}}});
    stand.control.set(slow).await;
    let lost = json!({"kind": "drop_after"});
    stand.control.fault("tbank.SendClosingReceipt", lost).await;
    stand.visit(&booking, &["depart", "start", "complete"]).await;
    stand.drain().await;
    assert_eq!(stand.control.count("faults.tbank.SendClosingReceipt").await, 1);
    (stand, payment)
}

async fn printed(stand: &Stand, payment: &Value) -> usize {
    let there = stand.control.bank_payment(id_of(payment)).await;
    stand.control.bank_receipts(&there).await.len()
}

#[tokio::test]
async fn a_closing_receipt_whose_answer_was_lost_is_not_printed_twice() {
    let (stand, payment) = closed_without_an_answer(90).await;
    let stand = stand.later(61).await;
    assert_eq!(printed(&stand, &payment).await, 2, "the advance, and its closing");
    let stand = stand.later(61).await.later(A_WHILE).await;
    assert_eq!(printed(&stand, &payment).await, 2);
    assert_eq!(stand.count(&payment, "PaymentReceiptRegistered").await, 2);
    assert!(stand.anomalies(&payment).await.is_empty());
    stand.finish().await;
}

#[tokio::test]
async fn a_receipt_that_was_printed_twice_after_all_is_an_operators_task() {
    let (stand, payment) = closed_without_an_answer(200).await;
    let stand = stand.later(61).await.later(61).await;
    assert_eq!(
        printed(&stand, &payment).await,
        3,
        "nothing was heard of it for two minutes"
    );
    let stand = stand.later(120).await.later(100).await;
    assert_eq!(stand.count(&payment, "PaymentReceiptRegistered").await, 2);
    let stand = stand.later(61).await.later(61).await;
    assert_eq!(stand.anomalies(&payment).await, ["receipt_unexpected"]);
    stand.finish().await;
}
