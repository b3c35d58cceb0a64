//! What is planned while a table is empty serves as well once it is full, and what is found at once stays so.

use std::time::Duration;

use event_store::WorkerOptions;
use event_store::intents::{self, Claim, Ended, LaneClaim, Marks, NewIntent, insert};
use sqlx::postgres::PgPoolOptions;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::intents::{intent_due, long_due};
use crate::kit::{TestLog, drain, keys, leave};

/// Index entries of intents that the one connection of `pool` has read.
async fn entries_read(pool: &PgPool) -> i64 {
    sqlx::query("select pg_stat_force_next_flush()")
        .execute(pool)
        .await
        .unwrap();
    sqlx::query_scalar("select sum(idx_tup_read)::bigint from pg_stat_user_indexes where relname = 'intents'")
        .fetch_one(pool)
        .await
        .unwrap()
}

/// Closes one intent, and answers how many index entries that read.
async fn close_one(pool: &PgPool) -> i64 {
    let lanes = [LaneClaim {
        lane: "inside",
        places: 1,
        lease: Duration::from_secs(15),
    }];
    let wanted = Claim {
        worker: Uuid::from_u128(1),
        lanes: &lanes,
        avoided: &[],
        marks: &Marks::default(),
    };
    let claimed = intents::claim(pool, wanted).await.unwrap();
    let before = entries_read(pool).await;
    let mut ended: Vec<Ended> = claimed
        .iter()
        .map(|intent| Ended {
            id: intent.id,
            claim: intent.claim,
            refusal: None,
            next: None,
        })
        .collect();
    assert_eq!(intents::close(pool, &mut ended).await.unwrap(), 1);
    entries_read(pool).await - before
}

#[tokio::test]
async fn closing_an_intent_reads_no_more_of_a_full_queue_than_of_an_empty_one() {
    let fixture = TestLog::open().await;
    let connect = PgPoolOptions::new().max_connections(1);
    let pool = connect.connect(fixture.database.app_url()).await.unwrap();
    let due = |number: i64| intent_due(&format!("k{number}"), number, long_due(number));
    let put = async |intents: Vec<NewIntent>| {
        insert(&mut pool.acquire().await.unwrap(), &intents)
            .await
            .unwrap();
    };
    put(vec![due(1)]).await;
    let short = close_one(&pool).await;
    put((2..=500).map(due).collect()).await;
    let long = close_one(&pool).await;
    // One more where claiming it had left a second version of its row.
    assert!(
        long <= short + 1,
        "{short} entries read of an empty queue, {long} of a full one"
    );
}

/// Pages of the workers' bookkeeping that were looked at by sessions that have ended.
async fn pages_read(pool: &PgPool) -> i64 {
    sqlx::query_scalar(
        "select sum(heap_blks_hit + heap_blks_read + idx_blks_hit + idx_blks_read)::bigint from pg_statio_user_tables
         where relname in ('checkpoints', 'worker_positions')",
    )
    .fetch_one(pool)
    .await
    .unwrap()
}

/// Pages that reading where every shard stands looks at, with statistics that count the living, as autovacuum takes them.
async fn pages_of_checkpoints(owner: &mut PgConnection) -> i64 {
    sqlx::raw_sql("analyze checkpoints; analyze worker_positions")
        .execute(&mut *owner)
        .await
        .unwrap();
    let (plan,): (serde_json::Value,) =
        sqlx::query_as("explain (analyze, buffers, format json) select * from current_checkpoints")
            .fetch_one(owner)
            .await
            .unwrap();
    plan[0]["Plan"]["Shared Hit Blocks"].as_i64().unwrap()
}

/// Pages of bookkeeping that so many batches of one fact look at, and whatever a worker does once.
async fn batches(fixture: &TestLog, many: usize) -> i64 {
    let long = Duration::from_secs(3_600);
    let one_by_one = WorkerOptions {
        batch_max: 1,
        lease: long,
        renew: long,
        ..WorkerOptions::default()
    };
    let pool = fixture.log.pool();
    let before = pages_read(pool).await;
    let mut worker = fixture.worker_with(None, one_by_one);
    fixture.append(&keys(40, many)).await;
    drain(&mut worker).await;
    leave(worker).await;
    crate::kit::until("its session has told what it read", async || {
        pages_read(pool).await > before
    })
    .await;
    pages_read(pool).await - before
}

/// A session that holds a snapshot until it is dropped.
async fn old_snapshot(fixture: &TestLog) -> PgConnection {
    let mut holder = fixture.owner().await;
    sqlx::raw_sql("begin isolation level repeatable read; select from events")
        .execute(&mut holder)
        .await
        .unwrap();
    holder
}

#[tokio::test]
async fn where_checkpoints_stand_is_read_as_cheaply_under_an_old_snapshot() {
    let fixture = TestLog::open().await;
    let mut owner = fixture.owner().await;
    let holder = old_snapshot(&fixture).await;
    let mut pages = Vec::new();
    for many in [20, 1_000] {
        fixture.append(&keys(40, many)).await;
        let mut worker = fixture.worker_with(
            None,
            WorkerOptions {
                batch_max: 1,
                ..WorkerOptions::default()
            },
        );
        drain(&mut worker).await;
        pages.push(pages_of_checkpoints(&mut owner).await);
        leave(worker).await;
    }
    assert!(
        pages[1] < pages[0] + 200,
        "{} pages after twenty batches, {} after a thousand",
        pages[0],
        pages[1]
    );
    drop(holder);
}

#[tokio::test]
async fn checkpoints_move_as_cheaply_under_an_old_snapshot() {
    let fixture = TestLog::open().await;
    let holder = old_snapshot(&fixture).await;
    let few = batches(&fixture, 100).await;
    let many = batches(&fixture, 400).await;
    assert!(
        many < 5 * few,
        "{few} pages for a hundred, {many} for four hundred"
    );
    fixture.assert_right().await;
    drop(holder);
}
