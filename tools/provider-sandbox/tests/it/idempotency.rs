//! Idempotence-Key: one key, one request, for 24 hours.

use reqwest::Method;
use serde_json::json;

use crate::kit::{TestSandbox, card_hold, rub, text};

#[tokio::test]
async fn the_same_request_twice_is_one_payment_even_after_it_has_moved_on() {
    let stage = TestSandbox::start().await;
    let request = card_hold("1500.00");
    let first = stage.post_keyed("/payments", &request, "key").await.ok();
    stage.pay(&text(&first, "/id")).await;
    let again = stage.post_keyed("/payments", &request, "key").await.ok();
    assert_eq!(again, first, "the first answer");
    assert_eq!(stage.look("/dump").await["payments"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_hundred_at_once_are_one_payment() {
    let stage = TestSandbox::start().await;
    let request = card_hold("1500.00");
    let mut ids = std::collections::BTreeSet::new();
    let asked = (0..100).map(|_| stage.post_keyed("/payments", &request, "key"));
    for answer in futures(asked).await {
        ids.insert(text(&answer.ok(), "/id"));
    }
    assert_eq!(ids.len(), 1);
}

/// Runs all of them at once.
async fn futures<T>(all: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut pinned: Vec<_> = all.map(Box::pin).collect();
    let mut done: Vec<Option<T>> = pinned.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        let mut waiting = false;
        for (future, answer) in pinned.iter_mut().zip(&mut done) {
            if answer.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(value) => *answer = Some(value),
                    std::task::Poll::Pending => waiting = true,
                }
            }
        }
        if waiting {
            std::task::Poll::Pending
        } else {
            std::task::Poll::Ready(())
        }
    })
    .await;
    done.into_iter().flatten().collect()
}

#[tokio::test]
async fn the_order_of_fields_is_not_data() {
    let stage = TestSandbox::start().await;
    let shop = &stage.settings.shop;
    let send = async |body: &'static str| {
        let url = format!("{}/v3/payments", stage.sandbox.api_url);
        let request = stage
            .http
            .post(url)
            .basic_auth(&shop.id, Some(&shop.secret))
            .header("content-type", "application/json")
            .header("idempotence-key", "key")
            .body(body);
        let answer: serde_json::Value = request.send().await.unwrap().json().await.unwrap();
        text(&answer, "/id")
    };
    let one =
        r#"{"amount":{"value":"1.00","currency":"RUB"},"confirmation":{"type":"redirect","return_url":"/"}}"#;
    let two = r#"{ "confirmation": {"return_url": "/", "type": "redirect"}, "amount": {"currency": "RUB", "value": "1.00"} }"#;
    assert_eq!(send(one).await, send(two).await);
}

#[tokio::test]
async fn the_same_key_for_another_request_is_refused() {
    let stage = TestSandbox::start().await;
    stage
        .post_keyed("/payments", &card_hold("1.00"), "key")
        .await
        .ok();
    let other = stage.post_keyed("/payments", &card_hold("2.00"), "key").await;
    assert_eq!(other.body["description"], "Idempotence key duplicated");
    assert_eq!(other.refused(), "Idempotence-Key");
    // The same body for another payment is another request too.
    let (one, two) = (stage.held("5.00").await, stage.held("5.00").await);
    stage
        .post_keyed(&format!("/payments/{one}/capture"), &json!({}), "capture")
        .await
        .ok();
    let other = stage
        .post_keyed(&format!("/payments/{two}/capture"), &json!({}), "capture")
        .await;
    assert_eq!(other.refused(), "Idempotence-Key");
}

#[tokio::test]
async fn after_24_hours_a_key_makes_a_second_payment() {
    let stage = TestSandbox::start().await;
    let request = card_hold("1500.00");
    let first = stage.post_keyed("/payments", &request, "key").await.ok();
    stage.advance(24 * 60 * 60 - 10).await;
    assert_eq!(
        stage.post_keyed("/payments", &request, "key").await.ok()["id"],
        first["id"]
    );
    stage.advance(20).await;
    assert_ne!(
        stage.post_keyed("/payments", &request, "key").await.ok()["id"],
        first["id"]
    );
}

#[tokio::test]
async fn keys_are_demanded_and_checked() {
    let stage = TestSandbox::start().await;
    let shop = &stage.settings.shop;
    let url = format!("{}/v3/payments", stage.sandbox.api_url);
    let without = stage
        .http
        .post(url)
        .basic_auth(&shop.id, Some(&shop.secret))
        .json(&card_hold("1.00"))
        .send()
        .await
        .unwrap();
    assert_eq!(without.status().as_u16(), 400);
    let long = "k".repeat(65);
    for key in ["with space", "with/slash~", long.as_str()] {
        let answer = stage.post_keyed("/payments", &card_hold("1.00"), key).await;
        assert_eq!(answer.refused(), "Idempotence-Key", "{key}");
    }
    assert_eq!(stage.look("/dump").await["payments"], json!([]));
}

#[tokio::test]
async fn refunds_and_captures_are_one_by_key_too() {
    let stage = TestSandbox::start().await;
    let id = stage.held("100.00").await;
    let capture = format!("/payments/{id}/capture");
    let once = stage.shop(Method::POST, &capture, None, Some("c")).await.ok();
    assert_eq!(
        stage.shop(Method::POST, &capture, None, Some("c")).await.ok(),
        once
    );
    let request = json!({"payment_id": id, "amount": rub("40.00")});
    let refund = stage.post_keyed("/refunds", &request, "r").await.ok();
    assert_eq!(stage.post_keyed("/refunds", &request, "r").await.ok(), refund);
    let payment = stage.get(&format!("/payments/{id}")).await.ok();
    assert_eq!(payment["refunded_amount"], rub("40.00"));
}
