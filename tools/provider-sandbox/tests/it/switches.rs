//! What the providers leave unsaid, in every position.

use serde_json::json;

use crate::kit::{TestSandbox, card_hold, rub, text};

#[tokio::test]
async fn a_key_counts_in_the_whole_shop_or_per_endpoint() {
    let stage = TestSandbox::start().await;
    let id = stage.charged("10.00").await;
    let refund = json!({"payment_id": id, "amount": rub("1.00")});
    stage
        .post_keyed("/payments", &card_hold("1.00"), "shared")
        .await
        .ok();
    assert_eq!(
        stage.post_keyed("/refunds", &refund, "shared").await.refused(),
        "Idempotence-Key"
    );

    stage.set(json!({"unsettled": {"key_scope": "endpoint"}})).await;
    stage
        .post_keyed("/payments", &card_hold("1.00"), "apart")
        .await
        .ok();
    stage.post_keyed("/refunds", &refund, "apart").await.ok();
}

#[tokio::test]
async fn a_refusal_is_forgotten_or_remembered() {
    let stage = TestSandbox::start().await;
    let id = text(&stage.post("/payments", &card_hold("1.00")).await.ok(), "/id");
    let capture = format!("/payments/{id}/capture");
    let first = stage.post_keyed(&capture, &json!({}), "k1").await;
    assert_eq!(first.status, 400);
    stage.set(json!({"unsettled": {"replay_refusals": true}})).await;
    let second = stage.post_keyed(&capture, &json!({}), "k2").await;
    assert_eq!(second.status, 400);
    stage.pay(&id).await;
    let still = stage.post_keyed(&capture, &json!({}), "k2").await;
    assert_eq!(
        (still.status, &still.body["id"]),
        (400, &second.body["id"]),
        "remembered"
    );
    stage.post_keyed(&capture, &json!({}), "k1").await.ok();
}

#[tokio::test]
async fn a_replay_shows_the_first_answer_or_the_object_as_it_is_now() {
    let stage = TestSandbox::start().await;
    let request = card_hold("1.00");
    let first = stage.post_keyed("/payments", &request, "key").await.ok();
    stage.pay(&text(&first, "/id")).await;
    assert_eq!(
        stage.post_keyed("/payments", &request, "key").await.ok()["status"],
        "pending"
    );
    stage
        .set(json!({"unsettled": {"replay_shows": "object_now"}}))
        .await;
    let now = stage.post_keyed("/payments", &request, "key").await.ok();
    assert_eq!(now["status"], "waiting_for_capture");
}

#[tokio::test]
async fn the_amount_after_a_partial_capture_is_rewritten_or_not() {
    let stage = TestSandbox::start().await;
    for (position, shown) in [("captured", "40.00"), ("original", "100.00")] {
        stage
            .set(json!({"unsettled": {"amount_after_capture": position}}))
            .await;
        let id = stage.held("100.00").await;
        let part = json!({"amount": rub("40.00")});
        let done = stage.post(&format!("/payments/{id}/capture"), &part).await.ok();
        assert_eq!(done["amount"], rub(shown), "{position}");
        assert_eq!(done["income_amount"], rub("38.88"));
        let too_much = json!({"payment_id": id, "amount": rub("40.01")});
        assert_eq!(stage.post("/refunds", &too_much).await.refused(), "amount.value");
    }
}

#[tokio::test]
async fn a_sum_that_is_a_number_is_refused_or_read() {
    let stage = TestSandbox::start().await;
    let mut request = card_hold("10.50");
    request["amount"] = json!({"value": 10.5, "currency": "RUB"});
    assert_eq!(stage.post("/payments", &request).await.refused(), "amount.value");
    stage.set(json!({"unsettled": {"numeric_sums": "accept"}})).await;
    let made = stage.post("/payments", &request).await.ok();
    assert_eq!(made["amount"], rub("10.50"), "shown as text all the same");
    for wrong in [json!(10.505), json!(-1), json!(0), json!(1e30)] {
        request["amount"]["value"] = wrong;
        assert_eq!(
            stage.post("/payments", &request).await.refused(),
            "amount.value",
            "{request}"
        );
    }
    stage.set(json!({"unsettled": {"numeric_sums": "refuse"}})).await;
    request["amount"]["value"] = json!(10);
    assert_eq!(stage.post("/payments", &request).await.refused(), "amount.value");
}

#[tokio::test]
async fn requests_in_one_second_may_be_limited() {
    let stage = TestSandbox::start().await;
    // The virtual second is as long as the real one: the limit is reached whenever it falls.
    stage.set(json!({"unsettled": {"requests_per_second": 2}})).await;
    let mut statuses = Vec::new();
    for _ in 0..12 {
        statuses.push(stage.get("/me").await.status);
    }
    assert!(statuses.contains(&429), "{statuses:?}");
    stage.advance(2).await;
    assert_eq!(stage.get("/me").await.status, 200);
}

#[tokio::test]
async fn the_pauses_of_webhooks_are_a_setting() {
    let stage = TestSandbox::start().await;
    stage.set(json!({"unsettled": {"webhook_pauses": [7]}})).await;
    stage.sink.answer(&[(500, "")]);
    stage.held("1.00").await;
    stage.quiet().await;
    stage.advance(8).await;
    stage.quiet().await;
    assert_eq!(stage.sink.events().len(), 2);
}
