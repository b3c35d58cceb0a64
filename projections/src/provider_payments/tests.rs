//! Facts in, what providers carry out.

use domain::ids::PaymentId;
use domain::payment::Payment;
use domain::payment::attempt::Attempt;
use domain::payment::provider::Provider;
use domain::payment::purpose::transfer_of;
use proptest::prelude::*;

use crate::Model;
use crate::kit::bookings::{Bookings, STEPS, Step};
use crate::kit::{Database, any_cut_and_any_order_give_the_same_tables, property};
use crate::provider_payments::query::{self, ProviderInterval, RefundOf};
use crate::provider_payments::{CarriedRow, Purpose};
use crate::sql_types;

const TABLES: [&str; 2] = ["provider_payments", "provider_payments__refunds"];

/// Lives with much paying in them.
fn paying(most: usize) -> impl Strategy<Value = Vec<Step>> {
    let step = (
        prop_oneof![1 => 0..STEPS, 4 => 4..14_u8, 2 => 28..STEPS],
        any::<u8>(),
        any::<u16>(),
    );
    proptest::collection::vec(step, 1..most)
}

async fn empty(database: &Database) {
    for table in TABLES {
        let sql = format!("delete from {table}");
        sqlx::query(&sql).execute(&database.pool).await.unwrap();
    }
}

fn ever(provider: Provider) -> ProviderInterval {
    ProviderInterval {
        provider,
        from: sql_types::EARLIEST,
        to: "2199-01-01T00:00:00Z".parse().unwrap(),
    }
}

/// All payments of a provider, so many at a time.
async fn paged(database: &Database, rows: u32) -> Vec<CarriedRow> {
    let (mut all, mut after): (Vec<CarriedRow>, _) = (Vec::new(), None);
    loop {
        let page = query::payments(&database.pool, ever(Provider::Yookassa), after, rows)
            .await
            .unwrap();
        after = page.last().map(|row| (row.started_at, row.payment_id));
        all.extend(page);
        if after.is_none() {
            return all;
        }
    }
}

/// All refunds of a provider, so many at a time.
async fn paged_refunds(database: &Database, rows: u32) -> Vec<RefundOf> {
    let (mut all, mut after): (Vec<RefundOf>, _) = (Vec::new(), None);
    loop {
        let page = query::refunds(&database.pool, ever(Provider::Yookassa), after, rows)
            .await
            .unwrap();
        after = page.last().map(|of| {
            let refund = &of.refund;
            (refund.requested_at, refund.payment_id, refund.number)
        });
        all.extend(page);
        if after.is_none() {
            return all;
        }
    }
}

#[test]
fn the_rows_say_what_the_domain_says_of_every_payment_a_provider_carries() {
    property(
        24,
        &(paying(70), 1..5_u32),
        |runtime, database, _, (steps, rows)| {
            let world = Bookings::lived(&steps);
            runtime.block_on(async {
                empty(database).await;
                database
                    .apply(Model::ProviderPayments, 1, &world.history.facts)
                    .await;
                let mut listed = paged(database, rows).await;
                let mut refunds = paged_refunds(database, rows).await;
                for (payment_id, purpose, payment) in all(&world) {
                    let by_this = |attempt: &&Attempt| {
                        attempt
                            .route
                            .is_some_and(|route| route.provider == Provider::Yookassa)
                    };
                    let Some(attempt) = payment.attempt().filter(by_this) else {
                        continue;
                    };
                    let at = listed.iter().position(|row| row.payment_id == payment_id);
                    let row = listed.swap_remove(at.expect("its row"));
                    assert_eq!((row.purpose, row.amount), (purpose, attempt.terms.amount));
                    assert_eq!(
                        (row.status, row.provider_id),
                        (payment.status(), attempt.provider_id.clone())
                    );
                    assert_eq!(
                        (row.held, row.captured, row.refunded, row.income),
                        (attempt.held, attempt.captured, attempt.refunded, attempt.income)
                    );
                    for expected in &attempt.refund_list {
                        let key = (payment_id, expected.number);
                        let found = refunds
                            .iter()
                            .position(|of| (of.refund.payment_id, of.refund.number) == key);
                        let of = refunds.swap_remove(found.expect("its refund"));
                        assert_eq!(
                            (of.refund.stage, of.refund.amount),
                            (expected.stage, expected.amount)
                        );
                        assert_eq!(of.refund.provider_id, expected.provider_id);
                        assert_eq!(
                            (of.payment_provider_id, of.captured),
                            (attempt.provider_id.clone(), attempt.captured)
                        );
                    }
                }
                assert_eq!((listed, refunds), (Vec::new(), Vec::new()), "nobody else's");
            });
        },
    );
}

/// Every payment of a world, for visits and for wallets.
fn all(world: &Bookings) -> impl Iterator<Item = (PaymentId, Purpose, &Payment)> {
    let of_bookings = world
        .payments
        .iter()
        .map(|(id, booking_id, payment)| (*id, Purpose::Booking(*booking_id), payment));
    let of_wallets = world
        .deposits
        .iter()
        .map(|(id, _, payment)| (*id, Purpose::Deposit(transfer_of(*id)), payment));
    of_bookings.chain(of_wallets)
}

#[test]
fn any_cut_into_batches_and_any_order_of_shards_give_the_same_tables() {
    any_cut_and_any_order_give_the_same_tables(Model::ProviderPayments, &TABLES, paying(90), |steps| {
        Bookings::lived(steps).history.facts
    });
}

/// A world with a payment by card that was taken and of which a part goes back.
fn taken() -> (Bookings, PaymentId) {
    let world = Bookings::lived(&[(4, 0, 0), (8, 0, 0), (13, 0, 1_001)]);
    let payment_id = world.payments[0].0;
    (world, payment_id)
}

#[tokio::test]
async fn a_payment_is_found_by_either_id_and_its_refunds_by_the_providers() {
    let database = Database::create().await;
    let (world, payment_id) = taken();
    database
        .apply(Model::ProviderPayments, 1, &world.history.facts)
        .await;
    let pool = &database.pool;
    let (known, unknown) = (["2c1f".to_owned()], ["another".to_owned()]);
    let by = async |provider, ids: &[String], ours: &[PaymentId]| {
        let found = query::payments_known_as(pool, provider, ids, ours).await.unwrap();
        found.into_iter().map(|row| row.payment_id).collect::<Vec<_>>()
    };
    assert_eq!(by(Provider::Yookassa, &known, &[]).await, [payment_id]);
    assert_eq!(
        by(Provider::Yookassa, &unknown, &[payment_id]).await,
        [payment_id]
    );
    assert_eq!(
        by(Provider::Yookassa, &known, &[payment_id]).await,
        [payment_id],
        "once"
    );
    assert_eq!(by(Provider::Tbank, &known, &[payment_id]).await, []);
    let refunds = query::refunds_of_payments(pool, Provider::Yookassa, &known)
        .await
        .unwrap();
    assert_eq!((refunds.len(), refunds[0].refund.number), (1, 1));
    assert_eq!(
        query::refunds_of_payments(pool, Provider::Yookassa, &unknown)
            .await
            .unwrap(),
        []
    );

    let row = by_start(&database, payment_id).await;
    let around = query::totals(
        pool,
        row.started_at,
        row.changed_at + std::time::Duration::from_secs(1),
    );
    let [total] = around.await.unwrap().try_into().unwrap();
    assert_eq!(
        (total.payments, total.captured, total.refunded),
        (1, row.captured, row.refunded)
    );
    let fees = row.captured.minus(row.income.unwrap()).unwrap();
    assert_eq!(
        (total.fees, total.net),
        (fees, row.income.unwrap().minus(row.refunded).unwrap())
    );
    assert_eq!(
        query::totals(pool, sql_types::EARLIEST, row.started_at)
            .await
            .unwrap(),
        [],
        "the end is not within"
    );
}

async fn by_start(database: &Database, payment_id: PaymentId) -> CarriedRow {
    let all = paged(database, 10).await;
    all.into_iter().find(|row| row.payment_id == payment_id).unwrap()
}
