//! Somebody pays twice: the second money goes back by itself.

use serde_json::json;

use crate::money::provider_fixture::{A_WHILE, ProviderFixture, id_of};

#[tokio::test]
async fn case_27_and_case_29_whoever_pays_twice_gets_one_of_them_back() {
    let fixture = ProviderFixture::set().await;
    let (booking, first) = fixture.urgent("yookassa").await;
    // In another tab, another way; the first is given up here and still open there.
    let second = fixture.begin(&booking, "sbp").await;
    assert_eq!(fixture.payment(&first).await["status"], "cancelled");
    fixture.pay_by_code(&second).await;
    fixture.until_secured(&booking).await;
    fixture.pay_by_card(&first).await;
    fixture.drain().await;
    let gone = fixture.until(&first, "cancelled").await;
    assert_eq!(gone["captured"], "0.00");
    let there = fixture.control.shop_payment(id_of(&first)).await;
    assert_eq!(
        there["stage"]["reason"], "canceled_by_merchant",
        "what was held came back: {there}"
    );

    // The other way round: held first, charged second.
    let (booking, given_up) = fixture.urgent("sbp").await;
    let held = fixture.begin(&booking, "yookassa").await;
    fixture.pay_by_card(&held).await;
    fixture.until_secured(&booking).await;
    fixture.pay_by_code(&given_up).await;
    fixture.drain().await;
    let fixture = fixture.later(A_WHILE).await;
    let back = fixture.until(&given_up, "refunded").await;
    assert_eq!(
        (&back["captured"], &back["refunded"]),
        (&json!("1500.00"), &json!("1500.00"))
    );
    assert_eq!(
        fixture.control.bank_payment(id_of(&given_up)).await["refunded"],
        150_000
    );
    assert_eq!(fixture.payment(&held).await["status"], "authorised");
    let refused = fixture
        .scene
        .admin
        .client
        .get(&format!("/bookings/{booking}/history"))
        .await
        .expect(200);
    assert!(
        kit::scene::types_of(&refused).contains(&"LatePaymentRefused"),
        "{refused}"
    );
    fixture.finish().await;
}
