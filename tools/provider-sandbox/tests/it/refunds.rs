//! Refunds of YooKassa: in whole, in part, pending and failed.

use serde_json::json;

use crate::kit::{TestSandbox, by_sbp, rub, text};

#[tokio::test]
async fn several_refunds_add_up_to_what_was_captured_and_no_further() {
    let stage = TestSandbox::start().await;
    let id = stage.charged("1000.00").await;
    let refund = |value: &str| json!({"payment_id": id, "amount": rub(value), "metadata": {"n": "1"}});
    let first = stage.post("/refunds", &refund("300.00")).await.ok();
    assert_eq!(first["status"], "succeeded");
    assert_eq!(
        stage.post("/refunds", &refund("700.01")).await.refused(),
        "amount.value"
    );
    let payment = stage.get(&format!("/payments/{id}")).await.ok();
    assert_eq!(payment["refunded_amount"], rub("300.00"));
    assert_eq!(payment["status"], "succeeded");
    assert_eq!(payment["refundable"], true);
    stage.post("/refunds", &refund("700.00")).await.ok();
    let payment = stage.get(&format!("/payments/{id}")).await.ok();
    assert_eq!(payment["refunded_amount"], rub("1000.00"));
    assert_eq!(payment["refundable"], false);
    let shown = stage.get(&format!("/refunds/{}", text(&first, "/id"))).await.ok();
    assert_eq!(shown, first);
}

#[tokio::test]
async fn a_pending_refund_reserves_its_sum_until_it_is_canceled_without_a_word() {
    let stage = TestSandbox::start().await;
    let id = stage.charged("1000.00").await;
    stage.set(json!({"shop": {"refunds": {"outcome": "wait"}}})).await;
    let request = json!({"payment_id": id, "amount": rub("800.00")});
    let refund = stage.post("/refunds", &request).await.ok();
    assert_eq!(refund["status"], "pending");
    let more = json!({"payment_id": id, "amount": rub("201.00")});
    assert_eq!(stage.post("/refunds", &more).await.refused(), "amount.value");
    let refund_id = text(&refund, "/id");
    stage
        .tell(
            &format!("/refunds/{refund_id}"),
            json!({"outcome": "canceled", "reason": "insufficient_funds"}),
        )
        .await;
    let shown = stage.get(&format!("/refunds/{refund_id}")).await.ok();
    assert_eq!(
        shown["cancellation_details"],
        json!({"party": "yoo_money", "reason": "insufficient_funds"})
    );
    let payment = stage.get(&format!("/payments/{id}")).await.ok();
    assert_eq!(payment["refunded_amount"], rub("0.00"));
    stage.post("/refunds", &more).await.ok();
    stage.quiet().await;
    let about_refunds = stage
        .sink
        .events()
        .iter()
        .filter(|event| event.starts_with("refund"))
        .count();
    assert_eq!(about_refunds, 0, "there is no refund.canceled");
}

#[tokio::test]
async fn a_refund_may_take_its_time() {
    let stage = TestSandbox::start().await;
    let id = stage.charged("1000.00").await;
    stage.set(json!({"shop": {"refunds": {"seconds": 3600}}})).await;
    let refund = stage
        .post("/refunds", &json!({"payment_id": id, "amount": rub("1.00")}))
        .await
        .ok();
    assert_eq!(refund["status"], "pending");
    stage.advance(3_601).await;
    let shown = stage
        .get(&format!("/refunds/{}", text(&refund, "/id")))
        .await
        .ok();
    assert_eq!(shown["status"], "succeeded");
}

#[tokio::test]
async fn only_succeeded_payments_are_refunded() {
    let stage = TestSandbox::start().await;
    let held = stage.held("10.00").await;
    let request = json!({"payment_id": held, "amount": rub("1.00")});
    assert_eq!(stage.post("/refunds", &request).await.refused(), "payment_id");
}

#[tokio::test]
async fn a_refund_by_sbp_carries_an_operation_of_its_own() {
    let stage = TestSandbox::start().await;
    let id = text(&stage.post("/payments", &by_sbp("100.00")).await.ok(), "/id");
    stage.pay(&id).await;
    let refund = stage
        .post("/refunds", &json!({"payment_id": id, "amount": rub("100.00")}))
        .await
        .ok();
    assert_eq!(refund["refund_method"]["type"], "sbp");
    assert_eq!(text(&refund, "/refund_method/sbp_operation_id").len(), 32);
}
