//! Facts in, payouts as they stand out.

use domain::payout::status::PayoutStatus;
use proptest::prelude::*;

use crate::kit::bookings::steps;
use crate::kit::payouts::{PayoutsLived, owner};
use crate::kit::{Database, interleaved, property};
use crate::page::{Cursor, Limit, List};
use crate::payouts::projector::Payouts;
use crate::payouts::query;
use crate::payouts::view::{PayoutFilter, PayoutRow};

const TABLE: &str = "payouts";

fn assert_says_what_the_domain_says(row: &PayoutRow, world: &PayoutsLived) {
    let (_, payout) = world.payouts.iter().find(|(id, _)| *id == row.payout_id).unwrap();
    let order = payout.order().unwrap();
    assert_eq!(row.status, payout.status());
    assert_eq!(row.checking, order.unknown);
    assert_eq!(row.code, order.code);
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
                database.apply(&Payouts, 1, facts).await;
                let cut = database.generation(TABLE, number * 2).await;
                database
                    .apply_cut(&Payouts, cut, &interleaved(facts, &choices), &cuts)
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
            });
        },
    );
}

#[tokio::test]
async fn only_its_owner_and_staff_find_a_payout() {
    let database = Database::create().await;
    let world = PayoutsLived::lived(&[(0, 0, 1), (0, 1, 2)]);
    database.apply(&Payouts, 1, &world.history.facts).await;
    let pool = &database.pool;
    let ((one, _), (other, _)) = (owner(0), owner(1));
    let payout = world.payouts[0].0;
    assert!(query::for_owner(pool, one, payout).await.unwrap().is_some());
    assert!(query::for_owner(pool, other, payout).await.unwrap().is_none());
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
    assert!(matches!(asked, Err(crate::QueryFault::Cursor(_))));
}
