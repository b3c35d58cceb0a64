//! Payments of YooKassa: the ways through their states.

use reqwest::Method;
use serde_json::json;

use crate::kit::{TestSandbox, by_sbp, card_hold, rub, text};

#[tokio::test]
async fn a_hold_is_captured_in_full_without_a_body() {
    let stage = TestSandbox::start().await;
    let created = stage.post("/payments", &card_hold("1500.00")).await.ok();
    assert_eq!(created["status"], "pending");
    assert_eq!(created["paid"], false);
    assert_eq!(created["metadata"]["payment_id"], "our-1");
    assert_eq!(created["payment_method"]["status"], "pending");
    let link = text(&created, "/confirmation/confirmation_url");
    assert!(link.starts_with(&stage.sandbox.api_url), "{link}");

    let id = text(&created, "/id");
    let held = stage.pay(&id).await;
    assert_eq!(held["status"], "waiting_for_capture");
    assert_eq!(held["paid"], true);
    assert_eq!(held["refundable"], false);
    assert!(held["expires_at"].is_string());
    assert!(held.get("confirmation").is_none());

    // The official Python client sends no body at all.
    let path = format!("/payments/{id}/capture");
    let done = stage.shop(Method::POST, &path, None, None).await.ok();
    assert_eq!(done["status"], "succeeded");
    assert_eq!(done["income_amount"], rub("1458.00"));
    assert_eq!(done["payment_method"]["card"]["last4"], "4477");
    assert_eq!(done["authorization_details"]["three_d_secure"]["applied"], true);
    assert_eq!(stage.get(&format!("/payments/{id}")).await.ok(), done);
}

#[tokio::test]
async fn part_of_a_hold_is_captured_and_the_rest_returns() {
    let stage = TestSandbox::start().await;
    let id = stage.held("1500.00").await;
    let path = format!("/payments/{id}/capture");
    assert_eq!(
        stage
            .post(&path, &json!({"amount": rub("1500.01")}))
            .await
            .refused(),
        "amount.value"
    );
    let done = stage.post(&path, &json!({"amount": rub("450.00")})).await.ok();
    assert_eq!(done["amount"], rub("450.00"));
    assert_eq!(done["income_amount"], rub("437.40"));
    // One capture per payment.
    assert_eq!(
        stage.post(&path, &json!({"amount": rub("100.00")})).await.status,
        400
    );
}

#[tokio::test]
async fn a_hold_is_let_go_and_only_a_hold_can_be() {
    let stage = TestSandbox::start().await;
    let created = stage.post("/payments", &card_hold("1500.00")).await.ok();
    let id = text(&created, "/id");
    let cancel = format!("/payments/{id}/cancel");
    assert_eq!(stage.post(&cancel, &json!({})).await.status, 400, "pending");
    stage.pay(&id).await;
    let canceled = stage.shop(Method::POST, &cancel, None, None).await.ok();
    assert_eq!(canceled["status"], "canceled");
    assert_eq!(
        canceled["cancellation_details"],
        json!({"party": "merchant", "reason": "canceled_by_merchant"})
    );
    assert_eq!(canceled["paid"], false);
    assert_eq!(
        stage.post(&cancel, &json!({})).await.status,
        400,
        "canceled already"
    );
    assert_eq!(
        stage
            .post(&format!("/payments/{id}/capture"), &json!({}))
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn an_unpaid_payment_expires_after_an_hour_and_a_hold_at_its_own_moment() {
    let stage = TestSandbox::start().await;
    let unpaid = text(&stage.post("/payments", &card_hold("10.00")).await.ok(), "/id");
    let held = stage.held("20.00").await;
    stage.advance(60 * 60 - 5).await;
    assert_eq!(
        stage.get(&format!("/payments/{unpaid}")).await.ok()["status"],
        "pending"
    );
    stage.advance(10).await;
    let expired = stage.get(&format!("/payments/{unpaid}")).await.ok();
    assert_eq!(
        expired["cancellation_details"],
        json!({"party": "yoo_money", "reason": "expired_on_confirmation"})
    );
    assert_eq!(
        stage.get(&format!("/payments/{held}")).await.ok()["status"],
        "waiting_for_capture"
    );
    stage.advance(7 * 24 * 60 * 60).await;
    let late = stage.post(&format!("/payments/{held}/capture"), &json!({})).await;
    assert_eq!(late.status, 400);
    assert_eq!(
        stage.get(&format!("/payments/{held}")).await.ok()["cancellation_details"]["reason"],
        "expired_on_capture"
    );
}

#[tokio::test]
async fn sbp_is_charged_at_once_and_cannot_be_held() {
    let stage = TestSandbox::start().await;
    let created = stage.post("/payments", &by_sbp("700000.00")).await.ok();
    let paid = stage.pay(&text(&created, "/id")).await;
    assert_eq!(paid["status"], "succeeded");
    assert_eq!(text(&paid, "/payment_method/sbp_operation_id").len(), 32);
    assert_eq!(paid["income_amount"], rub("695100.00"));

    let mut held = by_sbp("10.00");
    held["capture"] = json!(false);
    assert_eq!(stage.post("/payments", &held).await.refused(), "capture");
    assert_eq!(
        stage.post("/payments", &by_sbp("700000.01")).await.refused(),
        "amount.value"
    );
}

#[tokio::test]
async fn test_cards_decline_with_their_own_reasons() {
    let stage = TestSandbox::start().await;
    for (card, party, reason) in [
        ("5555555555554600", "payment_network", "insufficient_funds"),
        ("5555555555554584", "yoo_money", "country_forbidden"),
        ("5555555555554592", "payment_network", "3d_secure_failed"),
        ("1234567890123456", "payment_network", "invalid_card_number"),
    ] {
        let id = text(&stage.post("/payments", &card_hold("10.00")).await.ok(), "/id");
        stage.tell("/pay", json!({"payment": id, "card": card})).await;
        let declined = stage.get(&format!("/payments/{id}")).await.ok();
        assert_eq!(declined["status"], "canceled", "{card}");
        assert_eq!(
            declined["cancellation_details"],
            json!({"party": party, "reason": reason})
        );
    }
}

#[tokio::test]
async fn payers_are_found_by_our_own_metadata() {
    let stage = TestSandbox::start().await;
    let mut request = card_hold("10.00");
    request["metadata"] = json!({"booking": "b-7"});
    let id = text(&stage.post("/payments", &request).await.ok(), "/id");
    let ours = json!({"metadata": {"key": "booking", "value": "b-7"}});
    let held = stage.tell("/pay", ours).await;
    assert_eq!(
        (held["id"].as_str(), &held["status"]),
        (Some(id.as_str()), &json!("waiting_for_capture"))
    );
}

#[tokio::test]
async fn wrong_requests_are_refused_by_the_name_of_the_field() {
    let stage = TestSandbox::start().await;
    let wrong = |field: &str, value: serde_json::Value| {
        let mut request = card_hold("10.00");
        *request.pointer_mut(field).unwrap() = value;
        request
    };
    let many: serde_json::Map<String, serde_json::Value> =
        (0..17).map(|index| (format!("k{index}"), json!("v"))).collect();
    for (request, field) in [
        (json!({}), "amount"),
        (
            wrong("/amount", json!({"value": 10, "currency": "RUB"})),
            "amount.value",
        ),
        (wrong("/amount/value", json!("10.001")), "amount.value"),
        (wrong("/amount/value", json!("0.00")), "amount.value"),
        (wrong("/amount/currency", json!("USD")), "amount.currency"),
        (wrong("/description", json!("x".repeat(129))), "description"),
        (wrong("/metadata", json!({"a": 1})), "metadata.a"),
        (wrong("/metadata", json!({"a": "x".repeat(513)})), "metadata.a"),
        (wrong("/metadata", json!(many)), "metadata"),
        (
            wrong("/confirmation", json!({"type": "redirect"})),
            "confirmation.return_url",
        ),
        (
            wrong("/confirmation", json!({"type": "pigeon"})),
            "confirmation.type",
        ),
        (wrong("/confirmation", json!(null)), "confirmation"),
        (
            wrong("/payment_method_data/type", json!("cheque")),
            "payment_method_data.type",
        ),
        (wrong("/confirmation/type", json!("qr")), "confirmation.type"),
    ] {
        assert_eq!(
            stage.post("/payments", &request).await.refused(),
            field,
            "{request}"
        );
    }
}

#[tokio::test]
async fn a_note_may_be_null_and_comes_back_so() {
    let stage = TestSandbox::start().await;
    let mut request = card_hold("10.00");
    request["metadata"] = json!({"payment_id": "our-1", "campaign": null});
    let made = stage.post("/payments", &request).await.ok();
    assert_eq!(made["metadata"], request["metadata"]);
    let id = made["id"].as_str().unwrap();
    let shown = stage.get(&format!("/payments/{id}")).await.ok();
    assert_eq!(shown["metadata"], request["metadata"]);
}

#[tokio::test]
async fn strangers_and_lost_paths_are_told_so() {
    let stage = TestSandbox::start().await;
    let none = stage
        .ask(Method::GET, "/payments", None, None, "100500", "wrong")
        .await
        .unwrap();
    assert_eq!(
        (none.status, text(&none.body, "/code").as_str()),
        (401, "invalid_credentials")
    );
    let gateway = stage.gateway(Method::GET, "/payments", None).await;
    assert_eq!(gateway.status, 403);
    let unknown = stage.get("/payments/22e18a2f-000f-5000-a000-1db6312b7767").await;
    assert_eq!(
        (unknown.status, text(&unknown.body, "/parameter").as_str()),
        (404, "payment_id")
    );
    assert_eq!(stage.shop(Method::PUT, "/payments", None, None).await.status, 405);
    let url = format!("{}/v3/payments", stage.sandbox.api_url);
    let typed = stage
        .http
        .post(url)
        .header("content-type", "text/plain")
        .body("{}");
    assert_eq!(typed.send().await.unwrap().status().as_u16(), 415);
    let url = format!("{}/v3/payments", stage.sandbox.api_url);
    let shop = &stage.settings.shop;
    let broken = stage
        .http
        .post(url)
        .basic_auth(&shop.id, Some(&shop.secret))
        .header("content-type", "application/json")
        .header("idempotence-key", "k")
        .body("{");
    assert_eq!(broken.send().await.unwrap().status().as_u16(), 400);
}

#[tokio::test]
async fn a_shop_knows_itself_and_the_banks() {
    let stage = TestSandbox::start().await;
    let me = stage.get("/me").await.ok();
    assert_eq!(me["account_id"], "100500");
    assert_eq!(me["test"], true);
    let gateway = stage.gateway(Method::GET, "/me", None).await.ok();
    assert_eq!(gateway["payout_balance"], rub("1000000.00"));
    assert!(
        stage.get("/sbp_banks").await.ok()["items"]
            .as_array()
            .unwrap()
            .len()
            > 3
    );
}
