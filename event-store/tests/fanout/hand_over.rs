//! Who moves where a worker's shards stand: one at a time, whatever is under way, and each fact once.

use std::sync::Arc;
use std::time::Duration;

use event_store::generations::{Rebuild, RebuildOptions, unfinished};
use event_store::{Consumer, FanoutError, SHARDS, WorkerOptions, parking};
use sqlx::{Connection, PgConnection, Postgres, Transaction};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::kit::{TestLog, drain, keys, leave, options, sleepy};

/// A worker that is not there.
const OWNER: &str = "00000000-0000-4000-8000-000000000001";

/// A batch of this worker that has moved nothing so far, and may still be committed.
async fn under_way(connection: &mut PgConnection, owner: Uuid) -> Transaction<'_, Postgres> {
    let mut batch = connection.begin().await.unwrap();
    let written = sqlx::query(
        "with replaced as (delete from worker_positions where owner = $1 returning *)
         insert into worker_positions (consumer, generation, owner, number, positions, applied)
         select consumer, generation, owner, number + 1, positions, applied from replaced",
    )
    .bind(owner)
    .execute(&mut *batch)
    .await
    .unwrap();
    assert_eq!(written.rows_affected(), 1);
    batch
}

/// Commits it once somebody waits for it.
async fn end_when_waited_for(fixture: &TestLog, batch: Transaction<'_, Postgres>) {
    until_somebody_waits(fixture).await;
    batch.commit().await.unwrap();
}

async fn until_somebody_waits(fixture: &TestLog) {
    let waits = "select exists (select from pg_locks where not granted and locktype = 'transactionid')";
    crate::kit::until("somebody waits for the batch", async || {
        let waiting: bool = sqlx::query_scalar(waits)
            .fetch_one(fixture.log.pool())
            .await
            .unwrap();
        waiting
    })
    .await;
}

#[tokio::test]
async fn who_is_in_the_middle_of_a_batch_is_left_alone_until_it_ends_and_what_it_committed_counts() {
    let fixture = TestLog::open().await;
    let (mut zombie, mut heir) = (fixture.worker_with(None, sleepy()), fixture.worker());
    fixture.append(&keys(40, 400)).await;
    assert_eq!(drain(&mut zombie).await.held, 32);
    let mut midway = fixture.application().await;
    let batch = under_way(&mut midway, zombie.id()).await;
    fixture.expire_leases().await;
    assert_eq!(drain(&mut heir).await.held, 0);
    batch.commit().await.unwrap();
    assert_eq!(drain(&mut heir).await.held, 32);

    // What the sleeper wants to write next, it may no longer; and what it had written is not done again.
    fixture.append(&keys(40, 100)).await;
    assert_eq!(zombie.step().await.unwrap().applied, 0);
    assert_eq!(drain(&mut heir).await.applied, 100);
    fixture.assert_right().await;
}

#[tokio::test]
async fn shards_of_a_worker_that_was_stopped_while_it_sent_rows_are_taken() {
    let fixture = TestLog::open().await;
    let (mut stopped, mut heir) = (fixture.worker_with(None, sleepy()), fixture.worker());
    fixture.append(&keys(40, 400)).await;
    assert_eq!(drain(&mut stopped).await.held, 32);
    let owner = stopped.id();
    fixture
        .run_sql("create table rows_of_a_batch (n integer); grant all on rows_of_a_batch to public")
        .await;
    // The session that holds the worker's lock, as far as anybody can see: in the middle of a copy of which nothing comes any more.
    fixture.end_sessions_of_workers().await;
    let mut midway = fixture.application().await;
    sqlx::query("select pg_advisory_lock(worker_lock($1))")
        .bind(owner)
        .execute(&mut midway)
        .await
        .unwrap();
    let mut batch = under_way(&mut midway, owner).await;
    let copy = batch
        .copy_in_raw("copy rows_of_a_batch from stdin")
        .await
        .unwrap();

    fixture.expire_leases().await;
    assert_eq!(drain(&mut heir).await.held, 0, "it may still go on");
    fixture
        .run_sql("update consumer_workers set alive_until = clock_timestamp() - interval '11 seconds'")
        .await;
    crate::kit::until("the heir has all", async || drain(&mut heir).await.held == 32).await;
    assert!(copy.finish().await.is_err(), "nothing of the batch is committed");
    fixture.append(&keys(40, 100)).await;
    assert_eq!(drain(&mut heir).await.applied, 100);
    fixture.assert_right().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_on_a_new_connection_waits_for_what_its_old_one_may_still_commit() {
    let fixture = TestLog::open().await;
    let mut worker = fixture.worker_with(None, sleepy());
    fixture.append(&keys(40, 400)).await;
    drain(&mut worker).await;
    let mut old = fixture.application().await;
    let batch = under_way(&mut old, worker.id()).await;
    fixture.end_sessions_of_workers().await;
    assert!(worker.step().await.is_err(), "its connection is gone");
    let (step, ()) = tokio::join!(worker.step(), end_when_waited_for(&fixture, batch));
    assert_eq!(step.unwrap().held, 32);
    fixture.append(&keys(40, 100)).await;
    assert_eq!(drain(&mut worker).await.applied, 100);
    fixture.assert_right().await;
}

/// A generation is dropped while a worker, which owns its shards or nothing of it any more, may still write its next row.
async fn drop_beside_a_batch(owns_shards: bool) {
    let fixture = TestLog::open().await;
    drain(&mut fixture.worker()).await;
    fixture
        .run_sql(&format!(
            "select begin_generation('toy', 1);
             update checkpoints set owner = '{OWNER}' where consumer = 'toy' and generation = 2 and {owns_shards};
             insert into worker_positions (consumer, generation, owner, number, positions, applied)
             values ('toy', 2, '{OWNER}', 1, array_fill(500::bigint, array[32]), array_fill(0::bigint, array[32]))",
        ))
        .await;
    let mut worker = fixture.application().await;
    let batch = under_way(&mut worker, OWNER.parse().unwrap()).await;
    tokio::join!(
        fixture.run_sql("select drop_generation('toy', 2)"),
        end_when_waited_for(&fixture, batch)
    );
    let left: i64 = sqlx::query_scalar("select count(*) from worker_positions where generation = 2")
        .fetch_one(fixture.log.pool())
        .await
        .unwrap();
    assert_eq!(left, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_a_dropped_generation_is_left_for_a_later_one_of_its_number() {
    drop_beside_a_batch(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_owns_nothing_leaves_nothing_in_a_dropped_generation() {
    drop_beside_a_batch(false).await;
}

/// The turn in which a shard is taken may have begun before its last holder parked a key in it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_parked_while_its_shard_is_taken_waits_with_the_new_holder() {
    let fixture = TestLog::open().await;
    let (mut first, mut second) = (fixture.worker_with(None, sleepy()), fixture.worker());
    fixture.append(&keys(40, 400)).await;
    assert_eq!(drain(&mut first).await.held, 32);
    assert_eq!(drain(&mut second).await.held, 0);

    fixture.append(&["k", "k"]).await;
    let parked_and_left = format!(
        "insert into parked (consumer, generation, partition_key, shard, from_position, reason)
         select 'toy', 1, partition_key, shard, position, 'for this test' from events where position = 401;
         update checkpoints set position = 401 where shard = (select shard from events where position = 401);
         select leave_shards('toy', 1, '{}')",
        first.id()
    );
    let mut gate = fixture.application().await;
    let mut closed = gate.begin().await.unwrap();
    sqlx::query("select from consumer_workers where owner = $1 for update")
        .bind(second.id())
        .execute(&mut *closed)
        .await
        .unwrap();
    let (step, ()) = tokio::join!(second.step(), async {
        until_somebody_waits(&fixture).await;
        fixture.run_sql(&parked_and_left).await;
        closed.commit().await.unwrap();
    });
    assert_eq!(step.unwrap().held, 32);
    drain(&mut second).await;
    parking::unpark(fixture.log.pool(), "toy", None).await.unwrap();
    drain(&mut second).await;
    fixture.assert_right().await;
}

/// A worker that follows another generation by now holds nothing of the one before.
#[tokio::test]
async fn a_turn_for_a_generation_that_nobody_follows_any_more_takes_nothing() {
    let fixture = TestLog::open().await;
    let mut worker = fixture.worker();
    drain(&mut worker).await;
    fixture
        .run_sql(
            "select begin_generation('toy', 1);
             select make_live('toy', 1, 2);
             delete from consumer_workers",
        )
        .await;
    assert_eq!(drain(&mut worker).await.held, 32);
    let of_retired: i64 = sqlx::query_scalar("select count(*) from consumer_workers where generation = 1")
        .fetch_one(fixture.log.pool())
        .await
        .unwrap();
    assert_eq!(of_retired, 0);
}

#[tokio::test]
async fn a_worker_whose_number_was_taken_more_than_once_cannot_commit() {
    let fixture = TestLog::open().await;
    let mut worker = fixture.worker_with(None, sleepy());
    fixture.append(&keys(40, 400)).await;
    drain(&mut worker).await;
    for _ in 0..3 {
        fixture
            .run_sql_as_application("select seal_worker(consumer, generation, owner) from worker_positions")
            .await;
    }
    fixture.append(&keys(40, 100)).await;
    assert_eq!(worker.step().await.unwrap().applied, 0);
    assert_eq!(drain(&mut worker).await.applied, 100);
    let rows: i64 = sqlx::query_scalar("select count(*) from worker_positions")
        .fetch_one(fixture.log.pool())
        .await
        .unwrap();
    assert_eq!(rows, 1, "each one replaces the one before");
    fixture.assert_right().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_that_take_shards_from_each_other_all_the_time_apply_each_fact_once() {
    const ROUNDS: usize = 60;
    let fixture = TestLog::open().await;
    let hasty = WorkerOptions {
        lease: Duration::from_millis(15),
        batch_max: 7,
        ..options()
    };
    let stop = CancellationToken::new();
    let mut workers = JoinSet::new();
    for _ in 0..4 {
        let (mut worker, stop) = (fixture.worker_with(None, hasty.clone()), stop.clone());
        workers.spawn(async move {
            while !stop.is_cancelled() {
                // A lock waited for too long is an answer like another: the next turn starts from what is stored.
                drop(worker.step().await);
                tokio::task::yield_now().await;
            }
        });
    }
    for _ in 0..ROUNDS {
        fixture.append(&keys(40, 20)).await;
        fixture.expire_leases().await;
    }
    stop.cancel();
    while let Some(ended) = workers.join_next().await {
        ended.unwrap();
    }
    fixture.expire_leases().await;
    let mut last = fixture.worker();
    crate::kit::until("one has all", async || drain(&mut last).await.held == 32).await;
    fixture.assert_right().await;
    let (counted, facts): (i64, i64) = sqlx::query_as(
        "select sum(applied)::bigint, (select count(*) from events) from current_checkpoints where consumer = 'toy'",
    )
    .fetch_one(fixture.log.pool())
    .await
    .unwrap();
    assert_eq!(counted, facts);
}

#[tokio::test]
async fn what_was_taken_before_a_shard_was_lost_is_not_applied_after_it_was_taken_back() {
    let fixture = TestLog::open().await;
    let one_by_one = WorkerOptions {
        batch_max: 1,
        ..options()
    };
    let mut worker = fixture.worker_with(None, one_by_one);
    fixture.append(&keys(40, 400)).await;
    // It has read a fact of each shard by now, and committed one.
    assert_eq!(worker.step().await.unwrap().applied, 1);
    let mut other = fixture.worker();
    fixture.expire_leases().await;
    assert_eq!(drain(&mut other).await.applied, 399);
    leave(other).await;
    assert_eq!(drain(&mut worker).await.held, 32);
    fixture.assert_right().await;
}

#[tokio::test]
async fn a_rebuild_leaves_a_generation_to_the_workers_that_hold_it() {
    let fixture = TestLog::open().await;
    fixture.append(&keys(40, 400)).await;
    let consumer = Arc::clone(&fixture.toy) as Arc<dyn Consumer>;
    let rebuild = Rebuild::begin(fixture.log.clone(), consumer, RebuildOptions::default())
        .await
        .unwrap();
    let pool = fixture.log.pool();
    assert_eq!(unfinished(pool, "toy", 1).await.unwrap(), Some(1));
    // Nobody reads another yet, so workers fill this one.
    let mut worker = fixture.worker();
    worker.register().await.unwrap();
    let mut refused = 0;
    for shard in 0..SHARDS {
        match rebuild.step(shard).await {
            Err(FanoutError::HeldByWorkers { generation: 1, .. }) => refused += 1,
            other => assert_eq!(other.unwrap().applied, 0, "there is nothing of shard {shard}"),
        }
    }
    assert!(refused > 0);
    assert_eq!(unfinished(pool, "toy", 1).await.unwrap(), None);
    assert_eq!(drain(&mut worker).await.applied, 400);
}
