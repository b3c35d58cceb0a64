//! Facts in, tasks of operators out.

use domain::ids::{AccountId, PayoutId};
use domain::money::Money;
use domain::payment::Payment;
use domain::payment::anomaly::{Anomaly, AnomalyEntry, AnomalyKind, Resolution, Source};
use domain::payment::events::PaymentEvent;
use domain::payout::Payout;
use domain::payout::events::PayoutEvent;
use domain::people::{Actor, Role};
use event_store::Fact;
use proptest::prelude::*;
use uuid::Uuid;

use crate::Model;
use crate::anomalies::query::{self, AnomalyFilter};
use crate::anomalies::{AnomalyRow, AnomalySubject};
use crate::kit::bookings::{Bookings, STEPS, Step};
use crate::kit::history::History;
use crate::kit::payouts::PayoutsLived;
use crate::kit::{Database, interleaved, property};
use crate::page::{Cursor, List};
use crate::{Limit, QueryError};

const TABLE: &str = "anomalies";
/// Those that wait for an operator.
const OPEN: AnomalyFilter = AnomalyFilter {
    open_only: true,
    kind: None,
    subject_id: None,
};

/// Lives with much paying in them, and much that cannot be true.
fn paying(most: usize) -> impl Strategy<Value = Vec<Step>> {
    let step = (
        prop_oneof![1 => 0..STEPS, 4 => 4..14_u8, 2 => 28..STEPS],
        any::<u8>(),
        any::<u16>(),
    );
    proptest::collection::vec(step, 1..most)
}

/// All that wait, so many at a time.
async fn waiting(database: &Database, rows: u16) -> Vec<AnomalyRow> {
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let page = query::page(&database.pool, OPEN, cursor, Limit::new(rows).unwrap());
        let page = page.await.unwrap();
        all.extend(page.items);
        match page.next {
            Some(next) => cursor = Some(Cursor::parse(&next.encode()).unwrap()),
            None => return all,
        }
    }
}

#[test]
fn every_anomaly_of_every_payment_waits_through_any_cut_any_order_and_any_pages() {
    let input = (
        paying(120),
        proptest::collection::vec(1..30_usize, 1..6),
        proptest::collection::vec(any::<u8>(), 8..40),
        1..6_u16,
    );
    property(
        16,
        &input,
        |runtime, database, number, (steps, cuts, choices, rows)| {
            let world = Bookings::lived(&steps);
            let facts = &world.history.facts;
            runtime.block_on(async {
                sqlx::query("delete from anomalies")
                    .execute(&database.pool)
                    .await
                    .unwrap();
                database.apply(Model::Anomalies, 1, facts).await;
                let cut = database.generation(TABLE, number * 2).await;
                database
                    .apply_cut(Model::Anomalies, cut, &interleaved(facts, &choices), &cuts)
                    .await;
                assert_eq!(database.rows(TABLE, cut).await, database.rows(TABLE, 1).await);

                let seen = waiting(database, rows).await;
                assert!(seen.is_sorted_by(|newer, older| newer.position > older.position));
                let of_visits = world.payments.iter().map(|(id, _, payment)| (*id, payment));
                let of_wallets = world.deposits.iter().map(|(id, _, payment)| (*id, payment));
                let mut expected: Vec<_> = of_visits
                    .chain(of_wallets)
                    .filter_map(|(id, payment)| Some((id, &payment.attempt()?.anomalies)))
                    .flat_map(|(id, entries)| {
                        entries
                            .iter()
                            .map(move |entry| said(AnomalySubject::Payment(id), entry))
                    })
                    .collect();
                expected.sort_unstable();
                let mut said: Vec<_> = seen
                    .iter()
                    .map(|row| (row.subject, row.number, row.kind.as_str()))
                    .collect();
                said.sort_unstable();
                assert_eq!(said, expected);
                let open = query::open(&database.pool).await.unwrap();
                assert_eq!(usize::try_from(open), Ok(expected.len()));
            });
        },
    );
}

fn said(subject: AnomalySubject, entry: &AnomalyEntry) -> (AnomalySubject, u32, &'static str) {
    (subject, entry.number, entry.anomaly.kind.as_str())
}

fn operator() -> (AccountId, Actor) {
    let id = AccountId::from_uuid(Uuid::from_u128(9));
    let role = Role::Admin;
    (id, Actor::Person { id, role })
}

fn odd(kind: AnomalyKind) -> Anomaly {
    Anomaly {
        kind,
        provider_id: Some("2c1f".to_owned()),
        seen: Some(Money::kopecks(700)),
        call: None,
    }
}

/// A payment and a payout, each with an anomaly.
fn world() -> (History, AnomalySubject, AnomalySubject) {
    let mut world = Bookings::lived(&[(4, 0, 0), (8, 0, 0), (13, 0, 1_001)]);
    let at = world.now();
    let (payment_id, booking_id, _) = world.payments[0];
    let recorded = PaymentEvent::AnomalyRecorded {
        number: 1,
        anomaly: odd(AnomalyKind::ForeignRefund),
        source: Source::Reconciliation,
        at,
    };
    let history = &mut world.history;
    history.tell::<Payment>(&payment_id.to_string(), &booking_id.to_string(), &[recorded]);
    let payout_id = PayoutsLived::lived(&[(0, 0, 1)]).payouts[0].0;
    let recorded = PayoutEvent::AnomalyRecorded {
        number: 1,
        anomaly: odd(AnomalyKind::FinalContradicted),
        source: Source::Notice,
        at,
    };
    history.tell::<Payout>(&payout_id.to_string(), &booking_id.to_string(), &[recorded]);
    (
        world.history,
        AnomalySubject::Payment(payment_id),
        AnomalySubject::Payout(payout_id),
    )
}

/// The fact with which an operator settles the first anomaly of this payout.
fn settle(history: &mut History, payout: AnomalySubject) -> Vec<Fact> {
    let known = history.facts.len();
    let resolved = PayoutEvent::AnomalyResolved {
        number: 1,
        resolution: Resolution::SettledByHand,
        by: operator().1,
        at: "2026-12-01T09:00:00Z".parse().unwrap(),
    };
    let (id, key) = (
        payout.uuid().to_string(),
        history.facts[known - 1].partition_key.clone(),
    );
    history.tell::<Payout>(&id, &key, &[resolved]);
    history.facts[known..].to_vec()
}

#[tokio::test]
async fn payments_and_payouts_wait_in_one_list_until_an_operator_says_how_each_was_settled() {
    let database = Database::create().await;
    let (mut history, payment, payout) = world();
    database.apply(Model::Anomalies, 1, &history.facts).await;
    let seen = waiting(&database, 1).await;
    assert_eq!(
        seen.iter().map(|row| row.subject).collect::<Vec<_>>(),
        [payout, payment]
    );
    assert_eq!(
        (seen[0].kind, seen[0].source, seen[0].seen),
        (
            AnomalyKind::FinalContradicted,
            Source::Notice,
            Some(Money::kopecks(700))
        )
    );

    let settled = settle(&mut history, payout);
    database.apply(Model::Anomalies, 1, &settled).await;
    let left = waiting(&database, 5).await;
    assert_eq!(left.iter().map(|row| row.subject).collect::<Vec<_>>(), [payment]);
    assert_eq!(query::open(&database.pool).await.unwrap(), 1);
    let all = query::page(&database.pool, AnomalyFilter::default(), None, Limit::default())
        .await
        .unwrap();
    let how = all.items[0].settled.unwrap();
    assert_eq!(
        (how.resolution, how.by),
        (Resolution::SettledByHand, Some(operator().0))
    );

    let strange = Cursor::new(List::Payments, 1, Uuid::nil());
    let answer = query::page(&database.pool, OPEN, Some(strange), Limit::default()).await;
    assert!(matches!(answer, Err(QueryError::Cursor(_))));
}

#[tokio::test]
async fn what_was_never_recorded_cannot_be_settled() {
    let database = Database::create().await;
    let (mut history, _, _) = world();
    let nobody = AnomalySubject::Payout(PayoutId::from_uuid(Uuid::from_u128(77)));
    let settled = settle(&mut history, nobody);
    assert!(database.try_apply(Model::Anomalies, 1, &settled).await.is_err());
}
