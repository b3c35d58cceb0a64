//! Intents: carried out exactly once in effect, whatever dies in between; refusals are facts; due times survive.

use std::time::Duration;

use commands::CommandMetadata;
use commands::bookings;
use commands::context::IntentOrigin;
use commands::intents::{self, GiveUpIntent, IntentStep, StoredIntent};
use domain::booking::Booking;
use domain::ids::{BookingId, IntentId};
use domain::reactions::GiveUpReason;
use event_store::intents::{Claim, IntentFilter, IntentState, LaneClaim, QueuedIntent};
use uuid::Uuid;

use crate::checks::World;
use crate::kit::{Kit, as_admin, as_patient, refused};

async fn queue(kit: &Kit) -> Vec<QueuedIntent> {
    event_store::intents::list(kit.services.log.pool(), &IntentFilter::default())
        .await
        .unwrap()
}

async fn stand(kit: &Kit, intent: Uuid) -> IntentState {
    event_store::intents::find(kit.services.log.pool(), intent)
        .await
        .unwrap()
        .unwrap()
        .state
}

/// What a worker does with a claimed intent, up to the moment before it closes it.
async fn carried_out_and_not_closed(kit: &Kit, intent: &QueuedIntent, booking_id: BookingId) {
    let stored: StoredIntent = serde_json::from_value(intent.body.clone()).unwrap();
    assert_eq!(stored.intent, intents::Intent::ExpireBooking { booking_id });
    let origin = IntentOrigin {
        intent_id: IntentId::from_uuid(intent.id),
        process: intent.process.clone(),
        caused_by: intent.caused_by,
        correlation_id: stored.correlation_id,
    };
    bookings::expire(
        &kit.services,
        &CommandMetadata::by_process(origin, stored.trace_id),
        booking_id,
    )
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_killed_between_commit_and_close_leaves_one_effect() {
    let mut kit = Kit::new().await;
    let (doctor, slots) = kit.open_doctor(1).await;
    let booking_id = kit.requested(kit.patient().await, doctor, slots[0]).await;
    kit.drain().await;
    kit.advance(16).await;
    let brief = LaneClaim {
        lane: "inside",
        places: 10,
        lease: Duration::from_millis(1),
    };
    let wanted = Claim {
        worker: Uuid::from_u128(7),
        lanes: &[brief],
        avoided: &[],
        marks: &event_store::intents::Marks::default(),
    };
    let claimed = event_store::intents::claim(kit.services.log.pool(), wanted)
        .await
        .unwrap();
    assert_eq!(claimed.len(), 1);
    carried_out_and_not_closed(&kit, &claimed[0], booking_id).await;
    let before = kit.facts().await.len();
    // Time has passed since, and another process takes the intent up again.
    until_closed(&mut kit, claimed[0].id).await;
    assert_eq!(kit.facts().await.len(), before, "carried out once");
    assert_eq!(kit.count("BookingExpired").await, 1);
    assert_eq!(kit.count("SlotReleased").await, 1);
    World::of(&kit.facts().await).check_at_rest();
}

/// Leases end by the real clock.
async fn until_closed(kit: &mut Kit, intent: Uuid) {
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while stand(kit, intent).await == IntentState::Open {
        assert!(
            std::time::Instant::now() < deadline,
            "the intent was never taken up again"
        );
        kit.intents.step().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn case_25_workers_killed_at_any_moment_end_in_exactly_one_effect() {
    let mut kit = Kit::new().await;
    let (doctor, slots) = kit.open_doctor(2).await;
    let patient = kit.patient_with(10_000_000).await;
    let mut paid = Vec::new();
    for slot in &slots {
        let booking_id = kit.requested(patient, doctor, *slot).await;
        kit.pay(patient, booking_id).await.unwrap();
        paid.push(booking_id);
    }
    kit.react().await;
    for micros in (0..40).map(|step| step * 700) {
        let mut doomed = kit.hasty_worker(20);
        // Dropped wherever it stands: before the claim, in the append, before the close.
        let _ = tokio::time::timeout(Duration::from_micros(micros), doomed.step()).await;
    }
    for intent in queue(&kit)
        .await
        .iter()
        .filter(|intent| intent.process == "booking_payment")
    {
        until_closed(&mut kit, intent.id).await;
    }
    kit.drain().await;
    assert_eq!(kit.count("BookingSecured").await, paid.len());
    assert_eq!(kit.count("SlotClaimed").await, paid.len());
    World::of(&kit.facts().await).check_at_rest();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn due_times_survive_a_restart_and_follow_the_databases_clock() {
    let mut kit = Kit::new().await;
    let (doctor, slots) = kit.open_doctor(1).await;
    let booking_id = kit.requested(kit.patient().await, doctor, slots[0]).await;
    kit.drain().await;
    assert!(
        matches!(kit.booking(booking_id).await, Booking::Requested(_)),
        "not before its time"
    );
    kit.advance(14).await;
    kit.drain().await;
    assert!(
        matches!(kit.booking(booking_id).await, Booking::Requested(_)),
        "not before its time"
    );
    kit.advance(2).await;
    let elsewhere = kit.another_process().await;
    let mut worker = intents::IntentWorker::new(elsewhere, intents::IntentWorkerOptions::default());
    assert_eq!(worker.step().await.unwrap().done, 1);
    assert!(matches!(kit.booking(booking_id).await, Booking::Expired(_)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_whose_clock_is_behind_waits_rather_than_asks_too_early() {
    let mut kit = Kit::new().await;
    let (doctor, slots) = kit.open_doctor(1).await;
    let booking_id = kit.requested(kit.patient().await, doctor, slots[0]).await;
    kit.drain().await;
    let slow = kit
        .process_reading_the_clock_every(Duration::from_millis(400))
        .await;
    let mut worker = intents::IntentWorker::new(slow, intents::IntentWorkerOptions::default());
    // The database's clock shows the deadline; the worker's copy does not yet.
    dev_stack::advance_clock(kit.database.owner_url(), 16 * 60)
        .await
        .unwrap();
    assert_eq!(worker.step().await.unwrap().done, 1);
    assert!(matches!(kit.booking(booking_id).await, Booking::Expired(_)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_intent_led_to_names_the_fact_that_caused_it() {
    let mut kit = Kit::new().await;
    let patient = kit.patient_with(150_000).await;
    let booking_id = kit.requested_urgently(patient).await;
    kit.pay(patient, booking_id).await.unwrap();
    kit.drain().await;
    let facts = kit.facts().await;
    let find = |kind: &str| facts.iter().find(|fact| fact.event_type == kind).unwrap();
    let (cause, effect) = (
        find("PaymentAuthorised"),
        find("BookingSecured").metadata().unwrap(),
    );
    assert_eq!(effect.causation, Some(cause.position));
    assert_eq!(effect.correlation_id, cause.metadata().unwrap().correlation_id);
    assert_eq!(
        (effect.actor_id.as_str(), effect.actor_role.as_str()),
        ("booking_payment", "process")
    );
    let intent = queue(&kit)
        .await
        .into_iter()
        .find(|intent| intent.process == "booking_payment")
        .unwrap();
    assert_eq!(
        find("BookingSecured").command_id,
        Some(intent.id),
        "the intent is the command"
    );
}

/// An intent for a booking that never was, stated as if by a process on the fact of a real one.
async fn impossible(kit: &Kit, booking_id: BookingId) -> IntentId {
    let nobody = BookingId::from_uuid(Uuid::from_u128(404));
    let stored = StoredIntent {
        intent: intents::Intent::ExpireBooking { booking_id: nobody },
        cause: intents::Cause::Booking(booking_id),
        correlation_id: "c".to_owned(),
        trace_id: "t".to_owned(),
    };
    let new = event_store::intents::NewIntent {
        id: Uuid::from_u128(99),
        process: "hold_expiry",
        lane: "inside",
        partition_key: booking_id.to_string(),
        ordinal: 0,
        body: serde_json::value::to_raw_value(&stored).unwrap(),
        due_at: kit.now(),
        caused_by: 1,
    };
    let mut connection = kit.services.log.pool().acquire().await.unwrap();
    event_store::intents::insert(&mut connection, &[new])
        .await
        .unwrap();
    IntentId::from_uuid(Uuid::from_u128(99))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_intent_leaves_a_fact_before_it_closes() {
    let mut kit = Kit::new().await;
    let booking_id = kit.requested_urgently(kit.patient().await).await;
    let intent_id = impossible(&kit, booking_id).await;
    assert_eq!(kit.intents.step().await.unwrap().refused, 1);
    assert_eq!(stand(&kit, intent_id.uuid()).await, IntentState::Refused);
    assert_eq!(
        kit.booking(booking_id)
            .await
            .agreement()
            .unwrap()
            .reactions
            .refused,
        vec![intent_id]
    );
    let fact = kit.facts().await.pop().unwrap();
    assert_eq!(fact.event_type, "BookingReactionRefused");
    assert!(fact.payload.get().contains("not_found"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn giving_an_intent_up_is_a_fact_and_frees_its_key() {
    let mut kit = Kit::new().await;
    let patient = kit.patient().await;
    let booking_id = kit.requested_urgently(patient).await;
    let intent_id = impossible(&kit, booking_id).await;
    let command = GiveUpIntent {
        intent_id,
        reason: GiveUpReason::Impossible,
    };
    assert_eq!(
        refused(intents::give_up(&kit.services, &as_patient(patient), command).await),
        "forbidden"
    );
    intents::give_up(&kit.services, &as_admin(), command)
        .await
        .unwrap();
    assert_eq!(stand(&kit, intent_id.uuid()).await, IntentState::GivenUp);
    assert_eq!(
        kit.booking(booking_id)
            .await
            .agreement()
            .unwrap()
            .reactions
            .given_up,
        vec![intent_id]
    );
    assert_eq!(
        refused(intents::give_up(&kit.services, &as_admin(), command).await),
        "not_found"
    );
    assert_eq!(
        refused(intents::retry(&kit.services, &as_admin(), intent_id).await),
        "not_found"
    );
    assert_eq!(kit.intents.step().await.unwrap(), IntentStep::default());
    assert_eq!(kit.count("BookingReactionGivenUp").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instruction_of_newer_code_costs_no_try_and_can_be_given_up() {
    let mut kit = Kit::new().await;
    let booking_id = kit.requested_urgently(kit.patient().await).await;
    let new = event_store::intents::NewIntent {
        id: Uuid::from_u128(98),
        process: "hold_expiry",
        lane: "inside",
        partition_key: booking_id.to_string(),
        ordinal: 0,
        body: serde_json::value::to_raw_value(&serde_json::json!({
            "wish": "from_a_newer_release",
            "cause": {"booking": booking_id},
            "correlation_id": "c",
            "trace_id": "t",
        }))
        .unwrap(),
        due_at: kit.now(),
        caused_by: 1,
    };
    let mut connection = kit.services.log.pool().acquire().await.unwrap();
    event_store::intents::insert(&mut connection, &[new])
        .await
        .unwrap();
    drop(connection);
    let id = Uuid::from_u128(98);
    let pool = kit.services.log.pool();
    assert_eq!(kit.intents.step().await.unwrap().waiting, 1);
    assert!(
        kit.intents.step().await.unwrap() == IntentStep::default(),
        "this release leaves it to others"
    );
    let waiting = event_store::intents::find(pool, id).await.unwrap().unwrap();
    assert_eq!(
        (waiting.state, waiting.attempts, waiting.waits_for.as_deref()),
        (IntentState::Open, 0, Some("needs_newer_code"))
    );
    assert!(
        waiting.last_error.unwrap().contains("variant"),
        "the operator sees why"
    );
    // However often it is met, it is never poisoned.
    for _ in 0..12 {
        let intent_id = IntentId::from_uuid(id);
        intents::retry(&kit.services, &as_admin(), intent_id)
            .await
            .unwrap();
        let mut another = kit.hasty_worker(15_000);
        assert_eq!(another.step().await.unwrap().waiting, 1);
    }
    let command = GiveUpIntent {
        intent_id: IntentId::from_uuid(id),
        reason: GiveUpReason::Obsolete,
    };
    intents::give_up(&kit.services, &as_admin(), command)
        .await
        .unwrap();
    assert_eq!(stand(&kit, id).await, IntentState::GivenUp);
    assert_eq!(kit.count("BookingReactionGivenUp").await, 1);
}
