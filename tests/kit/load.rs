//! Patients who book, pay and cancel without a pause, repeat what was not answered, and remember what was.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use futures::future::join_all;
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::task::JoinHandle;

use crate::client::Client;
use crate::database::{self, Fact};
use crate::persona::Persona;
use crate::platform::Platform;
use crate::wait::until;

/// What each patient has to begin with, in kopecks.
const BEGIN_WITH: i64 = 500_000_000;
/// What an urgent visit costs, in kopecks.
const PRICE: i64 = 150_000;

/// What became of one booking, as its patient was told.
#[derive(Debug)]
struct BookingRecord {
    booking: String,
    payment: String,
    cancelled: bool,
    /// Which facts were promised: stream and position.
    promised: Vec<(String, i64)>,
}

/// Patients at work.
pub struct Load {
    patients: Vec<Persona>,
    stop: Arc<AtomicBool>,
    acknowledged: Arc<AtomicU64>,
    repeats: Arc<AtomicU64>,
    tasks: Vec<JoinHandle<Vec<BookingRecord>>>,
}

impl Load {
    /// Lets `count` patients begin.
    pub async fn start(platform: &Platform, admin: &Persona, count: usize) -> Self {
        let mut patients = Vec::new();
        for _ in 0..count {
            let patient = platform.patient().await;
            platform.credit(admin, &patient, "5000000.00").await;
            patients.push(patient);
        }
        let (stop, acknowledged, repeats): (Arc<AtomicBool>, Arc<AtomicU64>, Arc<AtomicU64>) =
            Default::default();
        let live = |patient: &Persona| {
            let counters = LoadCounters {
                acknowledged: Arc::clone(&acknowledged),
                repeats: Arc::clone(&repeats),
            };
            tokio::spawn(keep_booking(patient.client.clone(), Arc::clone(&stop), counters))
        };
        let tasks = patients.iter().map(live).collect();
        Self {
            patients,
            stop,
            acknowledged,
            repeats,
            tasks,
        }
    }

    /// How many commands were acknowledged so far.
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// Waits for `more` acknowledged commands.
    pub async fn goes_on(&self, more: u64) {
        let target = self.acknowledged() + more;
        until("the load to go on", || async {
            (self.acknowledged() >= target).then_some(())
        })
        .await;
    }

    /// Ends the load, waits until the platform is quiet, and compares what was promised with what happened.
    pub async fn end(self, platform: &Platform) -> Ended {
        self.stop.store(true, Ordering::Relaxed);
        let records: Vec<BookingRecord> = join_all(self.tasks)
            .await
            .into_iter()
            .flat_map(Result::unwrap)
            .collect();
        let pool = platform.pool().await;
        database::drained(&pool).await;
        let ours: Vec<&str> = self.patients.iter().map(|patient| patient.id.as_str()).collect();
        assert_kept(&records, &ours, &database::facts(&pool).await);
        for patient in &self.patients {
            assert_money(&pool, patient).await;
        }
        database::ledger_is_balanced(&pool).await;
        pool.close().await;
        Ended {
            records: records.len(),
            acknowledged: self.acknowledged.load(Ordering::Relaxed),
            repeats: self.repeats.load(Ordering::Relaxed),
        }
    }
}

/// What a load did, once it was found true.
#[derive(Debug)]
pub struct Ended {
    /// How many bookings were made.
    pub records: usize,
    /// How many commands were acknowledged.
    pub acknowledged: u64,
    /// How many times a command had to be repeated.
    pub repeats: u64,
}

struct LoadCounters {
    acknowledged: Arc<AtomicU64>,
    repeats: Arc<AtomicU64>,
}

impl LoadCounters {
    async fn ask(&self, client: &Client, path: &str, request: Value) -> Value {
        let key = format!("{:032x}", rand::random::<u128>());
        let (answer, repeats) = client.insist(path, &key, request).await;
        let body = answer.expect(200);
        self.acknowledged.fetch_add(1, Ordering::Relaxed);
        self.repeats.fetch_add(u64::from(repeats), Ordering::Relaxed);
        body
    }
}

async fn keep_booking(client: Client, stop: Arc<AtomicBool>, counters: LoadCounters) -> Vec<BookingRecord> {
    let mut records = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let request = json!({"call_type": "urgent", "amount": "1500.00", "address": "ул. Ленина, 1"});
        let booked = counters.ask(&client, "/bookings", request).await;
        let booking = booked["id"].as_str().unwrap().to_owned();
        let mut promised = vec![promise(&booking, &booked)];
        let request = json!({"booking_id": booking, "payment_method": "wallet", "allow_overlap": true});
        let paid = counters.ask(&client, "/payments", request).await;
        let payment = paid["id"].as_str().unwrap().to_owned();
        promised.push(promise(&payment, &paid));
        let cancelled = rand::random();
        if cancelled {
            let request = json!({"reason": "patient_request", "expected_fee": "0.00"});
            let ended = counters
                .ask(&client, &format!("/bookings/{booking}/cancel"), request)
                .await;
            promised.push(promise(&booking, &ended));
        }
        records.push(BookingRecord {
            booking,
            payment,
            cancelled,
            promised,
        });
    }
    records
}

fn promise(stream: &str, answer: &Value) -> (String, i64) {
    (stream.to_owned(), answer["position"].as_i64().unwrap())
}

/// Facts that must happen once at most in their stream, whatever is killed and repeated.
const ONCE: [&str; 9] = [
    "BookingRequested",
    "BookingSecured",
    "BookingCancelled",
    "BookingExpired",
    "PaymentStarted",
    "PaymentAuthorised",
    "PaymentCaptured",
    "PaymentCancelled",
    "BookingPaymentStarted",
];

fn assert_kept(records: &[BookingRecord], patients: &[&str], facts: &[Fact]) {
    for (fact, position) in facts.iter().zip(1..) {
        assert_eq!(fact.position, position, "positions are dense");
    }
    let mut counts: HashMap<(&str, &str), u32> = HashMap::new();
    for fact in facts {
        *counts.entry((&fact.event_type, &fact.aggregate_id)).or_default() += 1;
        // A wallet's facts name the payment they are about.
        if let Some(payment) = fact.body["payment_id"]
            .as_str()
            .filter(|_| fact.aggregate_type == "wallet")
        {
            *counts.entry((&fact.event_type, payment)).or_default() += 1;
        }
    }
    let count = |what, whose: &str| counts.get(&(what, whose)).copied().unwrap_or(0);
    for ((what, whose), times) in &counts {
        assert!(
            *times == 1 || !ONCE.contains(what),
            "{what} happened {times} times in {whose}"
        );
    }
    let is_ours = |fact: &&Fact| {
        fact.body["patient_id"]
            .as_str()
            .is_some_and(|patient| patients.contains(&patient))
    };
    let requested = facts
        .iter()
        .filter(|fact| fact.event_type == "BookingRequested")
        .filter(is_ours)
        .count();
    assert_eq!(
        requested,
        records.len(),
        "as many bookings as were acknowledged, each once"
    );
    for record in records {
        for (stream, position) in &record.promised {
            let kept = facts.get(usize::try_from(*position).unwrap() - 1);
            let kept = kept.unwrap_or_else(|| panic!("{position} was acknowledged and is lost"));
            // The last fact of the command may stand in another of its streams; the stream must have one by then.
            let there = facts[..usize::try_from(kept.position).unwrap()]
                .iter()
                .any(|f| f.aggregate_id == *stream);
            assert!(there, "{stream} was acknowledged at {position} and is lost");
        }
        assert_eq!(count("BookingRequested", &record.booking), 1, "{record:?}");
        assert_eq!(count("PaymentAuthorised", &record.payment), 1, "{record:?}");
        assert_eq!(count("WalletHeld", &record.payment), 1, "{record:?}");
        let ended = u32::from(record.cancelled);
        assert_eq!(count("BookingCancelled", &record.booking), ended, "{record:?}");
        assert_eq!(count("PaymentCancelled", &record.payment), ended, "{record:?}");
        assert_eq!(count("WalletVoided", &record.payment), ended, "{record:?}");
        assert!(
            count("BookingSecured", &record.booking) + ended >= 1,
            "{record:?} was paid and never secured"
        );
    }
}

/// The wallet holds what is owed and not a kopeck more.
async fn assert_money(pool: &PgPool, patient: &Persona) {
    let facts: Vec<Fact> = database::facts(pool)
        .await
        .into_iter()
        .filter(|fact| is_of(fact, &patient.id))
        .collect();
    let happened =
        |what: &str| i64::try_from(facts.iter().filter(|fact| fact.event_type == what).count()).unwrap();
    let held = happened("WalletHeld") - happened("WalletVoided");
    let wallet = patient.client.get("/wallet").await.expect(200);
    let kopecks = |name: &str| {
        wallet[name]
            .as_str()
            .unwrap()
            .replace('.', "")
            .parse::<i64>()
            .unwrap()
    };
    assert_eq!(kopecks("available"), BEGIN_WITH - held * PRICE, "{wallet}");
    assert_eq!(kopecks("balance"), BEGIN_WITH, "{wallet}");
}

fn is_of(fact: &Fact, owner: &str) -> bool {
    fact.aggregate_type == "wallet" && fact.aggregate_id.starts_with(owner)
}
