//! What is told of the log, to whom, and that nothing of it is skipped.

use uuid::Uuid;
use webhooks::endpoints::{Change, DisabledReason, EndpointScope, EndpointState, edit, replay};
use webhooks::{EventType, FanOut, FanOutStep};

use crate::kit::{CLINIC, Kit, VISIT, few_at_a_time};

const ANOTHER_CLINIC: &str = "018f6d2a-00aa-7c3e-9a51-0242ac120002";

#[tokio::test]
async fn each_fact_is_told_once_in_the_words_of_the_api() {
    let mut kit = Kit::open().await;
    let endpoint = kit.everything("all").await;
    let booking = Uuid::new_v4();
    kit.visit(booking, VISIT.len(), CLINIC).await;
    let payment = Uuid::new_v4();
    kit.append(("payment", payment), ("PaymentStarted", "1"), booking, CLINIC)
        .await;
    // Nobody's business outside.
    kit.append(
        ("booking", booking),
        ("ConsultationRoomNamed", "1"),
        booking,
        CLINIC,
    )
    .await;
    kit.deliver().await;
    let received = kit.receivers.of("all");
    let told: Vec<(&str, &str, i64)> = received
        .iter()
        .map(|one| {
            let data = &one.body["data"];
            (
                one.body["type"].as_str().unwrap(),
                data["status"].as_str().unwrap(),
                data["version"].as_i64().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("booking.created", "pending", 1),
            ("booking.secured", "pending", 2),
            ("booking.assigned", "assigned", 3),
            ("booking.departed", "en_route", 4),
            ("booking.arrived", "arrived", 5),
            ("booking.started", "in_progress", 6),
            ("payment.started", "pending", 1),
        ]
    );
    assert!(received.iter().all(|one| one.booking() == booking.to_string()));
    assert_eq!(received[6].body["data"]["payment_id"], payment.to_string());
    // Ids, words, numbers and a time: nothing that says who or where.
    let mut names: Vec<&String> = received[0].body["data"].as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(names, ["booking_id", "position", "status", "version"]);
    assert_eq!(kit.shown(&endpoint).await.position, kit.last);
    kit.deliver().await;
    assert_eq!(kit.receivers.of("all").len(), received.len());
}

#[tokio::test]
async fn a_clinic_is_told_of_its_own_doctors_bookings_before_and_after_they_move() {
    let mut kit = Kit::open().await;
    kit.endpoint("clinic", Some(CLINIC), &EventType::ALL).await;
    kit.endpoint("another", Some(ANOTHER_CLINIC), &EventType::ALL)
        .await;
    kit.endpoint("few", Some(CLINIC), &[EventType::BookingSecured])
        .await;
    let (ours, theirs) = (Uuid::new_v4(), Uuid::new_v4());
    kit.visit(ours, 3, CLINIC).await;
    kit.visit(theirs, 2, ANOTHER_CLINIC).await;
    let payment = kit
        .append(("payment", Uuid::new_v4()), ("PaymentStarted", "1"), ours, CLINIC)
        .await;
    // The golden move goes to the doctor of the clinic it names.
    let moved = kit
        .append(
            ("booking", ours),
            ("BookingRescheduled", "2"),
            ours,
            ANOTHER_CLINIC,
        )
        .await;
    let left = kit
        .append(("booking", ours), ("DoctorDeparted", "1"), ours, CLINIC)
        .await;
    kit.deliver().await;
    assert_eq!(kit.receivers.taken("clinic"), [1, 2, 3, payment, moved]);
    assert_eq!(kit.receivers.taken("another"), [4, 5, moved, left]);
    assert_eq!(kit.receivers.taken("few"), [2]);
}

/// Ended anywhere, the next leader goes on where the last commit was; nothing is skipped, nothing queued twice.
#[tokio::test]
async fn a_cursor_never_skips_however_often_its_leader_ends() {
    let mut kit = Kit::open().await;
    let endpoint = kit.everything("all").await;
    let bookings: Vec<Uuid> = (0..6).map(|_| Uuid::new_v4()).collect();
    for fact in VISIT {
        for booking in &bookings {
            kit.append(("booking", *booking), fact, *booking, CLINIC).await;
        }
        // A new leader for each round; the one before is dropped in the middle of a step.
        let mut next = FanOut::new(kit.log.clone(), few_at_a_time());
        std::mem::swap(&mut kit.fan_out, &mut next);
        drop(next);
        let mut step = Box::pin(kit.fan_out.step());
        for _ in 0..20 {
            if futures::poll!(&mut step).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(step);
    }
    kit.fan_out = FanOut::new(kit.log.clone(), few_at_a_time());
    loop {
        match kit.fan_out.step().await.unwrap() {
            FanOutStep::Quiet => break,
            FanOutStep::Nobody => panic!("there is an endpoint"),
            // The session of the one before has not ended yet.
            FanOutStep::Follows | FanOutStep::Queued(_) => tokio::task::yield_now().await,
        }
    }
    let queued: Vec<i64> = kit
        .queue(&endpoint)
        .await
        .into_iter()
        .map(|(position, _)| position)
        .collect();
    assert_eq!(queued, (1..=kit.last).collect::<Vec<_>>());
    kit.deliver().await;
    assert!(kit.receivers.in_order("all"));
    assert_eq!(kit.receivers.taken("all").len(), queued.len());
}

#[tokio::test]
async fn one_leads_and_the_others_follow() {
    let mut kit = Kit::open().await;
    kit.everything("all").await;
    kit.visit(Uuid::new_v4(), 1, CLINIC).await;
    kit.fan_out_all().await;
    let mut another = FanOut::new(kit.log.clone(), few_at_a_time());
    assert_eq!(another.step().await.unwrap(), FanOutStep::Follows);
}

#[tokio::test]
async fn an_endpoint_is_told_from_its_making_on_and_of_what_it_wants_from_then_on() {
    let mut kit = Kit::open().await;
    kit.visit(Uuid::new_v4(), 2, CLINIC).await;
    let endpoint = kit.endpoint("few", None, &[EventType::BookingCreated]).await;
    kit.visit(Uuid::new_v4(), 2, CLINIC).await;
    kit.fan_out_all().await;
    let change = Change {
        event_types: Some(vec![EventType::BookingSecured]),
        ..Change::default()
    };
    edit(
        &kit.webhooks.pool,
        EndpointScope::Everybodys,
        endpoint.id,
        &change,
    )
    .await
    .unwrap();
    kit.visit(Uuid::new_v4(), 2, CLINIC).await;
    kit.deliver().await;
    assert_eq!(kit.receivers.taken("few"), [3, 6]);
}

#[tokio::test]
async fn an_endpoint_that_was_switched_off_goes_on_where_it_stopped() {
    let mut kit = Kit::open().await;
    let (stopped, other) = (kit.everything("stopped").await, kit.everything("other").await);
    kit.visit(Uuid::new_v4(), 4, CLINIC).await;
    kit.deliver().await;
    let switch = |enabled| Change {
        enabled: Some(enabled),
        ..Change::default()
    };
    let off = edit(
        &kit.webhooks.pool,
        EndpointScope::Everybodys,
        stopped.id,
        &switch(false),
    )
    .await
    .unwrap();
    assert_eq!(
        (off.state, off.disabled_reason),
        (EndpointState::Disabled, Some(DisabledReason::ByOwner))
    );
    kit.visit(Uuid::new_v4(), 6, CLINIC).await;
    kit.deliver().await;
    assert_eq!(kit.receivers.taken("stopped"), [1, 2, 3, 4]);
    assert_eq!(kit.receivers.taken("other").len(), 10);
    assert_eq!(kit.shown(&stopped).await.position, 4);
    edit(
        &kit.webhooks.pool,
        EndpointScope::Everybodys,
        stopped.id,
        &switch(true),
    )
    .await
    .unwrap();
    kit.visit(Uuid::new_v4(), 2, CLINIC).await;
    kit.deliver().await;
    assert_eq!(kit.receivers.taken("stopped"), (1..=12).collect::<Vec<_>>());
    assert_eq!(kit.receivers.taken("other"), (1..=12).collect::<Vec<_>>());
    assert_eq!(kit.shown(&other).await.position, 12);
}

#[tokio::test]
async fn a_replay_tells_the_log_anew_in_order_under_the_same_ids() {
    let mut kit = Kit::open().await;
    let endpoint = kit.everything("all").await;
    kit.visit(Uuid::new_v4(), 6, CLINIC).await;
    kit.deliver().await;
    let first = kit.receivers.of("all");
    // What waits is told in its place, not before.
    kit.visit(Uuid::new_v4(), 2, CLINIC).await;
    kit.fan_out_all().await;
    replay(&kit.webhooks.pool, EndpointScope::Everybodys, endpoint.id, 2)
        .await
        .unwrap();
    let waiting: Vec<_> = kit
        .queue(&endpoint)
        .await
        .into_iter()
        .filter(|(_, state)| state == "waiting")
        .collect();
    assert!(waiting.is_empty(), "{waiting:?}");
    kit.deliver().await;
    let all = kit.receivers.of("all");
    let again: Vec<(i64, String)> = all[6..]
        .iter()
        .map(|one| (one.position(), one.id.clone()))
        .collect();
    let positions: Vec<i64> = again.iter().map(|one| one.0).collect();
    assert_eq!(positions, [3, 4, 5, 6, 7, 8]);
    for (before, after) in first[2..].iter().zip(&again) {
        assert_eq!((before.position(), &before.id), (after.0, &after.1));
    }
    assert_eq!(kit.shown(&endpoint).await.position, kit.last);
}

#[tokio::test]
async fn a_deactivated_owner_is_told_nothing_behind_that_fact() {
    let mut kit = Kit::open().await;
    let endpoint = kit.endpoint("clinic", Some(CLINIC), &EventType::ALL).await;
    kit.everything("all").await;
    kit.visit(Uuid::new_v4(), 2, CLINIC).await;
    let clinic: Uuid = CLINIC.parse().unwrap();
    kit.append(("account", clinic), ("AccountDeactivated", "1"), clinic, CLINIC)
        .await;
    kit.visit(Uuid::new_v4(), 2, CLINIC).await;
    kit.deliver().await;
    assert_eq!(
        kit.receivers
            .taken("clinic")
            .iter()
            .filter(|position| **position > 2)
            .count(),
        0
    );
    assert_eq!(kit.receivers.taken("all"), [1, 2, 4, 5]);
    let shown = kit.shown(&endpoint).await;
    assert_eq!(
        (shown.disabled_reason, shown.position),
        (Some(DisabledReason::OwnerDeactivated), 3)
    );
}
