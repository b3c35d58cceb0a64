//! Facts in, a booking in full out.

use domain::booking::commands::Cancel;
use domain::booking::events::{BookingEvent, CancelReason};
use domain::booking::status::BookingStatus;
use domain::booking::steps::Steps;
use domain::booking::{Booking, decide};
use domain::ids::BookingId;
use domain::payment::status::PaymentStatus;
use event_store::ApplyError;

use super::{assert_says_what_the_domain_says, open_calls};
use crate::bookings::query::one as query;
use crate::bookings::{BookingDetails, rows};
use crate::kit::bookings::{Bookings, admin, doctor, patient, steps};
use crate::kit::{Database, any_cut_and_any_order_give_the_same_tables, property};
use crate::{Model, sql_types};

const TABLE: &str = "bookings";

/// A scheduled booking of patient 0 with doctor 0, paid for and assigned.
fn assigned() -> Bookings {
    Bookings::lived(&[(4, 0, 2), (7, 0, 0), (15, 0, 1)])
}

#[test]
fn a_page_says_what_the_domain_says_after_any_life() {
    property(
        48,
        &(steps(60), proptest::collection::vec(1..9_usize, 1..6)),
        |runtime, database, number, (steps, cuts)| {
            let world = Bookings::lived(&steps);
            runtime.block_on(async {
                let generation = database.generation(TABLE, number).await;
                database
                    .apply_cut(Model::Bookings, generation, &world.history.facts, &cuts)
                    .await;
                let ids = world.bookings.iter().map(|(id, _)| id.uuid()).collect();
                let mut tx = database.pool.begin().await.unwrap();
                let loaded: Vec<BookingDetails> = sql_types::load(&mut tx, &rows::LOAD, generation, ids)
                    .await
                    .unwrap();
                assert_eq!(loaded.len(), world.bookings.len());
                for details in &loaded {
                    assert_says_what_the_domain_says(&details.line, &world);
                }
            });
        },
    );
}

#[test]
fn any_cut_into_batches_and_any_order_of_shards_give_the_same_table() {
    any_cut_and_any_order_give_the_same_tables(Model::Bookings, &[TABLE], open_calls::lives(), |steps| {
        Bookings::lived(steps).history.facts
    });
}

#[tokio::test]
async fn only_its_patient_its_doctor_and_staff_find_a_booking() {
    let database = Database::create().await;
    let world = assigned();
    database.apply(Model::Bookings, 1, &world.history.facts).await;
    let booking = world.bookings[0].0;
    let pool = &database.pool;

    let found = query::for_patient(pool, patient(0), booking)
        .await
        .unwrap()
        .expect("the patient's own");
    assert_eq!(found.line.status, BookingStatus::Assigned);
    assert_eq!(found.line.payment_status(), PaymentStatus::Authorised);
    assert_eq!(
        query::for_doctor(pool, doctor(0), booking)
            .await
            .unwrap()
            .as_ref(),
        Some(&found)
    );
    assert_eq!(
        query::for_staff(pool, booking).await.unwrap().as_ref(),
        Some(&found)
    );

    assert_eq!(query::for_patient(pool, patient(1), booking).await.unwrap(), None);
    assert_eq!(query::for_doctor(pool, doctor(1), booking).await.unwrap(), None);
    let other = BookingId::from_uuid(uuid::Uuid::from_u128(404));
    assert_eq!(query::for_staff(pool, other).await.unwrap(), None);
}

#[tokio::test]
async fn a_chosen_doctor_sees_nothing_before_the_visit_is_assigned() {
    let database = Database::create().await;
    let world = Bookings::lived(&[]);
    database.apply(Model::Bookings, 1, &world.history.facts).await;
    let booking = world.bookings[0].0;
    assert_eq!(
        query::for_doctor(&database.pool, doctor(0), booking)
            .await
            .unwrap(),
        None
    );
    let line = query::for_staff(&database.pool, booking)
        .await
        .unwrap()
        .expect("requested")
        .line;
    assert_eq!((line.doctor_id, line.assigned), (Some(doctor(0)), false));
}

#[tokio::test]
async fn each_step_leaves_its_time_and_a_cancellation_its_reason_and_note() {
    let database = Database::create().await;
    let mut world = assigned();
    let (id, booking) = world.bookings[0].clone();
    let note = domain::people::PrivateRef {
        id: domain::ids::PrivateId::from_uuid(id.uuid()),
        digest: "ab".into(),
    };
    let at = world.now();
    let command = Cancel {
        by: admin(),
        reason: CancelReason::Recovered,
        note: Some(note.clone()),
        expected_fee: None,
        at,
    };
    let facts = decide::decide(&booking, command).expect("it can be cancelled");
    assert!(matches!(facts[..], [BookingEvent::Cancelled { .. }]));
    world
        .history
        .tell::<Booking>(&id.to_string(), &id.to_string(), &facts);
    database.apply(Model::Bookings, 1, &world.history.facts).await;

    let found = query::for_staff(&database.pool, id)
        .await
        .unwrap()
        .expect("there");
    let micros = sql_types::time(at).to_jiff();
    assert_eq!(found.line.status, BookingStatus::Cancelled);
    assert_eq!(found.cancel_reason, Some(CancelReason::Recovered));
    assert_eq!(found.note, Some(note.id));
    assert_eq!(found.line.steps.cancelled_at, Some(micros));
    assert!(found.line.steps.secured_at.is_some() && found.line.steps.assigned_at.is_some());
    assert_eq!(
        (found.line.steps.departed_at, found.line.steps.expired_at),
        (None, None)
    );
    assert!(found.details.is_some());
    assert_eq!(found.line.tariff_version, 1);
}

#[test]
fn an_expected_arrival_is_forgotten_once_the_doctor_is_there_or_comes_no_more() {
    let (by, at) = (admin(), jiff::Timestamp::UNIX_EPOCH);
    let estimated = BookingEvent::ArrivalEstimated {
        arrives_at: at,
        by,
        at,
    };
    let doctor_id = doctor(0);
    for (fact, shown) in [
        (BookingEvent::Departed { by, at }, true),
        (BookingEvent::Arrived { by, at }, false),
        (BookingEvent::Unassigned { doctor_id, by, at }, false),
        (
            BookingEvent::Cancelled {
                by,
                reason: CancelReason::Other,
                note: None,
                fee: domain::money::Money::ZERO,
                at,
            },
            false,
        ),
    ] {
        let steps = Steps::default().after(&estimated).after(&fact);
        assert_eq!(steps.estimated_arrival.is_some(), shown, "{fact:?}");
    }
}

#[tokio::test]
async fn a_payload_that_is_not_what_it_says_is_poison_and_newer_words_are_not() {
    let database = Database::create().await;
    let id = uuid::Uuid::from_u128(77).to_string();
    let mut world = Bookings::lived(&[]);
    world.history.tell_raw(
        "booking",
        &id,
        &id,
        "BookingRequested",
        "1",
        "{\"BookingRequested\":{}}".into(),
    );
    let error = database
        .try_apply(Model::Bookings, 1, &world.history.facts)
        .await
        .unwrap_err();
    let ApplyError::Poison { position, .. } = error else {
        panic!("{error}")
    };
    assert_eq!(position, world.history.facts.last().unwrap().position);
    assert_eq!(
        database.rows(TABLE, 1).await.len(),
        0,
        "nothing of the batch stays"
    );

    for (event_type, version) in [("BookingRequested", "3"), ("BookingTeleported", "1")] {
        let mut world = Bookings::lived(&[]);
        world
            .history
            .tell_raw("booking", &id, &id, event_type, version, "{}".into());
        let error = database
            .try_apply(Model::Bookings, 1, &world.history.facts)
            .await
            .unwrap_err();
        assert!(
            matches!(error, ApplyError::NeedsNewerCode { position: 2 }),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_fact_of_a_booking_never_asked_for_is_poison() {
    let database = Database::create().await;
    let world = assigned();
    let facts = &world.history.facts[1..];
    let error = database.try_apply(Model::Bookings, 1, facts).await.unwrap_err();
    assert!(matches!(error, ApplyError::Poison { position: 2, .. }), "{error}");
}

#[tokio::test]
async fn what_other_models_are_for_is_passed_over_unread() {
    let database = Database::create().await;
    let mut world = Bookings::lived(&[]);
    world
        .history
        .tell_raw("doctor_day", "x", "x", "DayTurned", "9", "[]".into());
    world
        .history
        .tell_raw("wallet", "y", "y", "WalletEaten", "1", "7".into());
    database.apply(Model::Bookings, 1, &world.history.facts).await;
    assert_eq!(database.rows(TABLE, 1).await.len(), 1);
}
