//! The script of faults: what a client sees, and what has really happened.

use serde_json::{Value, json};

use crate::kit::{TestSandbox, card_hold, text};

async fn payments(stage: &TestSandbox) -> Vec<Value> {
    stage.look("/dump").await["payments"].as_array().unwrap().clone()
}

/// Whether a connection ended with a reset, and not with a polite end.
fn was_reset(fault: &reqwest::Error) -> bool {
    let mut cause: Option<&dyn std::error::Error> = Some(fault);
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            return io.kind() == std::io::ErrorKind::ConnectionReset;
        }
        cause = error.source();
    }
    false
}

#[tokio::test]
async fn an_accepted_request_whose_reply_is_lost_converges_by_its_key() {
    let stage = TestSandbox::start().await;
    stage
        .fault("payments.create", json!({"kind": "drop_after"}))
        .await;
    let request = card_hold("10.00");
    let lost = stage.try_shop("/payments", &request, "key").await;
    assert!(was_reset(&lost.unwrap_err()), "no answer at all");
    assert_eq!(payments(&stage).await.len(), 1);
    let found = stage.post_keyed("/payments", &request, "key").await.ok();
    assert_eq!(found["id"], payments(&stage).await[0]["id"]);
    assert_eq!(payments(&stage).await.len(), 1);
}

#[tokio::test]
async fn a_reset_before_anything_leaves_nothing() {
    let stage = TestSandbox::start().await;
    stage.fault("*", json!({"kind": "reset_before"})).await;
    let lost = stage.try_shop("/payments", &card_hold("10.00"), "key").await;
    assert!(was_reset(&lost.unwrap_err()));
    assert!(payments(&stage).await.is_empty());
}

#[tokio::test]
async fn a_500_before_and_one_after_look_alike_and_converge_alike() {
    let stage = TestSandbox::start().await;
    for (kind, made) in [("error_before", 0), ("error_after", 2)] {
        stage.fault("payments.create", json!({"kind": kind})).await;
        let request = card_hold("10.00");
        let answer = stage.post_keyed("/payments", &request, kind).await;
        assert_eq!(answer.status, 500);
        assert_eq!(payments(&stage).await.len(), made, "{kind}");
        stage.post_keyed("/payments", &request, kind).await.ok();
    }
    assert_eq!(payments(&stage).await.len(), 2);
}

#[tokio::test]
async fn after_a_500_the_provider_may_give_the_payment_up() {
    let stage = TestSandbox::start().await;
    let fault = json!({"kind": "error_after", "cancel": true});
    stage.fault("payments.create", fault).await;
    let request = card_hold("10.00");
    assert_eq!(stage.post_keyed("/payments", &request, "key").await.status, 500);
    let first = stage.post_keyed("/payments", &request, "key").await.ok();
    let now = stage
        .get(&format!("/payments/{}", text(&first, "/id")))
        .await
        .ok();
    assert_eq!(now["cancellation_details"]["reason"], "internal_timeout");
}

#[tokio::test]
async fn a_202_and_a_429_say_when_to_come_back() {
    let stage = TestSandbox::start().await;
    let processing = json!({"kind": "processing", "retry_after_ms": 700});
    let too_many = json!({"kind": "too_many_requests", "retry_after_ms": 900});
    stage.fault("payments.create", processing).await;
    stage
        .tell(
            "/faults",
            json!({"on": "payments.create", "nth": 2, "fault": too_many}),
        )
        .await;
    let request = card_hold("10.00");
    let first = stage.post_keyed("/payments", &request, "key").await;
    assert_eq!((first.status, &first.body["retry_after"]), (202, &json!(700)));
    assert_eq!(payments(&stage).await.len(), 1, "accepted all the same");
    let second = stage.post_keyed("/payments", &request, "key").await;
    assert_eq!((second.status, &second.body["retry_after"]), (429, &json!(900)));
    stage.post_keyed("/payments", &request, "key").await.ok();
    assert_eq!(payments(&stage).await.len(), 1);
}

#[tokio::test]
async fn a_slow_reply_has_happened_already() {
    let stage = TestSandbox::start().await;
    stage
        .fault("payments.create", json!({"kind": "slow", "ms": 60_000}))
        .await;
    let request = card_hold("10.00");
    let slow = stage.try_shop("/payments", &request, "key");
    let seen = async {
        while payments(&stage).await.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        answer = slow => panic!("answered at once: {answer:?}"),
        () = seen => {}
    }
    stage.post_keyed("/payments", &request, "key").await.ok();
    assert_eq!(payments(&stage).await.len(), 1);
}

#[tokio::test]
async fn a_webhook_may_come_before_the_reply_to_the_creation() {
    let stage = TestSandbox::start().await;
    stage
        .fault("payments.create", json!({"kind": "paid_before_reply"}))
        .await;
    let reply = stage.post("/payments", &card_hold("10.00")).await.ok();
    assert_eq!(
        reply["status"], "pending",
        "the reply is older than the notification"
    );
    let notices = stage.sink.notices();
    assert_eq!(notices[0]["event"], "payment.waiting_for_capture");
    assert_eq!(notices[0]["object"]["id"], reply["id"]);
}
