//! The schedule of faults: what befalls requests, notices and our own processes, by the seed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use kit::database;
use kit::platform::{Platform, ROLES};
use rand::Rng;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use crate::money::control::Control;
use crate::money::provider_fixture::{ProviderFixture, STRANGER};
use crate::storm::plan::Seed;

/// How long a burst lasts; then its faults are forgotten and others scripted, so that what is left over does not pile
/// up until nothing gets through any more.
const BURST: Duration = Duration::from_millis(150);
/// How many bursts slow every provider down at once.
const SLOW_BURSTS: f64 = 0.1;
/// Faults of requests and of deliveries in one burst.
const PER_BURST: usize = 4;
/// The shortest and longest rest between two kills, in milliseconds.
const KILL_REST_MS: std::ops::Range<u64> = 6_000..14_000;
/// How long it may take until all is settled.
const SETTLES_WITHIN: Duration = Duration::from_secs(120);
/// What is due later than this is not waited for, in seconds: ends of holds, mostly.
const SOON: i64 = 120;

/// What providers are asked for, by its name in scripts.
const OPERATIONS: [&str; 15] = [
    "payments.create",
    "payments.create",
    "payments.capture",
    "payments.capture",
    "payments.cancel",
    "payments.get",
    "payments.list",
    "refunds.create",
    "refunds.get",
    "receipts.create",
    "receipts.list",
    "tbank.Init",
    "tbank.Cancel",
    "tbank.GetState",
    "tbank.*",
];

/// What providers tell, by the names in scripts.
const EVENTS: [&str; 4] = ["payment.*", "payment.*", "refund.*", "tbank.*"];

/// Waits short enough for a storm that is over in minutes.
pub fn hurried() -> Vec<(&'static str, String)> {
    [
        ("TOT_PLAN_REPEAT_SECONDS", "1"),
        ("TOT_PLAN_ABSENT_SECONDS", "1"),
        ("TOT_PLAN_PAYMENT_LOOKS", "1,1,2,3,5,8"),
        ("TOT_PLAN_TAIL_LOOKS", "1,2,3,5,8"),
        ("TOT_PLAN_LOOKS_MAX", "100000"),
        ("TOT_PLAN_TAIL_LOOKS_MAX", "100000"),
        ("TOT_PLAN_REFUND_AGAIN_SECONDS", "2"),
        ("TOT_PLAN_RECEIPT_AGAIN_SECONDS", "2"),
        // Longer than a notice is delayed.
        ("TOT_PLAN_UNHEARD_SECONDS", "12"),
        ("TOT_PLAN_CROWD_SECONDS", "1"),
        ("TOT_PROVIDER_ACT_SECONDS", "2"),
        ("TOT_PROVIDER_ASK_SECONDS", "2"),
        ("TOT_BREAKER_OPEN_SECONDS", "1"),
        ("TOT_BREAKER_OPEN_SECONDS_MAX", "2"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .to_vec()
}

/// How the providers are set: what they leave unsaid is decided by the seed too.
pub fn settings(seed: Seed) -> Value {
    let mut chance = seed.chance(2, 0);
    let mut one_of = |words: [&str; 2]| words[usize::from(chance.random_bool(0.5))].to_owned();
    json!({
        "shop": {"refunds": {"outcome": "succeed", "seconds": 1}},
        "unsettled": {
            "key_scope": one_of(["shop", "endpoint"]),
            "replay_shows": one_of(["first_answer", "object_now"]),
            "amount_after_capture": one_of(["captured", "original"]),
            "sbp_notification": one_of(["bare", "full"]),
            "webhook_pauses": [1, 2, 5],
        },
    })
}

/// Scripts faults until it is over; answers how many.
pub async fn inject(control: &Control, seed: Seed, wave: usize, over: &AtomicBool) -> usize {
    let mut chance = seed.chance(3, wave);
    let mut scripted = 0;
    while !over.load(Ordering::Relaxed) {
        control.no_faults().await;
        control.no_delivery_faults().await;
        for _ in 0..PER_BURST {
            let operation = OPERATIONS[chance.random_range(0..OPERATIONS.len())];
            let times = chance.random_range(1..=3);
            control.faults(operation, times, fault(&mut chance)).await;
            let event = EVENTS[chance.random_range(0..EVENTS.len())];
            let times = chance.random_range(1..=3);
            control
                .delivery_faults(event, times, delivery_fault(&mut chance, event))
                .await;
        }
        scripted += 2 * PER_BURST;
        if chance.random_bool(SLOW_BURSTS) {
            for operation in OPERATIONS {
                control
                    .faults(operation, 4, json!({"kind": "slow", "ms": 1_500}))
                    .await;
            }
            scripted += OPERATIONS.len();
        }
        tokio::time::sleep(BURST).await;
    }
    scripted
}

fn fault(chance: &mut StdRng) -> Value {
    match chance.random_range(0..100) {
        0..15 => json!({"kind": "reset_before"}),
        15..30 => json!({"kind": "error_before"}),
        30..45 => json!({"kind": "error_after"}),
        45..50 => json!({"kind": "error_after", "cancel": true}),
        50..70 => json!({"kind": "drop_after"}),
        70..78 => json!({"kind": "processing", "retry_after_ms": 500, "commit": chance.random_bool(0.5)}),
        78..86 => json!({"kind": "too_many_requests", "retry_after_ms": 300}),
        86..95 => {
            json!({"kind": "slow", "ms": chance.random_range(100..3_000), "commit_first": chance.random_bool(0.5)})
        }
        _ => json!({"kind": "paid_before_reply"}),
    }
}

fn delivery_fault(chance: &mut StdRng, event: &str) -> Value {
    match chance.random_range(0..100) {
        // The bank's cash register cannot be asked: a notice of it that is lost for good is rightly an operator's task.
        60..75 if event == "tbank.*" => json!({"kind": "delay", "ms": 4_000}),
        0..25 => json!({"kind": "duplicate", "copies": chance.random_range(2..6)}),
        25..45 => json!({"kind": "delay", "ms": chance.random_range(200..5_000)}),
        45..60 => json!({"kind": "reorder"}),
        60..75 => json!({"kind": "drop"}),
        75..82 => json!({"kind": "before_reply"}),
        82..91 => json!({"kind": "forge", "patch": lie(), "source": STRANGER}),
        // A lie from the right address: only reading back tells.
        _ => json!({"kind": "forge", "patch": lie()}),
    }
}

fn lie() -> Value {
    json!({"object": {"status": "succeeded", "paid": true, "amount": {"value": "1.00", "currency": "RUB"}},
           "Status": "CONFIRMED", "Amount": 100})
}

/// Kills roles of ours with -9 and starts them again, until it is over; answers how many.
pub async fn kill(platform: &mut Platform, seed: Seed, wave: usize, over: &AtomicBool) -> usize {
    let mut chance = seed.chance(4, wave);
    let mut killed = 0;
    loop {
        let rest = Duration::from_millis(chance.random_range(KILL_REST_MS));
        let until = Instant::now() + rest;
        while Instant::now() < until {
            if over.load(Ordering::Relaxed) {
                return killed;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let role = ROLES[chance.random_range(0..ROLES.len())];
        platform.kill_and_restart(role).await;
        killed += 1;
    }
}

/// The log becomes another, as after a restored backup: every process ends by itself and is started again.
pub async fn restore(platform: &mut Platform) {
    let owner = database::pool(platform.owner_url()).await;
    sqlx::query("select renew_log_identity()")
        .execute(&owner)
        .await
        .unwrap();
    owner.close().await;
    for role in ROLES {
        let status = platform.take(role).ended().await;
        assert!(
            !status.success(),
            "{role}: whoever starts it again must notice: {status}"
        );
        platform.serve(role).await;
    }
}

/// No more faults, and what was delayed arrives.
pub async fn clear(fixture: &ProviderFixture) {
    fixture.control.no_faults().await;
    fixture.control.no_delivery_faults().await;
    settled(fixture, &["look_at_receipt", "look_at_payment"]).await;
}

/// Waits until nothing is due soon on either side, but for these intents: unpaid payments are looked at for as long as
/// they can be paid.
pub async fn settled(fixture: &ProviderFixture, but_for: &[&str]) {
    let pool = fixture.scene.platform.pool().await;
    let deadline = Instant::now() + SETTLES_WITHIN;
    loop {
        fixture.control.quiet().await;
        let soon: Vec<Value> = sqlx::query_scalar(
            "select body::jsonb || jsonb_build_object('due_at', due_at, 'last_error', last_error) from intents
             where state = 'open' and body->>'wish' <> all ($2)
               and due_at <= house_now() + make_interval(secs => $1::float8)",
        )
        .bind(SOON)
        .bind(but_for)
        .fetch_all(&pool)
        .await
        .unwrap();
        if soon.is_empty() {
            database::drained(&pool).await;
            break;
        }
        let first = &soon[..soon.len().min(5)];
        assert!(
            Instant::now() < deadline,
            "{} intents never came to an end: {first:#?}",
            soon.len()
        );
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    pool.close().await;
}
