//! Receipts (54-FZ) and the cash register.

use serde_json::{Value, json};

use crate::kit::{TestSandbox, card_hold, rub, text};

fn receipt(value: &str) -> Value {
    json!({
        "customer": {"email": "patient@example.com", "phone": "79000000000"},
        "items": [{
            "description": "House call",
            "quantity": 1,
            "amount": rub(value),
            "vat_code": 1,
            "payment_subject": "service",
            "payment_mode": "full_prepayment",
        }],
    })
}

fn with_receipt(value: &str) -> Value {
    let mut request = card_hold(value);
    request["receipt"] = receipt(value);
    request
}

fn offset(payment: &str, value: &str) -> Value {
    let mut told = receipt(value);
    told["type"] = json!("payment");
    told["payment_id"] = json!(payment);
    told["send"] = json!(true);
    told["items"][0]["payment_mode"] = json!("full_payment");
    told["settlements"] = json!([{"type": "prepayment", "amount": rub(value)}]);
    told
}

#[tokio::test]
async fn a_fiscal_shop_demands_a_receipt_that_adds_up() {
    let stage = TestSandbox::start().await;
    stage
        .set(json!({"shop": {"fiscalization": {"mode": "payment_first"}}}))
        .await;
    let missing = stage.post("/payments", &card_hold("10.00")).await;
    assert_eq!(missing.body["description"], "Receipt is missing or illegal");
    assert_eq!(missing.refused(), "receipt");
    assert_eq!(stage.get("/me").await.ok()["fiscalization_enabled"], true);
    let wrong = |place: &str, value: Value| {
        let mut request = with_receipt("10.00");
        *request["receipt"].pointer_mut(place).unwrap() = value;
        request
    };
    for (request, field) in [
        (wrong("/items/0/amount/value", json!("9.99")), "receipt"),
        (wrong("/items/0/quantity", json!(0.5)), "receipt"),
        (
            wrong("/items/0/quantity", json!(1.2345)),
            "receipt.items[0].quantity",
        ),
        (wrong("/items/0/vat_code", json!(13)), "receipt.items[0].vat_code"),
        (
            wrong("/items/0/payment_mode", json!("later")),
            "receipt.items[0].payment_mode",
        ),
        (wrong("/items", json!([])), "receipt.items"),
        (
            wrong("/customer/phone", json!("+79000000000")),
            "receipt.customer.phone",
        ),
    ] {
        assert_eq!(
            stage.post("/payments", &request).await.refused(),
            field,
            "{request}"
        );
    }
    stage.post("/payments", &with_receipt("10.00")).await.ok();
    // The official clients send quantities as text; answers show numbers.
    let mut as_text = with_receipt("10.00");
    as_text["receipt"]["items"][0]["quantity"] = json!("1.0");
    as_text["capture"] = json!(true);
    let id = text(&stage.post("/payments", &as_text).await.ok(), "/id");
    stage.pay(&id).await;
    let list = stage.get(&format!("/receipts?payment_id={id}")).await.ok();
    assert!(list["items"][0]["items"][0]["quantity"].is_number(), "{list}");
}

#[tokio::test]
async fn the_cash_register_registers_what_was_captured() {
    let stage = TestSandbox::start().await;
    stage
        .set(json!({"shop": {"fiscalization": {"mode": "payment_first"}}}))
        .await;
    let id = text(&stage.post("/payments", &with_receipt("10.00")).await.ok(), "/id");
    stage.pay(&id).await;
    let capture = format!("/payments/{id}/capture");
    let part = json!({"amount": rub("4.00")});
    assert_eq!(
        stage.post(&capture, &part).await.refused(),
        "receipt",
        "the first receipt says 10.00"
    );
    let part = json!({"amount": rub("4.00"), "receipt": receipt("4.00")});
    assert_eq!(
        stage.post(&capture, &part).await.ok()["receipt_registration"],
        "pending"
    );
    stage.advance(4).await;
    assert_eq!(
        stage.get(&format!("/payments/{id}")).await.ok()["receipt_registration"],
        "succeeded"
    );
    let list = stage.get(&format!("/receipts?payment_id={id}")).await.ok();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    let printed = &list["items"][0];
    assert_eq!(printed["settlements"][0]["amount"], rub("4.00"));
    assert!(printed["fiscal_document_number"].is_string());
    let again = stage
        .get(&format!("/receipts/{}", text(printed, "/id")))
        .await
        .ok();
    assert_eq!(again, *printed);
    assert!(
        !printed.to_string().contains("patient@example.com"),
        "the customer is not shown"
    );
}

#[tokio::test]
async fn a_second_receipt_offsets_the_prepayment() {
    let stage = TestSandbox::start().await;
    let id = stage.charged("10.00").await;
    let second = stage.post("/receipts", &offset(&id, "10.00")).await.ok();
    assert_eq!(second["status"], "pending");
    assert_eq!(text(&second, "/id").len(), 39);
    let mut wrong = offset(&id, "10.00");
    wrong["settlements"][0]["amount"] = rub("9.00");
    assert_eq!(stage.post("/receipts", &wrong).await.refused(), "settlements");
    stage.advance(4).await;
    let list = stage.get("/receipts?status=succeeded").await.ok();
    assert_eq!(list["items"][0]["id"], second["id"]);
}

#[tokio::test]
async fn a_cash_register_may_fail_or_keep_silent_without_touching_the_money() {
    let stage = TestSandbox::start().await;
    stage
        .set(json!({"shop": {"fiscalization": {"mode": "payment_first", "till": "wait"}}}))
        .await;
    let mut request = with_receipt("10.00");
    request["capture"] = json!(true);
    let id = text(&stage.post("/payments", &request).await.ok(), "/id");
    assert_eq!(stage.pay(&id).await["status"], "succeeded");
    stage.advance(24 * 60 * 60).await;
    let list = stage.get(&format!("/receipts?payment_id={id}")).await.ok();
    assert_eq!(list["items"][0]["status"], "pending");
    stage
        .set(json!({"shop": {"fiscalization": {"till": "cancel"}}}))
        .await;
    stage.post("/receipts", &offset(&id, "10.00")).await.ok();
    stage.advance(4).await;
    let canceled = stage.get("/receipts?status=canceled").await.ok();
    assert_eq!(canceled["items"].as_array().unwrap().len(), 1);
    let payment = stage.get(&format!("/payments/{id}")).await.ok();
    assert_eq!(payment["status"], "succeeded");
    assert_eq!(payment["receipt_registration"], "canceled");
}

#[tokio::test]
async fn refunds_print_receipts_of_their_own() {
    let stage = TestSandbox::start().await;
    stage
        .set(json!({"shop": {"fiscalization": {"mode": "payment_first"}}}))
        .await;
    let mut request = with_receipt("10.00");
    request["capture"] = json!(true);
    let id = text(&stage.post("/payments", &request).await.ok(), "/id");
    stage.pay(&id).await;
    let part = json!({"payment_id": id, "amount": rub("3.00")});
    assert_eq!(stage.post("/refunds", &part).await.refused(), "receipt");
    let part = json!({"payment_id": id, "amount": rub("3.00"), "receipt": receipt("3.00")});
    let refund = stage.post("/refunds", &part).await.ok();
    stage.advance(4).await;
    let refund_id = text(&refund, "/id");
    let shown = stage.get(&format!("/refunds/{refund_id}")).await.ok();
    assert_eq!(shown["receipt_registration"], "succeeded");
    let list = stage.get(&format!("/receipts?refund_id={refund_id}")).await.ok();
    assert_eq!(list["items"][0]["type"], "refund");
}
