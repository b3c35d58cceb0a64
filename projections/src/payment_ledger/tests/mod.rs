//! Facts in, books that balance out.

mod reading;

use std::collections::HashMap;

use domain::booking::events::BookingEvent;
use domain::ids::{PaymentId, PayoutId, TransferId};
use domain::money::Money;
use domain::payment::Payment;
use domain::payment::events::PaymentMethod;
use domain::payment::purpose::Purpose;
use domain::payout::events::{PayoutEvent, PayoutPurpose};
use event_store::Fact;
use proptest::prelude::*;
use sqlx::PgPool;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::Model;
use crate::kit::bookings::{Bookings, STEPS, Step, patient};
use crate::kit::{Database, any_cut_and_any_order_give_the_same_tables, property};
use crate::page::{Cursor, List};
use crate::payment_ledger::book;
use crate::payment_ledger::query;
use crate::payment_ledger::rows::get_account;
use crate::payment_ledger::{Account, EntryKind, PaymentFilter};
use crate::sql_types;
use crate::{Limit, QueryError};

const TABLES: [&str; 2] = ["payment_ledger", "payment_ledger__payments"];

/// Lives with much paying in them.
fn paying(most: usize) -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec(
        (
            prop_oneof![1 => 0..STEPS, 3 => 4..15_u8, 2 => 28..STEPS],
            any::<u8>(),
            any::<u16>(),
        ),
        1..most,
    )
}

async fn empty(database: &Database) {
    for table in TABLES {
        sqlx::query(&format!("delete from {table}"))
            .execute(&database.pool)
            .await
            .unwrap();
    }
}

/// What stands on each account that was ever used: debits less credits.
pub(super) async fn sums(pool: &PgPool) -> Vec<(Account, Money)> {
    let rows = sqlx::query(
        "select account, subject_id, currency, sum(amount)::bigint as amount
         from payment_ledger where generation = 1 group by account, subject_id, currency",
    );
    let sum = |row: &PgRow| {
        let currency = sql_types::get_currency(row).unwrap();
        let sum = sql_types::get_money(row, "amount", currency).unwrap();
        (get_account(row).unwrap(), sum)
    };
    rows.fetch_all(pool).await.unwrap().iter().map(sum).collect()
}

/// Every currency, fact and booking whose entries do not sum to zero, told apart and with what is left over.
async fn imbalances(pool: &PgPool) -> Vec<String> {
    let groups = "select row(currency, position, booking_id, sum(amount))::text from payment_ledger where generation = 1
                  group by grouping sets ((currency), (currency, position), (currency, booking_id))
                  having sum(amount) <> 0";
    sqlx::query_scalar(groups).fetch_all(pool).await.unwrap()
}

#[test]
fn the_ledger_sums_to_zero_after_every_single_fact() {
    property(24, &paying(50), |runtime, database, _, steps| {
        let world = Bookings::lived(&steps);
        runtime.block_on(async {
            empty(database).await;
            for fact in &world.history.facts {
                database
                    .apply(Model::PaymentLedger, 1, std::slice::from_ref(fact))
                    .await;
                assert_eq!(imbalances(&database.pool).await, [""; 0]);
            }
            assert_holds_match_the_payments(database, &world).await;
        });
    });
}

/// What is held for each booking, earned in all and shared with doctors is what the domain's payments and bookings say.
async fn assert_holds_match_the_payments(database: &Database, world: &Bookings) {
    let mut held: HashMap<Account, i64> = HashMap::new();
    let (mut earned, mut fees) = (0, 0);
    for (_, booking_id, payment) in &world.payments {
        *held.entry(Account::BookingHolds(*booking_id)).or_default() -= payment.held().minor;
        earned += payment.captured().minor - payment.refunded().minor;
        let income = payment.attempt().and_then(|attempt| attempt.income);
        fees += income.map_or(0, |income| payment.captured().minor - income.minor);
    }
    let mut shares: HashMap<Account, i64> = HashMap::new();
    let (mut shared, mut commission) = (0, 0);
    for event in world.history.facts.iter().filter_map(earned_by) {
        if let BookingEvent::Earned {
            doctor_id,
            kept,
            commission: part,
            share,
            ..
        } = event
        {
            shared += kept.minor;
            commission += part.minor;
            *shares
                .entry(Account::DoctorPayable(doctor_id.into()))
                .or_default() -= share.minor;
        }
    }
    let mut returning = 0;
    for attempt in world
        .deposits
        .iter()
        .filter_map(|(_, _, payment)| payment.attempt())
    {
        fees += attempt
            .income
            .map_or(0, |income| attempt.captured.minor - income.minor);
        returning += attempt.reserved().unwrap().minor - attempt.refunded.minor;
    }
    for (account, sum) in sums(&database.pool).await {
        match account {
            Account::DoctorPayable(_) => assert_eq!(Some(&sum.minor), shares.get(&account)),
            Account::Commission => assert_eq!(sum.minor, -commission),
            Account::RefundsInTransit => assert_eq!(sum.minor, -returning),
            Account::BookingHolds(_) => assert_eq!(Some(&sum.minor), held.get(&account)),
            Account::ClinicRevenue => assert_eq!(sum.minor, shared - earned),
            Account::ProviderFees => assert_eq!(sum.minor, fees),
            Account::CashClearing
            | Account::YookassaCardClearing
            | Account::YookassaSbpClearing
            | Account::TbankSbpClearing
            | Account::WalletLiability(_)
            | Account::PayoutsInTransit
            | Account::PayoutClearing => {}
        }
    }
}

fn earned_by(fact: &Fact) -> Option<BookingEvent> {
    (fact.event_type == "BookingEarned").then(|| serde_json::from_str(fact.payload.get()).unwrap())
}

#[test]
fn a_payout_leaves_what_is_owed_is_on_its_way_and_arrives_or_comes_back() {
    let at = jiff::Timestamp::UNIX_EPOCH;
    let (owner_id, amount) = (patient(1).into(), Money::kopecks(120_000));
    for (purpose, owed) in [
        (PayoutPurpose::DoctorEarnings, Account::DoctorPayable(owner_id)),
        (
            PayoutPurpose::WalletWithdrawal,
            Account::WalletLiability(owner_id),
        ),
    ] {
        let requested = PayoutEvent::Requested {
            payout_id: PayoutId::from_uuid(Uuid::from_u128(1)),
            owner_id,
            purpose,
            amount,
            destination: domain::people::PrivateRef {
                id: domain::ids::PrivateId::from_uuid(Uuid::from_u128(2)),
                digest: "ab".to_owned(),
            },
            by: domain::people::Actor::Process,
            at,
        };
        let paid = PayoutEvent::Paid {
            owner_id,
            purpose,
            amount,
            at,
        };
        let code = "insufficient_funds".to_owned();
        let cancelled = PayoutEvent::Cancelled {
            owner_id,
            purpose,
            amount,
            code,
            at,
        };
        let sums = |facts: &[&PayoutEvent]| {
            let mut sums: HashMap<Account, i64> = HashMap::new();
            for fact in facts {
                let moved = book::of_payout(TransferId::from_uuid(Uuid::from_u128(1)), fact).unwrap();
                let lines = moved.lines.iter().map(|(_, amount)| amount.minor);
                assert_eq!(lines.sum::<i64>(), 0);
                for (account, amount) in moved.lines {
                    *sums.entry(account).or_default() += amount.minor;
                }
            }
            sums.retain(|_, sum| *sum != 0);
            sums
        };
        let (out, gone) = (Account::PayoutsInTransit, Account::PayoutClearing);
        assert_eq!(
            sums(&[&requested]),
            HashMap::from([(owed, 120_000), (out, -120_000)])
        );
        assert_eq!(
            sums(&[&requested, &paid]),
            HashMap::from([(owed, 120_000), (gone, -120_000)])
        );
        assert_eq!(sums(&[&requested, &cancelled]), HashMap::new());
    }
}

#[test]
fn any_cut_into_batches_and_any_order_of_shards_give_the_same_tables() {
    any_cut_and_any_order_give_the_same_tables(Model::PaymentLedger, &TABLES, paying(90), |steps| {
        Bookings::lived(steps).history.facts
    });
}

#[tokio::test]
async fn a_paid_visit_moves_money_from_cash_to_wallet_to_hold_to_revenue() {
    let database = Database::create().await;
    // A deposit, a wallet payment of the only booking, its hold, and a settlement that takes a part.
    let world = Bookings::lived(&[(14, 0, 60_001), (4, 0, 2), (7, 0, 0), (12, 0, 20_000)]);
    database
        .apply(Model::PaymentLedger, 1, &world.history.facts)
        .await;
    let (_, booking, payment) = &world.payments[0];
    assert_eq!(payment.terms().unwrap().method, PaymentMethod::Wallet);
    let sums: HashMap<Account, Money> = sums(&database.pool).await.into_iter().collect();
    assert_eq!(sums[&Account::CashClearing], Money::kopecks(60_002));
    assert_eq!(sums[&Account::ClinicRevenue], Money::kopecks(-60_000));
    assert_eq!(sums[&Account::BookingHolds(*booking)], Money::ZERO);
    assert_eq!(
        sums[&Account::WalletLiability(patient(0).into())],
        Money::kopecks(-2)
    );
    assert_eq!(
        Account::BookingHolds(*booking).to_string(),
        format!("booking_holds:{booking}")
    );

    let entries = query::entries(&database.pool, Some(*booking), None, Limit::default())
        .await
        .unwrap()
        .items;
    let kinds: Vec<EntryKind> = entries.iter().rev().map(|entry| entry.kind).collect();
    let (held, captured) = (EntryKind::Held, EntryKind::Captured);
    assert_eq!(kinds, [held, held, captured, captured, captured]);
    assert_eq!(
        query::entries(&database.pool, None, None, Limit::default())
            .await
            .unwrap()
            .items
            .len(),
        7
    );
}
