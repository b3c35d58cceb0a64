//! Payouts from the gateway.

use reqwest::Method;
use serde_json::{Value, json};

use crate::kit::{TestSandbox, judge_notice, rub, text};

fn by_sbp(value: &str) -> Value {
    json!({
        "amount": rub(value),
        "payout_destination_data": {"type": "sbp", "phone": "79000000000", "bank_id": "100000000111"},
        "description": "Week 47",
        "metadata": {"payout_id": "p-1"},
    })
}

#[tokio::test]
async fn a_payout_moves_money_and_says_so() {
    let stage = TestSandbox::start().await;
    let payout = stage
        .gateway(Method::POST, "/payouts", Some(&by_sbp("1000.00")))
        .await
        .ok();
    assert_eq!(payout["status"], "succeeded");
    assert!(payout["payout_destination"]["sbp_operation_id"].is_string());
    let id = text(&payout, "/id");
    assert_eq!(
        stage
            .gateway(Method::GET, &format!("/payouts/{id}"), None)
            .await
            .ok(),
        payout
    );
    let me = stage.gateway(Method::GET, "/me", None).await.ok();
    assert_eq!(me["payout_balance"], rub("999000.00"));
    stage.quiet().await;
    assert_eq!(stage.sink.events(), ["payout.succeeded"]);
    judge_notice(&stage.sink.notices()[0]);
}

#[tokio::test]
async fn an_empty_balance_cancels_and_a_failed_payout_returns_its_money() {
    let stage = TestSandbox::start().await;
    stage
        .set(json!({"gateway": {"balance": 50_000, "outcome": "wait"}}))
        .await;
    let broke = stage
        .gateway(Method::POST, "/payouts", Some(&by_sbp("500.01")))
        .await
        .ok();
    assert_eq!(
        broke["cancellation_details"],
        json!({"party": "yoo_money", "reason": "insufficient_funds"})
    );
    let pending = stage
        .gateway(Method::POST, "/payouts", Some(&by_sbp("500.00")))
        .await
        .ok();
    assert_eq!(pending["status"], "pending");
    let id = text(&pending, "/id");
    stage
        .tell(
            &format!("/payouts/{id}"),
            json!({"outcome": "canceled", "reason": "recipient_not_found"}),
        )
        .await;
    let shown = stage
        .gateway(Method::GET, &format!("/payouts/{id}"), None)
        .await
        .ok();
    assert_eq!(shown["cancellation_details"]["party"], "payout_network");
    assert_eq!(
        stage.gateway(Method::GET, "/me", None).await.ok()["payout_balance"],
        rub("500.00")
    );
    stage.quiet().await;
    assert_eq!(stage.sink.events(), ["payout.canceled"; 2]);
}

#[tokio::test]
async fn payouts_are_listed_and_found_by_one_pair_of_metadata() {
    let stage = TestSandbox::start().await;
    let one = stage
        .gateway(Method::POST, "/payouts", Some(&by_sbp("1.00")))
        .await
        .ok();
    stage.set(json!({"gateway": {"outcome": "cancel"}})).await;
    let mut request = by_sbp("2.00");
    request["metadata"] = json!({"payout_id": "p-2"});
    let two = stage.gateway(Method::POST, "/payouts", Some(&request)).await.ok();
    assert_eq!(two["cancellation_details"]["reason"], "general_decline");
    let get = async |path: &str| stage.gateway(Method::GET, path, None).await.ok()["items"].clone();
    assert_eq!(get("/payouts").await, json!([two, one]));
    assert_eq!(get("/payouts?status=succeeded").await, json!([one]));
    assert_eq!(
        get("/payouts/search?metadata%5Bpayout_id%5D=p-2").await,
        json!([two])
    );
}

#[tokio::test]
async fn payouts_want_the_gateways_own_credentials_and_sane_requests() {
    let stage = TestSandbox::start().await;
    assert_eq!(stage.post("/payouts", &by_sbp("1.00")).await.status, 403);
    let mut plus = by_sbp("1.00");
    plus["payout_destination_data"]["phone"] = json!("+79000000000");
    let mut bank = by_sbp("1.00");
    bank["payout_destination_data"]["bank_id"] = json!("999999999999");
    let mut card = by_sbp("1.00");
    card["payout_destination_data"] = json!({"type": "bank_card", "card": {"number": "5555555555554444"}});
    for (request, field) in [
        (by_sbp("500000.01"), "amount.value"),
        (card, "payout_destination_data.type"),
        (plus, "payout_destination_data.phone"),
        (bank, "payout_destination_data.bank_id"),
    ] {
        assert_eq!(
            stage
                .gateway(Method::POST, "/payouts", Some(&request))
                .await
                .refused(),
            field
        );
    }
}
