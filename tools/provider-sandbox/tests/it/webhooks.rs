//! Notifications: contents, acknowledgement, repetition, and the script that spoils them.

use serde_json::json;

use crate::kit::{TestSandbox, card_hold, judge_notice, rub, text};

#[tokio::test]
async fn every_step_is_told_with_the_object_as_of_then() {
    let stage = TestSandbox::start().await;
    let id = stage.charged("100.00").await;
    stage.quiet().await;
    stage
        .post("/refunds", &json!({"payment_id": id, "amount": rub("30.00")}))
        .await
        .ok();
    let other = text(&stage.post("/payments", &card_hold("1.00")).await.ok(), "/id");
    stage.decline(&other).await;
    stage.quiet().await;
    let mut events = stage.sink.events();
    events.sort();
    assert_eq!(
        events,
        [
            "payment.canceled",
            "payment.succeeded",
            "payment.waiting_for_capture",
            "refund.succeeded"
        ]
    );
    for notice in stage.sink.notices() {
        judge_notice(&notice);
        match notice["event"].as_str().unwrap() {
            "payment.succeeded" => assert_eq!(notice["object"]["refunded_amount"], rub("0.00")),
            "refund.succeeded" => assert_eq!(notice["object"]["payment_id"], id.as_str()),
            _ => {}
        }
    }
}

#[tokio::test]
async fn only_a_200_acknowledges_and_others_are_repeated_for_a_day() {
    let stage = TestSandbox::start().await;
    stage.sink.answer(&[(201, ""), (204, ""), (500, "")]);
    stage.held("1.00").await;
    stage.quiet().await;
    assert_eq!(stage.sink.events().len(), 1);
    stage.advance(59).await;
    stage.quiet().await;
    assert_eq!(stage.sink.events().len(), 1, "not before its pause");
    stage.advance(2).await;
    stage.quiet().await;
    assert_eq!(stage.sink.events().len(), 2);
    stage.advance(2 * 60 * 60).await;
    stage.quiet().await;
    assert_eq!(
        stage.sink.events().len(),
        4,
        "acknowledged at last, and told no more"
    );

    stage.sink.answer(&[(500, ""); 100]);
    stage.set(json!({"shop": {"hold_seconds": 10_000_000}})).await;
    stage.held("1.00").await;
    stage.advance(48 * 60 * 60).await;
    stage.quiet().await;
    let deliveries = stage.look("/webhooks").await;
    let last = deliveries.as_array().unwrap().last().unwrap();
    assert_eq!(last["state"], "given_up");
    assert_eq!(
        last["attempts"].as_array().unwrap().len(),
        28,
        "1, 5, 15, 30 minutes, then hourly"
    );
}

#[tokio::test]
async fn notifications_are_doubled_delayed_dropped_and_swapped() {
    let stage = TestSandbox::start().await;
    let waiting = "payment.waiting_for_capture";
    stage
        .delivery_fault(waiting, json!({"kind": "duplicate", "copies": 3}))
        .await;
    stage.held("1.00").await;
    stage.quiet().await;
    assert_eq!(stage.sink.events(), [waiting; 3]);

    stage
        .delivery_fault(waiting, json!({"kind": "delay", "ms": 60_000}))
        .await;
    stage.held("2.00").await;
    stage.quiet().await;
    assert_eq!(stage.sink.events().len(), 3);
    stage.advance(61).await;
    stage.quiet().await;
    assert_eq!(stage.sink.events().len(), 4);

    stage.delivery_fault(waiting, json!({"kind": "drop"})).await;
    stage.held("3.00").await;
    stage.advance(60 * 60).await;
    stage.quiet().await;
    assert_eq!(stage.sink.events().len(), 4);

    stage.delivery_fault(waiting, json!({"kind": "reorder"})).await;
    stage.charged("4.00").await;
    stage.quiet().await;
    assert_eq!(stage.sink.events()[4..], ["payment.succeeded", waiting]);
}

#[tokio::test]
async fn a_notification_may_come_before_the_reply_that_causes_it() {
    let stage = TestSandbox::start().await;
    let id = stage.held("1.00").await;
    stage.quiet().await;
    stage
        .delivery_fault("payment.succeeded", json!({"kind": "before_reply"}))
        .await;
    stage
        .post(&format!("/payments/{id}/capture"), &json!({}))
        .await
        .ok();
    assert_eq!(
        stage.sink.events()[1..],
        ["payment.succeeded"],
        "it has arrived when the reply is here"
    );
}

#[tokio::test]
async fn false_notifications_come_once_and_from_elsewhere() {
    let stage = TestSandbox::start().await;
    stage.set(json!({"shop": {"webhook_source": "127.0.0.7"}})).await;
    let forged = json!({
        "kind": "forge",
        "patch": {"event": "payment.succeeded", "object": {"status": "succeeded", "paid": true}},
        "source": "127.0.0.66",
    });
    stage.delivery_fault("payment.waiting_for_capture", forged).await;
    stage.sink.answer(&[(500, ""), (500, "")]);
    stage.held("1.00").await;
    stage.quiet().await;
    let mut seen: Vec<(String, String)> = stage
        .sink
        .sources()
        .iter()
        .map(ToString::to_string)
        .zip(stage.sink.events())
        .collect();
    seen.sort();
    let expected = [
        ("127.0.0.66".to_owned(), "payment.succeeded".to_owned()),
        ("127.0.0.7".to_owned(), "payment.waiting_for_capture".to_owned()),
    ];
    assert_eq!(seen, expected);
    stage.advance(61).await;
    stage.quiet().await;
    assert_eq!(
        stage.sink.events()[2..],
        ["payment.waiting_for_capture"],
        "only the true one is repeated"
    );
}

#[tokio::test]
async fn old_notifications_are_sent_again_as_they_were_and_any_body_can_be_forged() {
    let stage = TestSandbox::start().await;
    let id = stage.charged("1.00").await;
    stage.quiet().await;
    stage.tell("/webhooks/0/resend", json!({})).await;
    stage.quiet().await;
    let notices = stage.sink.notices();
    assert_eq!(notices.last(), notices.first());
    let body = json!({"type": "notification", "event": "refund.succeeded", "object": {"id": id}});
    stage
        .tell("/webhooks/forge", json!({"sender": "yookassa", "body": body}))
        .await;
    stage.quiet().await;
    assert_eq!(stage.sink.notices().last(), Some(&body));
}

#[tokio::test]
async fn a_clock_that_jumps_past_everything_tells_it_all_in_order() {
    let stage = TestSandbox::start().await;
    stage.post("/payments", &card_hold("1.00")).await.ok();
    stage.held("2.00").await;
    stage.quiet().await;
    stage.advance(8 * 24 * 60 * 60).await;
    stage.quiet().await;
    let reasons: Vec<String> = stage.sink.notices()[1..]
        .iter()
        .map(|notice| text(notice, "/object/cancellation_details/reason"))
        .collect();
    assert_eq!(reasons.len(), 2);
    assert!(reasons.contains(&"expired_on_confirmation".to_owned()));
    assert!(reasons.contains(&"expired_on_capture".to_owned()));
}
