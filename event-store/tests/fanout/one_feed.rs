//! One process listens to NATS once, many facts come in one message, and facts that mean nothing wait for company.

use std::sync::atomic::Ordering;
use std::time::Duration;

use event_store::freshness::{FreshnessTarget, wait_until_fresh};
use event_store::{Relay, RelayOptions, WorkerOptions, shard_of};
use tokio::time::Instant;

use crate::kit::{PATIENCE, Running, TestLog, carry, drain, keys, until};
use crate::toy::DULL;

const HOUR: Duration = Duration::from_secs(3_600);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_listeners_of_a_process_share_one_consumer_and_one_reading() {
    let fixture = TestLog::open().await;
    let bus = fixture.bus().await;
    let mut first = bus.listen().await.unwrap();
    let mut second = bus.listen().await.unwrap();
    fixture.append(&keys(7, 300)).await;
    carry(&mut Relay::new(
        fixture.log.clone(),
        bus.clone(),
        RelayOptions::default(),
    ))
    .await;
    let mut positions = Vec::new();
    while positions.len() < 300 {
        let (here, there) = (first.next().await.unwrap(), second.next().await.unwrap());
        let read = here
            .first()
            .unwrap()
            .read_as(|_| Ok::<_, ()>("read once"))
            .unwrap();
        let again = there
            .first()
            .unwrap()
            .read_as(|_| Err::<&str, _>("read twice"))
            .unwrap();
        assert_eq!(*read, *again);
        positions.extend(here.iter().map(|fact| fact.position));
    }
    assert_eq!(
        positions,
        (1..=300).collect::<Vec<i64>>(),
        "in the order of the log"
    );
    assert_eq!(first.openings(), 1);

    // When the last one has gone nobody reads any more; whoever comes then begins anew.
    drop((first, second));
    until("a new listener begins anew", async || {
        bus.listen().await.unwrap().openings() > 1
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fact_too_long_for_nats_is_read_from_the_log() {
    let fixture = TestLog::open().await;
    let patient = WorkerOptions {
        compare: HOUR,
        lease: HOUR,
        renew: HOUR,
        ..WorkerOptions::default()
    };
    let mut worker = fixture.worker_with(Some(fixture.bus().await), patient);
    drain(&mut worker).await;
    let counters = worker.counters();
    let mut running = Running::new();
    running.worker(worker);
    running.relay(fixture.relay().await);
    fixture.append(&["k0"]).await;
    fixture
        .run_sql(&format!(
            "insert into events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata,
                                 position, shard, partition_key, recorded_at)
             values ('toy', 'k0', 2, 'Moved', '1', ('{{\"Moved\":\"' || repeat('x', 2000000) || '\"}}')::json, '{{}}',
                     2, {}, 'k0', clock_timestamp())",
            shard_of("k0")
        ))
        .await;
    fixture.append(&["k0", "k1"]).await;
    fixture.until_fresh().await;
    fixture.assert_right().await;
    running.stop().await;
    assert!(
        counters.from_log.load(Ordering::Relaxed) >= 1,
        "it filled the gap"
    );
    assert!(
        counters.from_bus.load(Ordering::Relaxed) >= 2,
        "what came after it came over NATS"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn facts_that_mean_nothing_wait_for_company_but_keep_nobody_waiting() {
    let fixture = TestLog::open().await;
    let patient = WorkerOptions {
        compare: HOUR,
        lease: HOUR,
        renew: HOUR,
        idle_linger: HOUR,
        ..WorkerOptions::default()
    };
    let mut worker = fixture.worker_with(Some(fixture.bus().await), patient);
    drain(&mut worker).await;
    let counters = worker.counters();
    let mut running = Running::new();
    running.worker(worker);
    running.relay(fixture.relay().await);

    // Two messages that mean nothing to the toy, then one that does: one batch for all.
    for (heard, key) in (1..).zip([DULL, DULL, "k0"]) {
        fixture.append(&[key]).await;
        until("NATS brings it", async || {
            counters.from_bus.load(Ordering::Relaxed) == heard
        })
        .await;
    }
    fixture.until_fresh().await;
    assert_eq!(counters.batches.load(Ordering::Relaxed), 1);

    // Somebody waits for the next one.
    fixture.append(&[DULL]).await;
    let wanted = FreshnessTarget {
        model: "toy",
        schema_version: 1,
        shard: None,
        position: 4,
    };
    assert!(
        wait_until_fresh(&fixture.log, wanted, Instant::now() + PATIENCE)
            .await
            .unwrap()
    );
    running.stop().await;
    fixture.assert_right().await;
}
