//! Facts in, payouts as they stand out.

use domain::payout::status::PayoutStatus;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use sqlx::PgPool;

use crate::Model;
use crate::kit::bookings::steps;
use crate::kit::payouts::{PayoutsLived, owner};
use crate::kit::{Database, interleaved, property};
use crate::page::{Cursor, Limit, List};
use crate::payouts::query;
use crate::payouts::{PayoutFilter, PayoutRow};

const TABLE: &str = "payouts";

fn assert_says_what_the_domain_says(row: &PayoutRow, world: &PayoutsLived) {
    let (_, payout) = world.payouts.iter().find(|(id, _)| *id == row.payout_id).unwrap();
    let order = payout.order().unwrap();
    assert_eq!(row.status, payout.status());
    assert_eq!(row.checking, order.unknown);
    assert_eq!((&row.code, &row.provider_id), (&order.code, &order.provider_id));
    assert_eq!(
        (row.owner_id, row.purpose, row.amount),
        (order.terms.owner_id, order.terms.purpose, order.terms.amount)
    );
    assert_eq!(row.ended_at.is_some(), row.status != PayoutStatus::Pending);
}

#[test]
fn a_row_says_what_the_domain_says_through_any_cut_any_order_and_any_pages() {
    let input = (
        steps(120),
        proptest::collection::vec(1..30_usize, 1..6),
        proptest::collection::vec(any::<u8>(), 8..40),
        1..6_u16,
    );
    property(
        16,
        &input,
        |runtime, database, number, (steps, cuts, choices, rows)| {
            let world = PayoutsLived::lived(&steps);
            let facts = &world.history.facts;
            runtime.block_on(async {
                sqlx::query("delete from payouts")
                    .execute(&database.pool)
                    .await
                    .unwrap();
                database.apply(Model::Payouts, 1, facts).await;
                let cut = database.generation(TABLE, number * 2).await;
                database
                    .apply_cut(Model::Payouts, cut, &interleaved(facts, &choices), &cuts)
                    .await;
                assert_eq!(database.rows(TABLE, cut).await, database.rows(TABLE, 1).await);

                let (mut found, mut cursor) = (Vec::<PayoutRow>::new(), None);
                loop {
                    let limit = Limit::new(rows).unwrap();
                    let filter = PayoutFilter::default();
                    let page = query::page(&database.pool, filter, cursor, limit).await.unwrap();
                    found.extend(page.items);
                    match page.next {
                        Some(next) => cursor = Some(Cursor::parse(&next.encode()).unwrap()),
                        None => break,
                    }
                }
                assert_eq!(found.len(), world.payouts.len());
                assert!(found.is_sorted_by(|newer, older| {
                    (newer.requested_at, newer.payout_id.uuid())
                        > (older.requested_at, older.payout_id.uuid())
                }));
                for row in &found {
                    assert_says_what_the_domain_says(row, &world);
                }
                compared(&database.pool, found, u32::from(rows)).await;
            });
        },
    );
}

/// What a comparison asks for is what people are shown: every stretch of time in full and once, by any id, and in sums.
async fn compared(pool: &PgPool, mut all: Vec<PayoutRow>, rows: u32) {
    all.reverse();
    let times: Vec<Timestamp> = all.iter().map(|row| row.requested_at).collect();
    let (Some(first), Some(last)) = (times.first(), times.last()) else {
        return;
    };
    let middle = times[times.len() / 2];
    let mut stretches = Vec::new();
    for stretch in [(*first, middle), (middle, *last + SignedDuration::from_secs(1))] {
        let mut after = None;
        loop {
            let page = query::requested_within(pool, stretch, after, rows).await.unwrap();
            after = page.last().map(|row| (row.requested_at, row.payout_id));
            if after.is_none() {
                break;
            }
            stretches.extend(page);
        }
    }
    assert_eq!(stretches, all);
    let known: Vec<String> = all.iter().filter_map(|row| row.provider_id.clone()).collect();
    let by_their_ids = query::known_as(pool, &known, &[]).await.unwrap();
    assert_eq!(by_their_ids.len(), known.len());
    let ids: Vec<_> = all.iter().map(|row| row.payout_id).collect();
    let by_either = query::known_as(pool, &known, &ids).await.unwrap();
    assert_eq!(by_either.len(), all.len(), "known by two ids, found once");
    let totals = query::totals(pool, *first, middle).await.unwrap();
    for total in &totals {
        let of = all
            .iter()
            .filter(|row| row.requested_at < middle && row.status == total.status);
        let sum: i64 = of.clone().map(|row| row.amount.minor).sum();
        assert_eq!(
            (usize::try_from(total.payouts), total.amount.minor),
            (Ok(of.count()), sum)
        );
    }
    let counted: i64 = totals.iter().map(|total| total.payouts).sum();
    let before = times.iter().filter(|at| **at < middle).count();
    assert_eq!(usize::try_from(counted), Ok(before));
}

#[tokio::test]
async fn staff_find_any_payout_and_pages_show_one_owners() {
    let database = Database::create().await;
    let world = PayoutsLived::lived(&[(0, 0, 1), (0, 1, 2)]);
    database.apply(Model::Payouts, 1, &world.history.facts).await;
    let pool = &database.pool;
    let (one, _) = owner(0);
    let payout = world.payouts[0].0;
    assert!(query::for_staff(pool, payout).await.unwrap().is_some());
    let filter = |owner, status| PayoutFilter { owner, status };
    let count = async |filter| {
        query::page(pool, filter, None, Limit::default())
            .await
            .unwrap()
            .items
            .len()
    };
    assert_eq!(count(filter(Some(one), None)).await, 1);
    assert_eq!(count(filter(None, Some(PayoutStatus::Pending))).await, 2);
    assert_eq!(count(filter(None, Some(PayoutStatus::Paid))).await, 0);
    let foreign = Cursor::new(List::Payments, 1, uuid::Uuid::nil());
    let asked = query::page(pool, PayoutFilter::default(), Some(foreign), Limit::default()).await;
    assert!(matches!(asked, Err(crate::QueryError::Cursor(_))));
}
