//! How queues are delivered: in order per booking, again and again until they are taken, and not for ever.

use std::time::Duration;

use uuid::Uuid;
use webhooks::endpoints::{
    Change, DisabledReason, EndpointScope, edit, replay, retry, rotate_secret, send_test,
};
use webhooks::{Attempt, DispatcherOptions};

use crate::kit::{CLINIC, Kit, answered};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

#[tokio::test]
async fn later_events_of_a_booking_wait_for_an_earlier_one_and_other_bookings_do_not() {
    let mut kit = Kit::open().await;
    kit.everything("all").await;
    let (stuck, other) = (Uuid::new_v4(), Uuid::new_v4());
    let name = stuck.to_string();
    kit.receivers.set("all", move |body| {
        match body["data"]["booking_id"] == name.as_str() {
            true => answered(500),
            false => answered(200),
        }
    });
    kit.visit(stuck, 3, CLINIC).await;
    kit.visit(other, 3, CLINIC).await;
    kit.deliver().await;
    assert_eq!(kit.receivers.taken("all"), [4, 5, 6]);
    let tried: Vec<i64> = kit
        .receivers
        .of("all")
        .iter()
        .map(|one| one.position())
        .filter(|one| *one < 4)
        .collect();
    assert_eq!(tried, [1], "its later events were not tried");
    // What comes for it later waits, too.
    kit.visit(stuck, 1, CLINIC).await;
    kit.visit(other, 1, CLINIC).await;
    kit.deliver().await;
    assert_eq!(kit.receivers.taken("all"), [4, 5, 6, 8]);
    kit.receivers.set("all", |_| answered(200));
    kit.advance(6).await;
    kit.deliver().await;
    assert_eq!(kit.receivers.taken("all"), [4, 5, 6, 8, 1, 2, 3, 7]);
    assert!(kit.receivers.in_order("all"));
}

#[tokio::test]
async fn a_delivery_is_tried_ten_times_over_three_days_then_given_up_and_the_next_one_goes_on() {
    let mut kit = Kit::open().await;
    let endpoint = kit.everything("all").await;
    kit.receivers
        .set("all", |body| match body["data"]["position"].as_i64() {
            Some(1) => answered(500),
            _ => answered(200),
        });
    let stuck = Uuid::new_v4();
    kit.visit(stuck, 2, CLINIC).await;
    kit.deliver().await;
    let attempts = |kit: &Kit| {
        kit.receivers
            .of("all")
            .iter()
            .filter(|one| one.position() == 1)
            .count()
    };
    let mut passed = 0;
    for (tried, pause) in [
        5,
        300,
        1_800,
        2 * HOUR,
        5 * HOUR,
        10 * HOUR,
        14 * HOUR,
        20 * HOUR,
        24 * HOUR,
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(attempts(&kit), tried + 1);
        assert_eq!(
            kit.receivers.taken("all").iter().filter(|one| **one == 2).count(),
            0
        );
        // Others are taken all the while, so the endpoint is in no trouble.
        kit.visit(Uuid::new_v4(), 1, CLINIC).await;
        kit.deliver().await;
        assert_eq!(attempts(&kit), tried + 1, "not before its pause is over");
        kit.advance(pause + pause / 10 + 1).await;
        passed += pause;
        kit.deliver().await;
    }
    assert!(passed > 3 * DAY);
    assert_eq!(attempts(&kit), 10);
    assert_eq!(
        kit.queue(&endpoint).await[..2],
        [(1, "failed".to_owned()), (2, "delivered".to_owned())]
    );
    assert!(kit.receivers.taken("all").contains(&2));
    // By hand, it is tried as if it were new.
    kit.receivers.set("all", |_| answered(200));
    let id = kit.receivers.of("all")[0].id.parse().unwrap();
    retry(&kit.webhooks.pool, EndpointScope::Everybodys, endpoint.id, id)
        .await
        .unwrap();
    kit.deliver().await;
    assert_eq!(kit.queue(&endpoint).await[0], (1, "delivered".to_owned()));
}

#[tokio::test]
async fn an_endpoint_that_asks_to_be_left_alone_is_and_goes_on_afterwards() {
    let mut kit = Kit::open().await;
    kit.everything("busy").await;
    kit.receivers.set("busy", |_| Attempt::Answered {
        status: 429,
        retry_after: Some(Duration::from_secs(600)),
    });
    for _ in 0..20 {
        kit.visit(Uuid::new_v4(), 1, CLINIC).await;
    }
    kit.deliver().await;
    let asked = kit.receivers.of("busy").len();
    assert!(asked <= DispatcherOptions::default().per_endpoint, "{asked}");
    kit.receivers.set("busy", |_| answered(200));
    kit.advance(500).await;
    kit.deliver().await;
    assert!(kit.receivers.taken("busy").is_empty());
    kit.advance(200).await;
    kit.deliver().await;
    assert_eq!(kit.receivers.taken("busy").len(), 20);
}

#[tokio::test]
async fn an_endpoint_that_is_gone_is_called_no_more() {
    let mut kit = Kit::open().await;
    let endpoint = kit.everything("gone").await;
    kit.receivers.set("gone", |_| answered(410));
    kit.visit(Uuid::new_v4(), 2, CLINIC).await;
    kit.deliver().await;
    assert_eq!(kit.receivers.of("gone").len(), 1);
    assert_eq!(
        kit.shown(&endpoint).await.disabled_reason,
        Some(DisabledReason::Gone)
    );
    kit.advance(DAY).await;
    kit.deliver().await;
    assert_eq!(kit.receivers.of("gone").len(), 1);
}

#[tokio::test]
async fn a_dead_endpoint_is_probed_now_and_then_and_disabled_after_days_with_its_events_kept() {
    let mut kit = Kit::open().await;
    let endpoint = kit.everything("dead").await;
    kit.receivers.set("dead", |_| Attempt::NotConnected);
    for _ in 0..30 {
        kit.visit(Uuid::new_v4(), 1, CLINIC).await;
    }
    kit.deliver().await;
    for _ in 0..6 {
        kit.advance(331).await;
        kit.deliver().await;
    }
    let before = kit.receivers.of("dead").len();
    kit.advance(331).await;
    kit.deliver().await;
    let probed = kit.receivers.of("dead").len() - before;
    assert!((1..=2).contains(&probed), "{probed}");
    let shown = kit.shown(&endpoint).await;
    assert_eq!(shown.last_failure.as_deref(), Some("not_connected"));
    assert!(shown.failing_since.is_some() && shown.disabled_reason.is_none());
    for _ in 0..5 {
        kit.advance(DAY).await;
        kit.deliver().await;
    }
    assert_eq!(
        kit.shown(&endpoint).await.disabled_reason,
        Some(DisabledReason::Failing)
    );
    let called = kit.receivers.of("dead").len();
    kit.visit(Uuid::new_v4(), 1, CLINIC).await;
    kit.advance(DAY).await;
    kit.deliver().await;
    assert_eq!(kit.receivers.of("dead").len(), called);
    // Mended and switched on again, it gets all of it.
    kit.receivers.set("dead", |_| answered(204));
    let on = Change {
        enabled: Some(true),
        ..Change::default()
    };
    edit(&kit.webhooks.pool, EndpointScope::Everybodys, endpoint.id, &on)
        .await
        .unwrap();
    for _ in 0..12 {
        kit.advance(DAY).await;
        kit.deliver().await;
    }
    let mut taken = kit.receivers.taken("dead");
    taken.sort_unstable();
    assert_eq!(taken, (1..=31).collect::<Vec<_>>());
}

#[tokio::test]
async fn messages_are_signed_with_both_secrets_for_a_day_after_a_rotation() {
    let mut kit = Kit::open().await;
    let endpoint = kit.everything("all").await;
    kit.visit(Uuid::new_v4(), 1, CLINIC).await;
    kit.deliver().await;
    let command = Uuid::new_v4();
    let rotated = rotate_secret(&kit.webhooks, EndpointScope::Everybodys, endpoint.id, command)
        .await
        .unwrap();
    assert!(rotated.endpoint.previous_secret_until.is_some());
    // The same command again draws no other.
    let again = rotate_secret(&kit.webhooks, EndpointScope::Everybodys, endpoint.id, command)
        .await
        .unwrap();
    assert_eq!(again.secret.sign("id", 1, b""), rotated.secret.sign("id", 1, b""));
    kit.visit(Uuid::new_v4(), 1, CLINIC).await;
    kit.deliver().await;
    kit.advance(25 * HOUR).await;
    kit.visit(Uuid::new_v4(), 1, CLINIC).await;
    kit.deliver().await;
    let signatures: Vec<usize> = kit
        .receivers
        .of("all")
        .iter()
        .map(|one| one.signatures.split(' ').count())
        .collect();
    assert_eq!(signatures, [1, 2, 1]);
    assert_eq!(kit.shown(&endpoint).await.previous_secret_until, None);
}

#[tokio::test]
async fn a_test_is_sent_at_once_and_a_repetition_of_it_is_none() {
    let mut kit = Kit::open().await;
    let endpoint = kit.everything("all").await;
    let (id, now) = (Uuid::new_v4(), kit.log.clock().now());
    for _ in 0..2 {
        send_test(
            &kit.webhooks.pool,
            EndpointScope::Everybodys,
            endpoint.id,
            (id, now),
        )
        .await
        .unwrap();
    }
    kit.deliver().await;
    let received = kit.receivers.of("all");
    assert_eq!(received.len(), 1);
    assert_eq!(
        (received[0].id.as_str(), &received[0].body["type"]),
        (id.to_string().as_str(), &"webhook.test".into())
    );
    // A replay is of the log; tests are none of it.
    replay(&kit.webhooks.pool, EndpointScope::Everybodys, endpoint.id, 0)
        .await
        .unwrap();
    kit.deliver().await;
    assert_eq!(kit.receivers.of("all").len(), 1);
}

/// Whoever delivered and died held the endpoint: another takes it over once the lease is over, and what was sent unrecorded comes again.
#[tokio::test]
async fn what_a_dead_process_held_is_delivered_by_another() {
    let options = DispatcherOptions {
        lease: Duration::from_millis(300),
        ..DispatcherOptions::default()
    };
    let mut kit = Kit::with(options).await;
    let endpoint = kit.everything("all").await;
    kit.visit(Uuid::new_v4(), 2, CLINIC).await;
    kit.fan_out_all().await;
    // Claimed by somebody who is no more.
    sqlx::query("update webhooks.endpoints set lease = gen_random_uuid(), leased_until = clock_timestamp() + interval '300 milliseconds'")
        .execute(&mut kit.owner)
        .await
        .unwrap();
    assert_eq!(kit.dispatcher.step().await.unwrap(), 0);
    let waited = tokio::time::timeout(Duration::from_secs(20), async {
        while kit.dispatcher.step().await.unwrap() == 0 {
            tokio::task::yield_now().await;
        }
    });
    waited.await.unwrap();
    assert_eq!(kit.receivers.taken("all"), [1, 2]);
    assert_eq!(kit.shown(&endpoint).await.waiting, 0);
}
