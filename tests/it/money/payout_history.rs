//! The payouts of what a visit earned belong to its history, all of them: what came to nothing, what paid, and what others share.

use serde_json::{Value, json};

use super::payouts::{self, SHARE, ends};
use super::provider_fixture::ProviderFixture;

/// The histories of all visits, the oldest first.
async fn histories(fixture: &ProviderFixture) -> Vec<Value> {
    let admin = &fixture.scene.admin.client;
    let requested = admin.get("/admin/events?type=BookingRequested").await.expect(200);
    let mut histories = Vec::new();
    for fact in requested["items"].as_array().unwrap() {
        let booking = fact["stream_id"].as_str().unwrap();
        let path = format!("/admin/bookings/{booking}/history");
        histories.push(admin.get(&path).await.expect(200));
    }
    histories
}

/// How many facts of these types a history holds.
fn counts<const N: usize>(history: &Value, types: [&str; N]) -> [usize; N] {
    let items = history["items"].as_array().unwrap();
    types.map(|of| items.iter().filter(|item| item["type"] == of).count())
}

#[tokio::test]
async fn a_payout_that_came_to_nothing_and_the_next_weeks_that_paid_are_both_told() {
    let fixture = payouts::earned(json!({"gateway": {"balance": 0}})).await;
    let doctor = &fixture.scene.doctor.client;
    let first = payouts::run(&fixture).await["payout_id"].clone();
    fixture.drain().await;
    ends(doctor, &first, "cancelled").await;
    fixture
        .control
        .set(json!({"gateway": {"balance": 1_000_000}}))
        .await;
    let second = payouts::run(&fixture).await["payout_id"].clone();
    fixture.drain().await;
    ends(doctor, &second, "paid").await;
    fixture.drain().await;

    let history = &histories(&fixture).await[0];
    let types = [
        "WalletEarned",
        "PayoutRequested",
        "WalletPaidOut",
        "PayoutCancelled",
        "WalletPayoutReturned",
        "PayoutPaid",
    ];
    assert_eq!(counts(history, types), [1, 2, 2, 1, 1, 1]);
    let told = |id: &Value, status| json!({"id": id, "status": status, "amount": SHARE, "of_this_visit": SHARE, "currency": "RUB"});
    let both = json!([told(&first, "cancelled"), told(&second, "paid")]);
    assert_eq!(
        (&history["payouts"], &history["truncated"]),
        (&both, &json!(false))
    );

    // As it was before the second one was asked for.
    let booking = history["booking_id"].as_str().unwrap();
    let items = history["items"].as_array().unwrap();
    let returned = items
        .iter()
        .find(|item| item["type"] == "WalletPayoutReturned")
        .unwrap();
    let path = format!(
        "/admin/bookings/{booking}/history?as_of=@{}",
        returned["position"]
    );
    let before = fixture.scene.admin.client.get(&path).await.expect(200);
    assert_eq!(before["payouts"], json!([told(&first, "cancelled")]));
    let arguments = ["replay", "booking", booking, "--text"];
    let text = fixture.scene.platform.tot(&arguments, "").await;
    let line = format!("{}  {SHARE} RUB of {SHARE} RUB: paid", second.as_str().unwrap());
    assert!(text.contains(&line), "{line} in\n{text}");
    fixture.finish().await;
}

#[tokio::test]
async fn visits_that_one_payout_pays_each_say_how_much_of_it_is_theirs() {
    let fixture = payouts::earned(json!({})).await;
    let (booking, _) = fixture.secured_by_card().await;
    fixture.visit(&booking, &["depart", "start", "complete"]).await;
    fixture.drain().await;
    let payout = payouts::run(&fixture).await;
    let doctor = &fixture.scene.doctor.client;
    assert_eq!(payout["amount"], "2400.00");
    ends(doctor, &payout["payout_id"], "paid").await;
    fixture.drain().await;
    let share = json!([{
        "id": payout["payout_id"], "status": "paid", "amount": "2400.00", "of_this_visit": SHARE, "currency": "RUB",
    }]);
    let histories = histories(&fixture).await;
    assert_eq!(histories.len(), 2);
    for history in &histories {
        assert_eq!(history["payouts"], share);
        assert_eq!(
            counts(history, ["WalletEarned", "WalletPaidOut", "PayoutPaid"]),
            [1; 3]
        );
    }
    fixture.finish().await;
}
