//! Somebody pays twice: the second money goes back by itself.

use serde_json::json;

use crate::money::stand::{A_WHILE, Stand, id_of};

#[tokio::test]
async fn case_27_and_case_29_whoever_pays_twice_gets_one_of_them_back() {
    let stand = Stand::set().await;
    let (booking, first) = stand.urgent("yookassa").await;
    // In another tab, another way; the first is given up here and still open there.
    let second = stand.begin(&booking, "sbp").await;
    assert_eq!(stand.payment(&first).await["status"], "cancelled");
    stand.pay_by_code(&second).await;
    stand.until_secured(&booking).await;
    stand.pay_by_card(&first).await;
    stand.drain().await;
    let gone = stand.until(&first, "cancelled").await;
    assert_eq!(gone["captured"], "0.00");
    let there = stand.control.shop_payment(id_of(&first)).await;
    assert_eq!(
        there["stage"]["reason"], "canceled_by_merchant",
        "what was held came back: {there}"
    );

    // The other way round: held first, charged second.
    let (booking, given_up) = stand.urgent("sbp").await;
    let held = stand.begin(&booking, "yookassa").await;
    stand.pay_by_card(&held).await;
    stand.until_secured(&booking).await;
    stand.pay_by_code(&given_up).await;
    stand.drain().await;
    let stand = stand.later(A_WHILE).await;
    let back = stand.until(&given_up, "refunded").await;
    assert_eq!(
        (&back["captured"], &back["refunded"]),
        (&json!("1500.00"), &json!("1500.00"))
    );
    assert_eq!(
        stand.control.bank_payment(id_of(&given_up)).await["refunded"],
        150_000
    );
    assert_eq!(stand.payment(&held).await["status"], "authorised");
    let refused = stand
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
    stand.finish().await;
}
