//! The faster payments system, by T-Bank and by YooKassa: charged at once, given back but for the fee, offset by a second
//! receipt.

use kit::browser;
use kit::client::Client;
use serde_json::{Value, json};

use super::provider_fixture::{A_WHILE, FixtureOptions, ProviderFixture, id_of};

#[tokio::test]
async fn a_scanned_code_pays_and_all_but_the_fee_goes_back() {
    let fixture = ProviderFixture::set().await;
    let (booking, payment) = fixture.urgent("sbp").await;
    let payload = payment["qr_payload"].as_str().unwrap();
    assert!(
        payload.contains("type=02") && payload.contains("sum=150000"),
        "{payload}"
    );
    let patient = &fixture.scene.patient.client;
    let svg = shown_as_pictures(patient, id_of(&payment)).await;

    let bank = browser::open(payload).await;
    assert!(bank.html.contains("1500,00"), "{}", bank.html);
    bank.press("Оплатить", &[]).await;
    fixture.until_secured(&booking).await;
    let paid = fixture.until(&payment, "completed").await;
    assert_eq!(paid["captured"], "1500.00");
    patient.get(&svg).await.expect_problem(404, "not_found");

    fixture.visit(&booking, &["depart"]).await;
    assert_eq!(fixture.cancel_as_quoted(&booking).await, "450.00");
    fixture.scene.platform.drain().await;
    let fixture = fixture.later(A_WHILE).await;
    let back = fixture.until(&payment, "partially_refunded").await;
    assert_eq!(
        (&back["captured"], &back["refunded"]),
        (&json!("1500.00"), &json!("1050.00"))
    );
    let of_visit = fixture.scene.booking(&booking).await;
    assert_eq!(
        (&of_visit["returned_to"], &of_visit["returned_at"]),
        (&json!("sbp"), &back["refunds"][0]["ended_at"]),
        "{of_visit}"
    );
    let there = fixture.control.bank_payment(id_of(&payment)).await;
    assert_eq!(
        (&there["status"], &there["refunded"]),
        (&json!("PartialRefunded"), &json!(105_000))
    );
    assert_eq!(fixture.control.count("tbank.Cancel.0").await, 1, "asked once");
    // The cash register may tell of the refund before the bank does; then it is listened to again.
    let fixture = fixture.later(61).await;
    three_receipts_were_printed(&fixture, &payment).await;
    three_receipts_are_shown(&fixture, &payment).await;
    assert!(fixture.anomalies(&payment).await.is_empty());
    fixture.finish().await;
}

/// As the bank's cash register tells, and the platform keeps.
async fn three_receipts_were_printed(fixture: &ProviderFixture, payment: &Value) {
    let printed: Vec<_> = fixture.control.all("bank_receipts").await;
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
    let registered = fixture.facts(payment).await;
    let proofs = registered
        .iter()
        .filter(|fact| fact.event_type == "PaymentReceiptRegistered" && fact.body["proof"].is_object());
    assert_eq!(
        proofs.count(),
        3,
        "the bank's cash register cannot be asked; what it tells is kept"
    );
}

async fn three_receipts_are_shown(fixture: &ProviderFixture, payment: &Value) {
    let shown = fixture.payment(payment).await;
    let shown: Vec<_> = shown["receipts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|receipt| {
            let document = receipt["fiscal"]["document_number"].as_str().unwrap();
            assert_eq!(
                receipt["copy_url"],
                format!("https://receipts.example/{document}")
            );
            let word = |name: &str| receipt[name].as_str().unwrap().to_owned();
            (word("purpose"), word("amount"), receipt["refund_number"].as_u64())
        })
        .collect();
    let expected = [
        ("prepayment", "1500.00", None),
        ("refund", "1050.00", Some(1)),
        ("offset", "450.00", None),
    ];
    for (purpose, amount, refund) in expected {
        let receipt = (purpose.to_owned(), amount.to_owned(), refund);
        assert!(shown.contains(&receipt), "no {receipt:?} in {shown:?}");
    }
    assert_eq!(shown.len(), 3);
}

/// Sees the code as SVG and PNG; answers where the first of them is.
async fn shown_as_pictures(patient: &Client, payment: &str) -> String {
    let path = |kind: &str| format!("/payments/{payment}/qr.{kind}");
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
    path("svg")
}

#[tokio::test]
async fn a_prepayment_through_yookassa_is_offset_by_a_second_receipt() {
    let order = ("TOT_SBP_PROVIDERS", "yookassa,tbank".to_owned());
    let wanted = FixtureOptions {
        variables: vec![order],
        ..FixtureOptions::default()
    };
    let fixture = ProviderFixture::with(wanted).await;
    let (booking, payment) = fixture.urgent("sbp").await;
    let bank = fixture.page(&payment).await.follow("Открыть в банке").await;
    bank.press("Оплатить", &[]).await;
    fixture.until_secured(&booking).await;
    fixture.until(&payment, "completed").await;
    fixture.visit(&booking, &["depart", "start", "complete"]).await;
    fixture.drain().await;
    let fixture = fixture.later(A_WHILE).await;
    let there = fixture.control.shop_payment(id_of(&payment)).await;
    assert!(fixture.control.bank_payments(id_of(&payment)).await.is_empty());
    let receipts = fixture.control.receipts(&there).await;
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
    assert_eq!(fixture.count(&payment, "PaymentReceiptRegistered").await, 2);
    assert!(fixture.anomalies(&payment).await.is_empty());
    fixture.finish().await;
}

#[tokio::test]
async fn a_refund_waits_for_the_receipt_that_closes_the_advance() {
    let fixture = ProviderFixture::set().await;
    let (booking, payment) = fixture.secured_by_code().await;
    fixture.visit(&booking, &["depart"]).await;
    fixture.drain().await;
    // The bank takes a closing receipt only while nothing has gone back, and is out of order when it is asked for one.
    let out_of_order = json!({"kind": "error_before"});
    fixture
        .control
        .fault("tbank.SendClosingReceipt", out_of_order)
        .await;
    assert_eq!(fixture.cancel_as_quoted(&booking).await, "450.00");
    fixture.drain().await;
    assert_eq!(fixture.control.count("faults.tbank.SendClosingReceipt").await, 1);
    let there = fixture.control.bank_payment(id_of(&payment)).await;
    assert_eq!(
        (&there["refunding"], &there["refunded"]),
        (&json!(0), &json!(0)),
        "{there}"
    );

    let fixture = fixture.later(61).await.later(61).await.later(A_WHILE).await;
    let back = fixture.until(&payment, "partially_refunded").await;
    assert_eq!(back["refunded"], "1050.00");
    assert_eq!(fixture.count(&payment, "PaymentReceiptFailed").await, 0);
    assert_eq!(fixture.count(&payment, "PaymentReceiptRegistered").await, 3);
    assert!(fixture.anomalies(&payment).await.is_empty());
    fixture.finish().await;
}

/// A visit whose closing receipt the bank's cash register took and prints after so long, while its answer was lost.
async fn closed_without_an_answer(register_seconds: u64) -> (ProviderFixture, Value) {
    let fixture = ProviderFixture::with(FixtureOptions {
        variables: vec![("TOT_PLAN_NOTICE_TRIES_MAX", "1".to_owned())],
        ..FixtureOptions::default()
    })
    .await;
    let (booking, payment) = fixture.secured_by_code().await;
    let fixture = fixture.later(A_WHILE).await;
    let slow = json!({"shop": {"fiscalization": {"till_seconds": register_seconds}}});
    fixture.control.set(slow).await;
    let lost = json!({"kind": "drop_after"});
    fixture.control.fault("tbank.SendClosingReceipt", lost).await;
    fixture.visit(&booking, &["depart", "start", "complete"]).await;
    fixture.drain().await;
    assert_eq!(fixture.control.count("faults.tbank.SendClosingReceipt").await, 1);
    (fixture, payment)
}

async fn printed(fixture: &ProviderFixture, payment: &Value) -> usize {
    let there = fixture.control.bank_payment(id_of(payment)).await;
    fixture.control.bank_receipts(&there).await.len()
}

#[tokio::test]
async fn a_closing_receipt_whose_answer_was_lost_is_not_registered_twice() {
    let (fixture, payment) = closed_without_an_answer(90).await;
    let fixture = fixture.later(61).await;
    assert_eq!(
        printed(&fixture, &payment).await,
        2,
        "the advance, and its closing"
    );
    let fixture = fixture.later(61).await.later(A_WHILE).await;
    assert_eq!(printed(&fixture, &payment).await, 2);
    assert_eq!(fixture.count(&payment, "PaymentReceiptRegistered").await, 2);
    assert!(fixture.anomalies(&payment).await.is_empty());
    fixture.finish().await;
}

#[tokio::test]
async fn a_receipt_that_was_printed_twice_after_all_is_an_operators_task() {
    let (fixture, payment) = closed_without_an_answer(200).await;
    let fixture = fixture.later(61).await.later(61).await;
    assert_eq!(
        printed(&fixture, &payment).await,
        3,
        "nothing was heard of it for two minutes"
    );
    let fixture = fixture.later(120).await.later(100).await;
    assert_eq!(fixture.count(&payment, "PaymentReceiptRegistered").await, 2);
    let fixture = fixture.later(61).await.later(61).await;
    assert_eq!(fixture.anomalies(&payment).await, ["receipt_unexpected"]);
    fixture.finish().await;
}
