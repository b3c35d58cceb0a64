//! Facts in, free slots out: exactly those that the domain would still hold.

use std::collections::BTreeSet;

use domain::ids::{BookingId, DoctorId};
use domain::schedule::adjacent_days::AdjacentDays;
use domain::schedule::commands::HoldSlot;
use domain::schedule::events::DoctorDayEvent;
use domain::schedule::{DoctorDay, hours, slots};
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

use crate::Model;
use crate::QueryError;
use crate::kit::bookings::{Step, admin, doctor};
use crate::kit::days::{Days, ZONE};
use crate::kit::history::History;
use crate::kit::{Database, any_cut_and_any_order_give_the_same_tables, property};
use crate::open_slots::OpenSlot;
use crate::open_slots::blocks;
use crate::open_slots::days::open_days;
use crate::open_slots::next_free::next_free;
use crate::open_slots::query::between;
use crate::page::{Cursor, LIMIT_MAX, Limit, List};
use crate::sql_types::{EARLIEST, LATEST};

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
            let days = days.iter().map(|(date, day)| (*date, day)).collect();
            let booking_id = BookingId::from_uuid(Uuid::from_u128(1));
            let hold = HoldSlot {
                booking_id,
                starts_at: *start,
                until: at,
                at,
            };
            AdjacentDays {
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

/// The next free slot is the first of the free ones, and the days have them all.
async fn assert_next_and_days_say_the_same(database: &Database, number: u8, free: &[OpenSlot]) {
    let pool = &database.pool;
    let asked = [doctor(number), DoctorId::from_uuid(Uuid::from_u128(9))];
    let next = next_free(pool, &asked, EARLIEST, LATEST).await.unwrap();
    assert_eq!(next.first(), free.first());
    let (first, last) = (date(2020, 1, 1), date(2040, 1, 1));
    let (mut days, mut cursor) = (Vec::new(), None);
    loop {
        let limit = Limit::new(2).unwrap();
        let page = open_days(pool, doctor(number), (first, last), cursor, limit)
            .await
            .unwrap();
        days.extend(page.items);
        match page.next {
            Some(next) => cursor = Some(Cursor::parse(&next.encode()).unwrap()),
            None => break,
        }
    }
    assert!(days.is_sorted_by(|one, next| one.date < next.date), "{days:?}");
    for day in &days {
        let of_day = free.iter().filter(|slot| slot.day == day.date);
        assert_eq!(
            i64::try_from(of_day.clone().count()),
            Ok(day.slots_free),
            "{day:?}"
        );
        assert!(
            day.slots_free <= day.slots && day.starts_at < day.ends_at,
            "{day:?}"
        );
        for slot in of_day {
            assert!(day.starts_at <= slot.visit.start() && slot.visit.end() <= day.ends_at);
        }
    }
    let on_days: i64 = days.iter().map(|day| day.slots_free).sum();
    assert_eq!(Ok(on_days), i64::try_from(free.len()));
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
                for table in ["open_slots__taken", "open_slots__blocks"] {
                    sqlx::query(&format!("delete from {table}"))
                        .execute(&database.pool)
                        .await
                        .unwrap();
                }
                database
                    .apply_cut(Model::OpenSlots, 1, &world.history.facts, &cuts)
                    .await;
                for number in 0..2 {
                    let shown = all(database, number, EARLIEST, LATEST).await;
                    assert_next_and_days_say_the_same(database, number, &shown).await;
                    let shown: Vec<Timestamp> = shown.iter().map(|slot| slot.visit.start()).collect();
                    let at = "2030-03-01T00:00:00Z".parse().unwrap();
                    assert_eq!(shown, holdable(&world, number, at));
                    let listed = blocks::standing(
                        &database.pool,
                        doctor(number),
                        EARLIEST,
                        None,
                        Limit::new(LIMIT_MAX).unwrap(),
                    )
                    .await
                    .unwrap();
                    let listed: BTreeSet<_> = listed.items.iter().map(|block| block.block_id).collect();
                    let days = world.days.iter().filter(|((of, _), _)| *of == doctor(number));
                    let standing: BTreeSet<_> = days
                        .flat_map(|(_, day)| &day.taken().blocks)
                        .map(|block| block.block_id)
                        .collect();
                    assert_eq!(listed, standing);
                }
            });
        },
    );
}

#[test]
fn any_cut_into_batches_and_any_order_of_shards_give_the_same_tables() {
    any_cut_and_any_order_give_the_same_tables(
        Model::OpenSlots,
        &["open_slots", "open_slots__taken", "open_slots__blocks"],
        day_steps(60),
        |steps| Days::lived(steps).history.facts,
    );
}

#[tokio::test]
async fn a_held_slot_vanishes_and_a_released_one_comes_back() {
    let database = Database::create().await;
    let mut world = Days::default();
    let shown = async |world: &Days, told: usize| -> usize {
        database
            .apply(Model::OpenSlots, 1, &world.history.facts[told..])
            .await;
        all(&database, 0, EARLIEST, LATEST).await.len()
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
    database.apply(Model::OpenSlots, 1, &world.history.facts).await;
    let whole = all(&database, 0, EARLIEST, LATEST).await;
    let (second, fifth) = (whole[1].visit.start(), whole[4].visit.start());
    assert_eq!(all(&database, 0, second, fifth).await, whole[1..4]);
    assert_eq!(all(&database, 1, EARLIEST, LATEST).await, []);
}

#[tokio::test]
async fn a_thousand_and_more_free_slots_are_read_page_by_page_each_once() {
    let database = Database::create().await;
    let slots_of = |number: i64| {
        let date = date(2030, 3, 4) + SignedDuration::from_hours(24 * number);
        let bounds = hours::day_bounds(date, ZONE).unwrap();
        DoctorDayEvent::Opened {
            doctor_id: doctor(0),
            date,
            zone: ZONE.to_owned(),
            bounds,
            working: vec![bounds],
            slot_minutes: 5,
            buffer_before_minutes: 0,
            buffer_after_minutes: 0,
            by: admin(),
            at: bounds.start(),
        }
    };
    let mut history = History::default();
    for number in 0..4 {
        let fact = slots_of(number);
        let DoctorDayEvent::Opened { date, .. } = &fact else {
            unreachable!()
        };
        let stream = DoctorDay::stream_id(doctor(0), *date);
        history.tell::<DoctorDay>(&stream, &doctor(0).to_string(), std::slice::from_ref(&fact));
    }
    database.apply(Model::OpenSlots, 1, &history.facts).await;
    let read = all(&database, 0, EARLIEST, LATEST).await;
    assert_eq!(read.len(), 4 * 24 * 12);
    assert!(read.is_sorted_by(|one, other| one.visit.start() < other.visit.start()));
    let strange = Cursor::new(List::Agenda, 0, Uuid::nil());
    let limit = Limit::default();
    let refused = between(&database.pool, doctor(0), EARLIEST, LATEST, Some(strange), limit).await;
    assert!(matches!(refused, Err(QueryError::Cursor(_))), "{refused:?}");
}

/// Every page there is, in their order.
async fn all(database: &Database, number: u8, from: Timestamp, to: Timestamp) -> Vec<OpenSlot> {
    let limit = Limit::new(LIMIT_MAX).unwrap();
    let (mut slots, mut cursor) = (Vec::new(), None);
    loop {
        let page = between(&database.pool, doctor(number), from, to, cursor, limit)
            .await
            .unwrap();
        assert!(page.items.len() <= usize::from(LIMIT_MAX));
        slots.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            return slots;
        }
    }
}
