//! Invariants: what patients are told, what our books say and what the providers hold are one story.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::Ordering;

use jiff::Timestamp;
use kit::client::Client;
use kit::database::{self, Fact};
use serde_json::Value;

use crate::money::provider_fixture::ProviderFixture;
use crate::storm::anomalies::{anomalies, holds_lost, only_expected_anomalies, story};
use crate::storm::booking_scenario::BookingScenario;
use crate::storm::people::{People, look};
use crate::storm::plan::End;

/// A price or fee in kopecks.
type Kopecks = i64;

/// A payment as its patient sees it.
#[derive(Debug)]
struct OurRecord {
    status: String,
    checking: bool,
    amount: Kopecks,
    captured: Kopecks,
    refunded: Kopecks,
}

/// What the providers hold of one of our payments, doubles included.
#[derive(Debug, Default)]
struct ProviderRecord {
    held: Kopecks,
    captured: Kopecks,
    refunded: Kopecks,
    under_way: Kopecks,
    /// How many of their payments took or hold money.
    with_money: usize,
}

/// Compares everything with everything.
pub async fn check(fixture: &ProviderFixture, people: &People, scenarios: &[BookingScenario]) {
    let pool = fixture.scene.platform.pool().await;
    let facts = database::facts(&pool).await;
    database::ledger_is_balanced(&pool).await;
    let clearing = clearing(&pool).await;
    pool.close().await;
    let (mut ours, mut bookings) = (HashMap::new(), HashMap::new());
    for patient in people.patients() {
        ours.extend(payments(&patient.client).await);
        bookings.extend(listed(&patient.client, "/bookings").await.into_iter().map(by_id));
    }
    let theirs = theirs(fixture).await;
    let lost = holds_lost(&facts);
    let begun: usize = scenarios.iter().map(|scenario| scenario.payments.len()).sum();
    println!(
        "{} bookings, {begun} payments, {} facts",
        scenarios.len(),
        facts.len()
    );
    assert!(begun >= scenarios.len(), "a storm is about payments");

    for scenario in scenarios {
        same_story(scenario, &ours, &theirs, &lost, &facts);
        is_paid_for(scenario, &bookings[&scenario.booking], &ours, &theirs, &lost);
    }
    let known: HashSet<&str> = scenarios
        .iter()
        .flat_map(|scenario| scenario.payments.iter().map(String::as_str))
        .collect();
    let strays: Vec<_> = theirs.keys().filter(|id| !known.contains(id.as_str())).collect();
    assert!(
        strays.is_empty(),
        "the providers have payments nobody began: {strays:?}"
    );
    books_close(&theirs, &clearing);
    refunds_arrived(&facts);
    only_expected_anomalies(&facts);
    receipts_are_whole(&facts);
    cash_registers_registered_what_we_know(fixture, &facts).await;
}

/// The accountant's own command finds nothing to report either.
pub async fn reconciled(fixture: &ProviderFixture, begun: Timestamp) {
    let platform = &fixture.scene.platform;
    let (from, to) = (begun.to_string(), platform.now().await.to_string());
    let output = platform
        .try_tot(&["reconcile", "--json", "--from", &from, "--to", &to], "")
        .await;
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(report["lines"], serde_json::json!([]), "{report:#}");
    assert_eq!(output.status.code(), Some(0), "{report:#}");
}

/// What the patient is told of a payment is what its provider has.
fn same_story(
    scenario: &BookingScenario,
    ours: &HashMap<String, OurRecord>,
    theirs: &HashMap<String, ProviderRecord>,
    lost: &HashSet<String>,
    facts: &[Fact],
) {
    let nothing = ProviderRecord::default();
    for id in &scenario.payments {
        let here = &ours[id];
        let there = theirs.get(id).unwrap_or(&nothing);
        let told = || {
            format!(
                "{id}: {here:?} {there:?} {:?} {:#?}",
                scenario.plan,
                story(facts, id)
            )
        };
        assert!(!here.checking, "nobody knows yet: {}", told());
        assert!(there.with_money <= 1, "charged twice: {}", told());
        assert_eq!(there.under_way, 0, "{}", told());
        assert_eq!(
            (here.captured, here.refunded),
            (there.captured, there.refunded),
            "{}",
            told()
        );
        let expected = match (there.held, there.captured, there.refunded) {
            (0, 0, _) => ["failed", "cancelled"].as_slice(),
            (_, 0, _) => &["authorised"],
            (_, captured, 0) if captured < here.amount => &["partially_refunded"],
            (_, _, 0) => &["completed"],
            (_, captured, refunded) if refunded < captured => &["partially_refunded"],
            _ => &["refunded"],
        };
        assert!(expected.contains(&here.status.as_str()), "{}", told());
    }
    for id in &scenario.told_paid {
        let kept = theirs
            .get(id)
            .is_some_and(|there| there.held + there.captured > 0);
        let here = &ours[id];
        assert!(
            kept || here.status == "cancelled" || lost.contains(id),
            "{id}: the patient was told that it was paid: {here:?}"
        );
    }
}

/// In the end exactly what is due is kept of a booking, over all its payments.
fn is_paid_for(
    scenario: &BookingScenario,
    booking: &Value,
    ours: &HashMap<String, OurRecord>,
    theirs: &HashMap<String, ProviderRecord>,
    lost: &HashSet<String>,
) {
    let of_booking = || scenario.payments.iter().filter_map(|id| theirs.get(id));
    let kept: Kopecks = of_booking().map(|there| there.captured - there.refunded).sum();
    let held: Kopecks = of_booking().map(|there| there.held).sum();
    let (price, status) = (kopecks(&booking["amount"]), booking["status"].as_str().unwrap());
    let told = || {
        let payments: Vec<_> = scenario
            .payments
            .iter()
            .map(|id| (id, &ours[id], theirs.get(id)))
            .collect();
        format!("{:?} {booking} {payments:#?}", scenario.plan)
    };
    let has_lost = scenario.payments.iter().any(|id| lost.contains(id));
    match status {
        "completed" => assert!(
            (kept, held) == (price - scenario.given_back.load(Ordering::Relaxed), 0)
                || (has_lost && kept == 0),
            "{}",
            told()
        ),
        "cancelled" | "no_show" => {
            let fee = kopecks(&booking["fee"]["amount"]);
            let is_ours = scenario.plan.end == End::IsMovedByUs && !scenario.told_paid.is_empty();
            assert!(!is_ours || fee == 0, "who caused it pays nothing: {}", told());
            assert!(
                (kept, held) == (fee, 0) || (has_lost && kept == 0),
                "fee {fee}: {}",
                told()
            );
        }
        "expired" | "missed" => assert_eq!((kept, held), (0, 0), "{}", told()),
        "assigned" | "pending" => {
            assert!(
                kept + held == price || (has_lost && kept + held == 0),
                "{}",
                told()
            );
        }
        other => panic!("{other}: {}", told()),
    }
    let promised = match scenario.plan.end {
        End::IsVisited if scenario.is_visited() => "completed",
        End::IsCancelled | End::IsMovedByUs if !scenario.told_paid.is_empty() => "cancelled",
        End::Stays | End::IsCancelled | End::IsMovedByUs | End::IsVisited => status,
    };
    assert_eq!(status, promised, "{}", told());
}

/// Our clearing accounts hold what the providers hold for us, fees subtracted by both.
fn books_close(theirs: &HashMap<String, ProviderRecord>, clearing: &BTreeMap<String, Kopecks>) {
    let there: Kopecks = theirs
        .values()
        .map(|it| it.held + it.captured - it.refunded)
        .sum();
    let here: Kopecks = clearing.values().sum();
    assert_eq!(here, there, "{clearing:?}");
}

/// What stands on the accounts of money at providers, before their fees.
async fn clearing(pool: &sqlx::PgPool) -> BTreeMap<String, Kopecks> {
    let generation = database::live_generation(pool, "payment_ledger").await;
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "select account, sum(amount)::bigint from payment_ledger
         where generation = $1 and account in ('yookassa_card_clearing', 'yookassa_sbp_clearing', 'tbank_sbp_clearing') and kind <> 'fee'
         group by account",
    )
    .bind(generation)
    .fetch_all(pool)
    .await
    .unwrap();
    rows.into_iter().collect()
}

/// Every refund that was asked for went back, or its successor did.
fn refunds_arrived(facts: &[Fact]) {
    let numbered = |word: &str| -> HashSet<(&str, i64)> {
        let of_type = facts.iter().filter(|fact| fact.event_type == word);
        of_type
            .map(|fact| (fact.aggregate_id.as_str(), fact.body["number"].as_i64().unwrap()))
            .collect()
    };
    let asked = numbered("PaymentRefundRequested");
    let ended: HashSet<_> = &numbered("PaymentRefunded") | &numbered("PaymentRefundCancelled");
    let lost: Vec<_> = asked.difference(&ended).collect();
    assert!(lost.is_empty(), "refunds that nobody saw through: {lost:?}");
}

/// Every receipt that must be is registered; one that failed has a successor that is.
fn receipts_are_whole(facts: &[Fact]) {
    let mut open: BTreeMap<(&str, i64), &Value> = BTreeMap::new();
    for fact in facts {
        let key = || (fact.aggregate_id.as_str(), fact.body["number"].as_i64().unwrap());
        match fact.event_type.as_str() {
            "PaymentReceiptDue" => drop(open.insert(key(), &fact.body)),
            "PaymentReceiptRegistered" | "PaymentReceiptFailed" => drop(open.remove(&key())),
            _ => {}
        }
    }
    assert!(
        open.is_empty(),
        "{} receipts are not printed: {open:#?}",
        open.len()
    );
}

/// Every receipt at a cash register is one of ours, or one that an operator was told of: a second receipt is a second sale.
async fn cash_registers_registered_what_we_know(fixture: &ProviderFixture, facts: &[Fact]) {
    let dump = fixture.control.look("/dump").await;
    let printed = |register: &str| {
        let receipts = dump[register].as_array().unwrap().iter();
        receipts
            .filter(|receipt| receipt["registration"] == "succeeded")
            .count()
    };
    let registered = facts
        .iter()
        .filter(|fact| fact.event_type == "PaymentReceiptRegistered")
        .count();
    let told = anomalies(facts, &["receipt_unexpected"]).len();
    assert_eq!(
        printed("receipts") + printed("bank_receipts"),
        registered + told,
        "{told} were told to an operator"
    );
}

async fn payments(patient: &Client) -> HashMap<String, OurRecord> {
    let read = |payment: Value| {
        let ours = OurRecord {
            status: payment["status"].as_str().unwrap().to_owned(),
            checking: payment["checking"].as_bool().unwrap(),
            amount: kopecks(&payment["amount"]),
            captured: kopecks(&payment["captured"]),
            refunded: kopecks(&payment["refunded"]),
        };
        (payment["id"].as_str().unwrap().to_owned(), ours)
    };
    listed(patient, "/payments").await.into_iter().map(read).collect()
}

/// All pages of a list.
async fn listed(patient: &Client, path: &str) -> Vec<Value> {
    let (mut items, mut next) = (Vec::new(), String::new());
    loop {
        let page = look(patient, &format!("{path}?limit=200{next}"), "a page", |page| {
            Some(page.clone())
        })
        .await;
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => return items,
        }
    }
}

fn by_id(item: Value) -> (String, Value) {
    (item["id"].as_str().unwrap().to_owned(), item)
}

/// What both providers have, by our payment.
async fn theirs(fixture: &ProviderFixture) -> HashMap<String, ProviderRecord> {
    let dump = fixture.control.look("/dump").await;
    let mut all: HashMap<String, ProviderRecord> = HashMap::new();
    for payment in dump["payments"].as_array().unwrap() {
        let it = all
            .entry(payment["metadata"]["payment_id"].as_str().unwrap().to_owned())
            .or_default();
        let (held, captured) = match payment["stage"]["stage"].as_str().unwrap() {
            "held" => (payment["amount"].as_i64().unwrap(), 0),
            "succeeded" => (0, payment["stage"]["captured"].as_i64().unwrap()),
            _ => (0, 0),
        };
        it.held += held;
        it.captured += captured;
        it.refunded += payment["refunded"].as_i64().unwrap();
        it.under_way += payment["refunding"].as_i64().unwrap();
        it.with_money += usize::from(held + captured > 0);
    }
    for payment in dump["bank_payments"].as_array().unwrap() {
        let order = payment["order_id"].as_str().unwrap();
        let id: uuid::Uuid = order[..32].parse().unwrap();
        let it = all.entry(id.to_string()).or_default();
        let captured = match payment["status"].as_str().unwrap() {
            "Confirmed" | "AsyncRefunding" | "PartialRefunded" | "Refunded" => {
                payment["amount"].as_i64().unwrap()
            }
            _ => 0,
        };
        it.captured += captured;
        it.refunded += payment["refunded"].as_i64().unwrap();
        it.under_way += payment["refunding"].as_i64().unwrap();
        it.with_money += usize::from(captured > 0);
    }
    all
}

/// Decimal text in kopecks.
fn kopecks(text: &Value) -> Kopecks {
    let text = text.as_str().unwrap_or_else(|| panic!("no sum: {text}"));
    text.replace('.', "").parse().unwrap()
}
