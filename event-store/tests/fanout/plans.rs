//! What is planned while a table is empty serves as well once it is full.

use std::time::Duration;

use event_store::intents::{self, Claim, Ended, LaneClaim, NewIntent, insert};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use uuid::Uuid;

use crate::intents::{intent_due, long_due};
use crate::kit::TestLog;

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
