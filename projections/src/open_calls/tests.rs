//! Facts in, waiting calls out.

use domain::booking::Booking;
use domain::booking::events::CallType;
use domain::ids::{BookingId, ClinicId};

use crate::kit::bookings::{Bookings, steps};
use crate::kit::{Database, any_cut_and_any_order_give_the_same_tables, property};
use crate::open_calls::OpenCall;
use crate::open_calls::query::for_staff;
use crate::{Limit, Model};

const TABLE: &str = "open_calls";

async fn all_of(database: &Database, clinic: Option<ClinicId>, rows: u16) -> Vec<OpenCall> {
    let (mut calls, mut cursor) = (Vec::new(), None);
    loop {
        let limit = Limit::new(rows).unwrap();
        let page = for_staff(&database.pool, clinic, cursor, limit).await.unwrap();
        calls.extend(page.items);
        match page.next {
            Some(next) => cursor = Some(next),
            None => return calls,
        }
    }
}

/// The urgent calls that the domain says wait, and since which microsecond: columns keep no more.
fn waiting(world: &Bookings) -> Vec<(i64, BookingId, Option<ClinicId>)> {
    let mut waiting: Vec<_> = world
        .bookings
        .iter()
        .filter_map(|(id, booking)| {
            let Booking::Secured(agreement) = booking else {
                return None;
            };
            let is_urgent = agreement.call_type == CallType::Urgent;
            let since = agreement.unserved_since.filter(|_| is_urgent)?;
            Some((since.as_microsecond(), *id, agreement.clinic_id()))
        })
        .collect();
    waiting.sort();
    waiting
}

#[test]
fn the_calls_that_wait_are_those_the_domain_says_through_any_pages() {
    property(
        16,
        &(steps(90), 1..5_u16),
        |runtime, database, _, (steps, rows)| {
            let world = Bookings::lived(&steps);
            runtime.block_on(async {
                sqlx::query("delete from open_calls")
                    .execute(&database.pool)
                    .await
                    .unwrap();
                database.apply(Model::OpenCalls, 1, &world.history.facts).await;
                let waiting = waiting(&world);
                let shown = |calls: Vec<OpenCall>| -> Vec<_> {
                    calls
                        .iter()
                        .map(|call| (call.waiting_since.as_microsecond(), call.booking_id))
                        .collect()
                };
                let expected: Vec<_> = waiting.iter().map(|(since, id, _)| (*since, *id)).collect();
                assert_eq!(shown(all_of(database, None, rows).await), expected);
                let clinic = waiting.iter().find_map(|(_, _, clinic)| *clinic);
                let clinic = clinic.unwrap_or(ClinicId::from_uuid(uuid::Uuid::nil()));
                let its: Vec<_> = waiting
                    .iter()
                    .filter(|(_, _, had)| had.is_none_or(|had| had == clinic))
                    .map(|(since, id, _)| (*since, *id))
                    .collect();
                assert_eq!(shown(all_of(database, Some(clinic), rows).await), its);
            });
        },
    );
}

#[test]
fn any_cut_into_batches_and_any_order_of_shards_give_the_same_table() {
    any_cut_and_any_order_give_the_same_tables(Model::OpenCalls, &[TABLE], steps(80), |steps| {
        Bookings::lived(steps).history.facts
    });
}
