//! Nothing happens without a cause: the whole history of a visit that is paid by card, as the real binary tells it; and at the end of
//! every test with providers the histories of its bookings, whichever way their money went.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::payouts;
use super::provider_fixture::{A_WHILE, CARD, ProviderFixture, id_of};

#[tokio::test]
async fn every_fact_of_a_visit_paid_by_card_has_its_cause_and_is_told() {
    let fixture = ProviderFixture::set().await;
    let (booking, payment) = fixture.urgent("yookassa").await;
    let page = fixture.page(&payment).await;
    page.press("Оплатить", &[("number", CARD)]).await;
    fixture.until_secured(&booking).await;
    fixture.visit(&booking, &["depart", "start", "complete"]).await;
    fixture.until(&payment, "completed").await;
    let fixture = fixture.later(A_WHILE).await;
    fixture.scene.platform.drain().await;

    let admin = &fixture.scene.admin;
    let path = format!("/admin/bookings/{booking}/history");
    let history = admin.client.get(&path).await.expect(200);
    let items = history["items"].as_array().unwrap();
    let at: BTreeMap<i64, &Value> = items.iter().map(|item| (position(item), item)).collect();
    for item in items {
        has_its_cause(item, &at);
        for language in ["en", "ru"] {
            assert!(!item[language].as_str().unwrap().is_empty(), "{item}");
        }
        assert!(item["command_id"].is_string(), "{item}");
        assert_eq!(
            item["actor"]["name"].is_string(),
            item["actor"]["role"] != "process",
            "{item}"
        );
    }
    let types: BTreeSet<&str> = items.iter().map(|item| item["type"].as_str().unwrap()).collect();
    for told in [
        "BookingRequested",
        "PaymentProviderCallIntended",
        "PaymentAuthorised",
        "SlotClaimed",
        "VisitCompleted",
        "PaymentCaptured",
        "PaymentReceiptRegistered",
        "BookingEarned",
        "WalletEarned",
    ] {
        assert!(types.contains(told), "{told} in {types:?}");
    }
    for instruction in history["instructions"].as_array().unwrap() {
        let cause = instruction["caused_by"].as_i64().unwrap();
        assert!(cause == 0 || at.contains_key(&cause), "{instruction}");
    }
    assert_eq!(
        (&history["state"]["state"], &history["truncated"]),
        (&json!("completed"), &json!(false))
    );

    holds_all_that_the_log_says(&fixture, &booking, id_of(&payment), &at).await;
    is_told_the_same_by_the_command_line(&fixture, &booking, items).await;
    fixture.finish().await;
}

#[tokio::test]
async fn the_payout_of_what_a_visit_earned_belongs_to_its_history() {
    let fixture = payouts::earned(json!({})).await;
    let line = payouts::run(&fixture).await;
    payouts::ends(&fixture.scene.doctor.client, &line["payout_id"], "paid").await;
    fixture.drain().await;
    let admin = &fixture.scene.admin.client;
    let requested = admin.get("/admin/events?type=BookingRequested").await.expect(200);
    let booking = requested["items"][0]["stream_id"].as_str().unwrap();
    let history = admin
        .get(&format!("/admin/bookings/{booking}/history"))
        .await
        .expect(200);
    let items = history["items"].as_array().unwrap();
    let at: BTreeMap<i64, &Value> = items.iter().map(|item| (position(item), item)).collect();
    items.iter().for_each(|item| has_its_cause(item, &at));
    let of = |kind: &str| items.iter().filter(|item| item["type"] == kind).count();
    let told = ["WalletEarned", "WalletPaidOut", "PayoutRequested", "PayoutPaid"].map(of);
    assert_eq!(told, [1; 4]);
    fixture.finish().await;
}

/// How many bookings the end of a test looks at; most have one or two.
const HISTORIES_MAX: i64 = 20;

/// Fails unless the history of each booking is whole: every fact told, with its cause.
pub async fn are_told_in_every_history(fixture: &ProviderFixture) {
    let platform = &fixture.scene.platform;
    let pool = platform.pool().await;
    let bookings: Vec<String> = sqlx::query_scalar(
        "select aggregate_id from events where event_type = 'BookingRequested' order by position limit $1",
    )
    .bind(HISTORIES_MAX)
    .fetch_all(&pool)
    .await
    .unwrap();
    pool.close().await;
    // The clock may have moved past the admin's token.
    let admin = platform.again(&fixture.scene.admin).await;
    for booking in bookings {
        let path = format!("/admin/bookings/{booking}/history");
        let history = admin.client.get(&path).await.expect(200);
        assert_eq!(history["truncated"], json!(false));
        let items = history["items"].as_array().unwrap();
        let at: BTreeMap<i64, &Value> = items.iter().map(|item| (position(item), item)).collect();
        for item in items {
            has_its_cause(item, &at);
            assert!(!item["en"].as_str().unwrap().is_empty(), "{item}");
        }
    }
}

/// A fact is caused by a person, by a fact before it that names it in turn, by what a provider told, or by a comparison.
fn has_its_cause(item: &Value, at: &BTreeMap<i64, &Value>) {
    let cause = &item["cause"];
    match cause["kind"].as_str().unwrap() {
        "person" => assert_eq!(cause["account_id"], item["actor"]["id"], "{item}"),
        "process" => {
            let fact = cause["fact"].as_i64().unwrap();
            assert!(fact < position(item), "{item}");
            let led_to = at[&fact]["led_to"].as_array().unwrap();
            assert!(
                led_to.contains(&item["position"]),
                "{} does not lead to {item}",
                at[&fact]
            );
        }
        "notice" => assert!(cause["hint_id"].is_string(), "{item}"),
        "comparison" => assert!(cause["reconciliation_id"].is_string(), "{item}"),
        other => panic!("{other} caused {item}"),
    }
}

/// Whatever the log has of the booking, of its payment, or of what these led to, the history has.
async fn holds_all_that_the_log_says(
    fixture: &ProviderFixture,
    booking: &str,
    payment: &str,
    at: &BTreeMap<i64, &Value>,
) {
    let admin = &fixture.scene.admin.client;
    let mut after = 0;
    loop {
        let page = admin
            .get(&format!("/admin/events?after={after}&limit=200"))
            .await
            .expect(200);
        for fact in page["items"].as_array().unwrap() {
            let cause = fact["metadata"]["causation"].as_str().unwrap().parse().ok();
            let concerns = fact["stream_id"] == booking
                || fact["stream_id"] == payment
                || cause.is_some_and(|cause: i64| at.contains_key(&cause));
            assert!(!concerns || at.contains_key(&position(fact)), "{fact} is missing");
        }
        match page["next"].as_str() {
            Some(next) => after = next.parse().unwrap(),
            None => return,
        }
    }
}

async fn is_told_the_same_by_the_command_line(fixture: &ProviderFixture, booking: &str, items: &[Value]) {
    let (platform, admin) = (&fixture.scene.platform, &fixture.scene.admin.id);
    let email = &fixture.scene.admin.email;
    let told = platform.tot(&["replay", "booking", booking, "--json"], "").await;
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["items"].as_array().unwrap().len(), items.len());
    let text = platform
        .tot(&["replay", "booking", booking, "--lang", "ru"], "")
        .await;
    for item in items {
        assert!(text.contains(item["ru"].as_str().unwrap()), "{item} in\n{text}");
    }
    let name = items[0]["actor"]["name"].as_str().unwrap();
    assert!(!text.contains(name), "nobody said who reads:\n{text}");
    platform.sign_in_operator(email).await;
    let named = platform.tot(&["replay", "booking", booking, "--names"], "").await;
    assert!(named.contains(name), "{named}");
    // Once over HTTP, once on the command line.
    let pool = platform.pool().await;
    let uses: i64 = sqlx::query_scalar(
        "select count(*) from identity.security_events where actor_id::text = $1 and purpose = 'history'",
    )
    .bind(admin)
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(uses, 2);
}

fn position(item: &Value) -> i64 {
    item["position"].as_i64().unwrap()
}
