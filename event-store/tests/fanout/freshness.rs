//! Fresh means: no shard of the model has a fact between its checkpoint and the position asked for.

use std::time::Duration;

use event_store::freshness::{FreshnessTarget, is_fresh, wait_until_fresh};
use event_store::{Position, WorkerOptions, shard_of};
use tokio::time::Instant;

use crate::kit::{PATIENCE, Running, TestLog, drain, keys};

fn toy(schema_version: i32, shard: Option<i16>, position: Position) -> FreshnessTarget<'static> {
    FreshnessTarget {
        model: "toy",
        schema_version,
        shard,
        position,
    }
}

#[tokio::test]
async fn a_model_is_fresh_up_to_the_first_fact_it_has_not_applied() {
    let fixture = TestLog::open().await;
    let pool = fixture.log.pool();
    assert!(
        !is_fresh(pool, toy(1, None, 0)).await.unwrap(),
        "nobody knows it yet"
    );
    let mut worker = fixture.worker();
    drain(&mut worker).await;
    assert!(is_fresh(pool, toy(1, None, 0)).await.unwrap());
    fixture.append(&keys(1, 10)).await;
    drain(&mut worker).await;
    fixture.append(&["other", "k0"]).await;
    assert!(is_fresh(pool, toy(1, None, 10)).await.unwrap());
    assert!(!is_fresh(pool, toy(1, None, 11)).await.unwrap());
    assert_ne!(shard_of("other"), shard_of("k0"));
    assert!(
        is_fresh(pool, toy(1, Some(shard_of("k0")), 11)).await.unwrap(),
        "11 is of another shard"
    );
    assert!(!is_fresh(pool, toy(1, Some(shard_of("k0")), 12)).await.unwrap());
    let empty = (0..32)
        .find(|shard| ![shard_of("k0"), shard_of("other")].contains(shard))
        .unwrap();
    assert!(is_fresh(pool, toy(1, Some(empty), 12)).await.unwrap());
    drain(&mut worker).await;
    assert!(is_fresh(pool, toy(1, None, 12)).await.unwrap());
    assert!(
        !is_fresh(pool, toy(2, None, 12)).await.unwrap(),
        "another schema version"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wait_nudges_the_worker_that_has_not_heard_of_the_fact() {
    let fixture = TestLog::open().await;
    let mut running = Running::new();
    // NATS is up and no relay runs: left alone, the worker would not look into the log for an hour.
    let patient = WorkerOptions {
        compare: Duration::from_secs(3_600),
        ..WorkerOptions::default()
    };
    let mut worker = fixture.worker_with(Some(fixture.bus().await), patient);
    drain(&mut worker).await;
    running.worker(worker);
    for round in 1..=20 {
        fixture.append(&keys(3, 1)).await;
        let wanted = toy(1, None, round);
        assert!(
            wait_until_fresh(&fixture.log, wanted, Instant::now() + PATIENCE)
                .await
                .unwrap()
        );
    }
    fixture.assert_right().await;
    running.stop().await;
}

#[tokio::test]
async fn a_wait_ends_at_its_deadline() {
    let fixture = TestLog::open().await;
    drain(&mut fixture.worker()).await;
    fixture.append(&keys(1, 1)).await;
    let wanted = toy(1, Some(shard_of("k0")), 1);
    let deadline = Instant::now() + Duration::from_millis(50);
    assert!(!wait_until_fresh(&fixture.log, wanted, deadline).await.unwrap());
}
