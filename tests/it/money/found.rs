//! What a provider's statement calls a payment, a refund or a payout by leads an admin to ours.

use serde_json::{Value, json};

use super::payouts;
use super::provider_fixture::{ProviderFixture, id_of};

/// What an admin finds by this.
async fn found(fixture: &ProviderFixture, query: &str) -> Vec<Value> {
    let path = format!("/admin/search?q={query}");
    let found = fixture.scene.admin.client.get(&path).await.expect(200);
    found["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_payment_is_found_by_the_providers_ids_of_it_and_of_its_refunds_and_a_payout_by_the_gateways() {
    let fixture = payouts::earned(json!({})).await;
    let payout = payouts::run(&fixture).await["payout_id"].clone();
    payouts::ends(&fixture.scene.doctor.client, &payout, "paid").await;
    let (booking, by_card) = fixture.secured_by_card().await;
    fixture.visit(&booking, &["depart", "start", "complete"]).await;
    fixture.until(&by_card, "completed").await;
    let path = format!("/payments/{}/refund", id_of(&by_card));
    let request = json!({"amount": "500.00", "reason": "complaint"});
    let admin = &fixture.scene.admin.client;
    admin.post_once(&path, request).await.expect(200);
    let (_, by_code) = fixture.secured_by_code().await;
    fixture.drain().await;

    let shop = fixture.control.shop_payment(id_of(&by_card)).await;
    let refund = fixture.control.refunds(&shop).await[0].clone();
    let bank = fixture.control.bank_payment(id_of(&by_code)).await;
    let gateway = payouts::at_the_gateway(&fixture).await[0].clone();
    for (id, kind, ours) in [
        (&shop["id"], "payment", id_of(&by_card)),
        (&refund["id"], "payment", id_of(&by_card)),
        (&bank["number"], "payment", id_of(&by_code)),
        (&gateway["id"], "payout", payout.as_str().unwrap()),
    ] {
        let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
        let found = found(&fixture, &id).await;
        assert_eq!(found.len(), 1, "{id}: {found:?}");
        assert_eq!(
            (&found[0]["kind"], &found[0]["id"]),
            (&json!(kind), &json!(ours)),
            "{id}"
        );
    }
    // Receipts are told in a payment's facts, and found by nothing else: the page says so.
    let receipt = fixture.control.receipts(&shop).await[0]["id"].clone();
    assert_eq!(found(&fixture, receipt.as_str().unwrap()).await, [json!(null); 0]);
    fixture.finish().await;
}
