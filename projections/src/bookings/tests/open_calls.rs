//! Facts in, waiting calls out.

use std::cell::Cell;

use domain::booking::Booking;
use domain::booking::events::CallType;
use domain::ids::{BookingId, ClinicId};
use proptest::collection::vec;
use proptest::prelude::*;
use uuid::Uuid;

use crate::bookings::OpenCall;
use crate::bookings::query::open_calls::for_staff;
use crate::kit::bookings::{Bookings, Step, steps};
use crate::kit::{Database, property};
use crate::{Limit, Model};

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

/// Random lives in which some urgent calls are paid for, some of these served, and some doctors taken off again.
pub(super) fn lives() -> impl Strategy<Value = Vec<Step>> {
    let call = (1..4_u8, 0..4_u8).prop_map(|(which, how_far)| {
        let steps = [
            (0, which, 0),
            (4, which, 2),
            (7, which, 0),
            (15, which, 1),
            (19, which, 9),
            (21, which, 0),
        ];
        steps[..usize::from(how_far) + 3].to_vec()
    });
    (steps(40), vec(call, 1..6)).prop_map(|(before, calls)| [before, calls.concat()].concat())
}

#[test]
fn the_calls_that_wait_are_those_the_domain_says_through_any_pages() {
    let (open, left) = (Cell::new(0), Cell::new(0));
    property(32, &(lives(), 1..5_u16), |runtime, database, _, (steps, rows)| {
        let world = Bookings::lived(&steps);
        let waiting = waiting(&world);
        runtime.block_on(async {
            sqlx::query("delete from bookings")
                .execute(&database.pool)
                .await
                .unwrap();
            database.apply(Model::Bookings, 1, &world.history.facts).await;
            let clinics = [0xc001, 0xc002].map(|number| Some(ClinicId::from_uuid(Uuid::from_u128(number))));
            for asks in [None].into_iter().chain(clinics) {
                let may_send = |had: Option<ClinicId>| asks.is_none() || had.is_none() || had == asks;
                let expected: Vec<_> = waiting
                    .iter()
                    .filter(|(_, _, had)| may_send(*had))
                    .map(|(since, id, _)| (*since, *id))
                    .collect();
                let shown: Vec<_> = all_of(database, asks, rows)
                    .await
                    .iter()
                    .map(|call| (call.waiting_since.as_microsecond(), call.booking_id))
                    .collect();
                assert_eq!(shown, expected, "{asks:?}");
            }
        });
        open.set(open.get() + waiting.len());
        left.set(left.get() + waiting.iter().filter(|(_, _, had)| had.is_some()).count());
    });
    assert!(
        open.get() > 0 && left.get() > 0,
        "no call waited, or none was left by a doctor"
    );
}
