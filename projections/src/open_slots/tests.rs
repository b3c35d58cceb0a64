//! Facts in, free slots out: exactly those that the domain would still hold.

use domain::ids::BookingId;
use domain::schedule::commands::Hold;
use domain::schedule::neighbourhood::Neighbourhood;
use domain::schedule::slots;
use jiff::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

use crate::kit::bookings::{Step, doctor};
use crate::kit::days::{Days, ZONE};
use crate::kit::{Database, interleaved, property};
use crate::open_slots::projector::OpenSlots;
use crate::open_slots::query::between;
use crate::stored::{EARLIEST, LATEST};

fn day_steps(most: usize) -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec((0..28_u8, any::<u8>(), any::<u16>()), 1..most)
}

/// The starts of the slots that somebody else could hold now, as the domain decides it over three days.
fn holdable(world: &Days, number: u8, at: Timestamp) -> Vec<Timestamp> {
    let doctor_id = doctor(number);
    let visits = world
        .days
        .iter()
        .filter(|((of, _), _)| *of == doctor_id)
        .flat_map(|(_, day)| slots(day));
    let mut starts: Vec<Timestamp> = visits
        .map(|slot| slot.range.start())
        .filter(|start| {
            let days = world.around(doctor_id, *start);
            let days = days.each_ref().map(|(date, day)| (*date, day));
            let booking_id = BookingId::from_uuid(Uuid::from_u128(1));
            let hold = Hold {
                booking_id,
                starts_at: *start,
                until: at,
                at,
            };
            Neighbourhood {
                doctor_id,
                zone: ZONE,
                days,
            }
            .hold(hold)
            .is_ok()
        })
        .collect();
    starts.sort_unstable();
    starts
}

#[test]
fn a_slot_is_shown_if_and_only_if_it_could_be_held() {
    property(
        48,
        &(day_steps(50), proptest::collection::vec(1..9_usize, 1..6)),
        |runtime, database, _, (steps, cuts)| {
            let world = Days::lived(&steps);
            runtime.block_on(async {
                sqlx::query("delete from open_slots")
                    .execute(&database.pool)
                    .await
                    .unwrap();
                sqlx::query("delete from open_slots__taken")
                    .execute(&database.pool)
                    .await
                    .unwrap();
                database
                    .apply_cut(&OpenSlots, 1, &world.history.facts, &cuts)
                    .await;
                for number in 0..2 {
                    let shown = between(&database.pool, doctor(number), EARLIEST, LATEST)
                        .await
                        .unwrap();
                    let shown: Vec<Timestamp> = shown.iter().map(|slot| slot.visit.start()).collect();
                    let at = "2030-03-01T00:00:00Z".parse().unwrap();
                    assert_eq!(shown, holdable(&world, number, at));
                }
            });
        },
    );
}

#[test]
fn any_cut_into_batches_and_any_order_of_shards_give_the_same_tables() {
    let input = (
        day_steps(60),
        proptest::collection::vec(1..40_usize, 1..6),
        proptest::collection::vec(any::<u8>(), 8..40),
    );
    property(12, &input, |runtime, database, number, (steps, cuts, choices)| {
        let facts = Days::lived(&steps).history.facts;
        runtime.block_on(async {
            let at_once = database.generation("open_slots", number * 2).await;
            database.apply(&OpenSlots, at_once, &facts).await;
            let anew = database.generation("open_slots", number * 2 + 1).await;
            database
                .apply_cut(&OpenSlots, anew, &interleaved(&facts, &choices), &cuts)
                .await;
            for table in ["open_slots", "open_slots__taken"] {
                assert_eq!(
                    database.rows(table, anew).await,
                    database.rows(table, at_once).await
                );
            }
        });
    });
}

#[tokio::test]
async fn a_held_slot_vanishes_and_a_released_one_comes_back() {
    let database = Database::create().await;
    let mut world = Days::default();
    let shown = async |world: &Days, told: usize| -> usize {
        database.apply(&OpenSlots, 1, &world.history.facts[told..]).await;
        between(&database.pool, doctor(0), EARLIEST, LATEST)
            .await
            .unwrap()
            .len()
    };
    world.step((0, 0, 0));
    let opened = shown(&world, 0).await;
    assert!(opened > 10);

    // The second slot begins one hour and a quarter into the day.
    let told = world.history.facts.len();
    world.step((8, 0, 4 * 5));
    assert_eq!(world.history.facts.len(), told + 1, "the hold was lawful");
    assert_eq!(shown(&world, told).await, opened - 1);

    let told = world.history.facts.len();
    world.step((21, 0, 4 * 5));
    assert_eq!(shown(&world, told).await, opened);
}

#[tokio::test]
async fn only_slots_that_begin_between_the_two_instants_are_shown() {
    let database = Database::create().await;
    let mut world = Days::default();
    world.step((0, 0, 0));
    database.apply(&OpenSlots, 1, &world.history.facts).await;
    let all = between(&database.pool, doctor(0), EARLIEST, LATEST)
        .await
        .unwrap();
    let (second, fifth) = (all[1].visit.start(), all[4].visit.start());
    assert_eq!(
        between(&database.pool, doctor(0), second, fifth).await.unwrap(),
        all[1..4]
    );
    assert_eq!(
        between(&database.pool, doctor(1), EARLIEST, LATEST)
            .await
            .unwrap(),
        []
    );
}
