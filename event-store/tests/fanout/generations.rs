//! Rebuilds beside the live tables: resumed after a kill, flipped without a gap, equal to what was live.

use std::sync::Arc;
use std::time::Duration;

use event_store::generations::{Flip, Rebuild, RebuildOptions, drop_generation, list, unfinished};
use event_store::{Consumer, FanoutError, Worker, WorkerOptions, parking};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sqlx::Connection;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::kit::{Running, TestLog, drain, keys, options, until};
use crate::toy::{Toy, expected, rows};

fn small() -> RebuildOptions {
    RebuildOptions {
        batch_max: 7,
        ..RebuildOptions::default()
    }
}

async fn begin(fixture: &TestLog, options: RebuildOptions) -> Rebuild {
    let consumer = Arc::clone(&fixture.toy) as Arc<dyn Consumer>;
    Rebuild::begin(fixture.log.clone(), consumer, options)
        .await
        .unwrap()
}

async fn resume(fixture: &TestLog, generation: i32) -> Result<Rebuild, FanoutError> {
    let consumer = Arc::clone(&fixture.toy) as Arc<dyn Consumer>;
    Rebuild::resume(fixture.log.clone(), consumer, generation, small()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_under_load_is_resumed_and_flipped_and_equals_the_live_tables() {
    let fixture = TestLog::open().await;
    let mut running = Running::new();
    let quick = WorkerOptions {
        renew: Duration::from_millis(20),
        ..WorkerOptions::default()
    };
    running.worker(fixture.worker_with(None, quick));
    fixture.append(&keys(60, 2_000)).await;
    fixture.until_fresh().await;

    let rebuild = begin(&fixture, small()).await;
    assert_eq!(rebuild.generation(), 2);
    for shard in 0..20 {
        rebuild.step(shard).await.unwrap();
    }
    let progress = rebuild.progress().await.unwrap();
    assert_eq!(progress.iter().map(|shard| shard.total).sum::<i64>(), 2_000);
    assert!(
        progress
            .iter()
            .all(|shard| shard.done <= 7 && shard.done <= shard.total)
    );
    assert!(progress.iter().any(|shard| shard.done > 0));
    // Killed here: all it knew is in the database.
    drop(rebuild);
    assert_eq!(unfinished(fixture.log.pool(), "toy", 1).await.unwrap(), Some(2));
    let rebuild = resume(&fixture, 2).await.unwrap();

    let stop = CancellationToken::new();
    let load = async {
        for _ in 0..30 {
            fixture.append(&keys(60, 50)).await;
        }
    };
    let (outcome, ()) = tokio::join!(rebuild.finish(false, &stop), load);
    assert_eq!(outcome.unwrap(), Flip::Done { retired: Some(1) });
    assert_eq!(fixture.live().await, Some(2));
    fixture.append(&keys(60, 500)).await;
    fixture.until_fresh().await;
    fixture.assert_right().await;
    running.stop().await;

    let (old, new) = (
        rows(fixture.log.pool(), 1).await,
        rows(fixture.log.pool(), 2).await,
    );
    assert_eq!(old.keys().collect::<Vec<_>>(), new.keys().collect::<Vec<_>>());
    assert!(resume(&fixture, 2).await.is_err(), "nothing is left to build");

    // The old one stays until it is dropped; the live one cannot be.
    drop_generation(&fixture.owner_pool(), "toy", 1).await.unwrap();
    assert_eq!(rows(fixture.log.pool(), 1).await.len(), 0);
    assert!(drop_generation(&fixture.owner_pool(), "toy", 2).await.is_err());
    let mut left = list(fixture.log.pool()).await.unwrap();
    left.retain(|generation| generation.model == "toy");
    let left: Vec<_> = left
        .iter()
        .map(|left| (left.generation, left.state.as_str()))
        .collect();
    assert_eq!(left, [(2, "live")]);
    fixture.assert_right().await;
}

#[tokio::test]
async fn a_generation_is_dropped_beside_readers_and_whoever_read_it_long_ago_delays_nobody_else() {
    let fixture = TestLog::open().await;
    let mut worker = fixture.worker();
    fixture.append(&keys(10, 100)).await;
    drain(&mut worker).await;
    let stop = CancellationToken::new();
    let flipped = begin(&fixture, small()).await.finish(false, &stop).await.unwrap();
    assert_eq!(flipped, Flip::Done { retired: Some(1) });

    // An analyst's transaction that once looked at the table, and stays open.
    let mut pool = fixture.log.pool().acquire().await.unwrap();
    let mut analyst = pool.begin().await.unwrap();
    let count = "select count(*) from toy where generation = (select live_generation from read_models where model = 'toy')";
    let seen: i64 = sqlx::query_scalar(count).fetch_one(&mut *analyst).await.unwrap();
    assert_eq!(seen, 10);

    let owner = fixture.owner_pool();
    let dropping = drop_generation(&owner, "toy", 1);
    let reading = async {
        // Only the owner sees what the owner's sessions wait for.
        until("the drop waits for the analyst", async || {
            let waits: bool = sqlx::query_scalar(
                "select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')",
            )
            .fetch_one(&owner)
            .await
            .unwrap();
            waits
        })
        .await;
        let began = Instant::now();
        let seen: i64 = sqlx::query_scalar(count)
            .fetch_one(fixture.log.pool())
            .await
            .unwrap();
        let took = began.elapsed();
        analyst.commit().await.unwrap();
        (seen, took)
    };
    let (dropped, (seen, took)) = tokio::join!(dropping, reading);
    dropped.unwrap();
    assert_eq!(seen, 10);
    assert!(took < Duration::from_millis(500), "a reader waited {took:?}");
    assert_eq!(rows(fixture.log.pool(), 1).await.len(), 0);
    fixture.assert_right().await;
}

#[tokio::test]
async fn a_drop_that_was_interrupted_is_carried_on_by_the_next() {
    let fixture = TestLog::open().await;
    let mut worker = fixture.worker();
    fixture.append(&keys(10, 100)).await;
    drain(&mut worker).await;
    let stop = CancellationToken::new();
    begin(&fixture, small()).await.finish(false, &stop).await.unwrap();
    // Taken out of its table, and then the operator's machine went away.
    fixture.run_sql("alter table toy detach partition toy_g1").await;
    drop_generation(&fixture.owner_pool(), "toy", 1).await.unwrap();
    let left: Option<String> = sqlx::query_scalar("select to_regclass('toy_g1')::text")
        .fetch_one(fixture.log.pool())
        .await
        .unwrap();
    assert_eq!(left, None);
    fixture.assert_right().await;
}

#[tokio::test]
async fn shards_applied_in_random_orders_give_the_same_table() {
    let fixture = TestLog::open().await;
    let mut worker = fixture.worker();
    fixture.append(&keys(60, 300)).await;
    drain(&mut worker).await;
    let right = rows(fixture.log.pool(), 1).await;
    assert_eq!(right, expected(fixture.log.pool()).await);
    for seed in 0..3 {
        let mut random = StdRng::seed_from_u64(seed);
        let options = RebuildOptions {
            batch_max: random.random_range(2..12),
            ..small()
        };
        let rebuild = begin(&fixture, options).await;
        let mut left: Vec<i16> = (0..32).collect();
        while !left.is_empty() {
            let chosen = random.random_range(0..left.len());
            if rebuild.step(left[chosen]).await.unwrap().complete {
                left.swap_remove(chosen);
            }
        }
        assert_eq!(
            rows(fixture.log.pool(), rebuild.generation()).await,
            right,
            "seed {seed}"
        );
    }
}

#[tokio::test]
async fn a_flip_refuses_parked_keys_unless_forced() {
    let fixture = TestLog::open().await;
    let mut worker = fixture.worker();
    fixture.append(&keys(10, 50)).await;
    drain(&mut worker).await;
    fixture.toy.choke_on(5);
    let rebuild = begin(&fixture, small()).await;
    let stop = CancellationToken::new();
    assert_eq!(rebuild.finish(false, &stop).await.unwrap(), Flip::Parked(1));
    assert_eq!(fixture.live().await, Some(1), "readers still see the old one");
    assert_eq!(
        rebuild.finish(true, &stop).await.unwrap(),
        Flip::Done { retired: Some(1) }
    );
    fixture.toy.recover();
    drain(&mut worker).await;
    assert_eq!(fixture.live().await, Some(2));
    parking::unpark(fixture.log.pool(), "toy", None).await.unwrap();
    drain(&mut worker).await;
    fixture.assert_right().await;
}

#[tokio::test]
async fn a_flip_brings_the_last_facts_over_by_itself() {
    let fixture = TestLog::open().await;
    let mut worker = fixture.worker();
    fixture.append(&keys(10, 500)).await;
    drain(&mut worker).await;
    let rebuild = begin(&fixture, small()).await;
    let flipped = event_store::generations::flip(&fixture.log, fixture.toy.as_ref(), 2, false)
        .await
        .unwrap();
    assert_eq!(flipped, Flip::Done { retired: Some(1) });
    assert_eq!(
        rows(fixture.log.pool(), 2).await,
        rows(fixture.log.pool(), 1).await
    );
    assert!(
        rebuild
            .progress()
            .await
            .unwrap()
            .iter()
            .all(|shard| shard.done == shard.total)
    );
    fixture.append(&keys(10, 50)).await;
    drain(&mut worker).await;
    fixture.assert_right().await;
}

#[tokio::test]
async fn a_new_schema_version_is_read_only_once_it_has_caught_up() {
    let fixture = TestLog::open().await;
    fixture.append(&keys(10, 300)).await;
    let newer: Arc<dyn Consumer> = Arc::new(Toy {
        schema_version: 2,
        ..Toy::new()
    });
    let mut old = fixture.worker();
    let mut new = Worker::new(
        fixture.log.clone(),
        None,
        newer,
        WorkerOptions {
            batch_max: 50,
            ..options()
        },
    );
    drain(&mut old).await;
    assert_eq!(fixture.live().await, Some(1));
    new.step().await.unwrap();
    let live = |version| event_store::generations::live(fixture.log.pool(), "toy", version);
    assert_eq!(live(2).await.unwrap(), None, "not before it is complete");
    drain(&mut new).await;
    drain(&mut new).await;
    assert_eq!(live(2).await.unwrap(), Some(2));
    assert_eq!(live(1).await.unwrap(), Some(1), "the old binary reads its own");
    fixture.append(&keys(10, 300)).await;
    drain(&mut new).await;
    drain(&mut old).await;
    assert_eq!(
        rows(fixture.log.pool(), 1).await,
        rows(fixture.log.pool(), 2).await
    );
    fixture.assert_right().await;
}
