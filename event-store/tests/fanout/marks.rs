//! Claims begin to look where the earliest open intent stands: what was closed costs nothing, what comes late is found.

use std::time::Duration;

use event_store::intents::{
    self, Claim, Ended, IntentOptions, IntentState, LaneClaim, Marks, NewIntent, QueuedIntent, fail, insert,
    retry,
};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use uuid::Uuid;

use crate::intents::{intent_due, long_due};
use crate::kit::TestLog;

/// So many are claimed at once.
const PLACES: i32 = 64;

async fn put(pool: &PgPool, numbers: impl Iterator<Item = i64>) {
    let intents: Vec<NewIntent> = numbers
        .map(|number| intent_due(&format!("k{number}"), number, long_due(number)))
        .collect();
    insert(&mut pool.acquire().await.unwrap(), &intents)
        .await
        .unwrap();
}

async fn claim(pool: &PgPool, marks: &Marks) -> Vec<QueuedIntent> {
    claim_in(pool, marks, "inside").await
}

async fn claim_in(pool: &PgPool, marks: &Marks, lane: &'static str) -> Vec<QueuedIntent> {
    let lanes = [LaneClaim {
        lane,
        places: PLACES,
        lease: Duration::from_secs(15),
    }];
    let wanted = Claim {
        worker: Uuid::from_u128(1),
        lanes: &lanes,
        avoided: &[],
        marks,
    };
    intents::claim(pool, wanted).await.unwrap()
}

/// Claims and closes until nothing is due.
async fn close_all(pool: &PgPool, marks: &Marks) {
    loop {
        let claimed = claim(pool, marks).await;
        if claimed.is_empty() {
            break;
        }
        let ended = claimed.iter().map(|intent| Ended {
            id: intent.id,
            claim: intent.claim,
            refusal: None,
            next: None,
        });
        let mut ended: Vec<Ended> = ended.collect();
        intents::close(pool, &mut ended).await.unwrap();
    }
}

/// Lets so much time pass for all intents that are there.
async fn pass(fixture: &TestLog, span: &str) {
    fixture
        .run_sql(&format!(
            "update intents set ready_at = ready_at - interval '{span}'"
        ))
        .await;
}

/// Pages of the queue that the one connection of `pool` has looked at.
async fn pages_read(pool: &PgPool) -> i64 {
    sqlx::query("select pg_stat_force_next_flush()")
        .execute(pool)
        .await
        .unwrap();
    sqlx::query_scalar(
        "select (heap_blks_hit + heap_blks_read + idx_blks_hit + idx_blks_read)::bigint from pg_statio_user_tables
         where relname = 'intents'",
    )
    .fetch_one(pool)
    .await
    .unwrap()
}

/// What a claim looks at that finds nothing.
async fn of_a_claim(pool: &PgPool, marks: &Marks) -> i64 {
    let before = pages_read(pool).await;
    assert!(claim(pool, marks).await.is_empty());
    pages_read(pool).await - before
}

#[tokio::test]
async fn claims_do_not_walk_over_what_was_closed_under_an_old_snapshot() {
    let fixture = TestLog::open().await;
    let connect = PgPoolOptions::new().max_connections(1);
    let pool = connect.connect(fixture.database.app_url()).await.unwrap();
    let mut holder = fixture.owner().await;
    sqlx::raw_sql("begin isolation level repeatable read; select from events")
        .execute(&mut holder)
        .await
        .unwrap();
    put(&pool, 1..=2_048).await;
    fixture
        .run_sql(
            "update intents set ready_at = clock_timestamp() - interval '1 hour' + caused_by * interval '1 millisecond'",
        )
        .await;
    let marks = Marks::default();
    close_all(&pool, &marks).await;
    let (moved, everywhere) = (
        of_a_claim(&pool, &marks).await,
        of_a_claim(&pool, &Marks::default()).await,
    );
    assert!(
        moved * 10 < everywhere,
        "{moved} pages from the mark on, {everywhere} from the beginning"
    );
}

#[tokio::test]
async fn what_is_committed_late_is_found_by_a_look_that_begins_further_back() {
    let fixture = TestLog::open().await;
    let pool = fixture.log.pool();
    for (span, whole) in [("30 seconds", false), ("1 hour", true)] {
        let marks = Marks::default();
        let first = if whole { 1_001 } else { 1 };
        put(pool, first..first + 300).await;
        close_all(pool, &marks).await;
        put(pool, [first + 500].into_iter()).await;
        pass(&fixture, span).await;
        assert!(claim(pool, &marks).await.is_empty(), "{span}");
        if whole {
            marks.look(pool, false).await.unwrap();
            assert!(claim(pool, &marks).await.is_empty(), "{span}");
        }
        marks.look(pool, whole).await.unwrap();
        let found = claim(pool, &marks).await;
        assert_eq!(found.len(), 1, "{span}");
        // It stays found as long as it is open, whatever happens to the claim.
        put(pool, first + 600..first + 900).await;
        close_all(pool, &marks).await;
        fixture
            .run_sql("update intents set claimed_until = clock_timestamp() - interval '1 second'")
            .await;
        assert_eq!(claim(pool, &marks).await.len(), 1, "{span}");
        fixture.run_sql("delete from intents").await;
    }
}

#[tokio::test]
async fn what_comes_back_comes_to_where_claims_look() {
    let fixture = TestLog::open().await;
    let pool = fixture.log.pool();
    let marks = Marks::default();
    let tried_once = IntentOptions {
        tries_max: 1,
        ..IntentOptions::default()
    };
    put(pool, 1..=1).await;
    let poisoned = claim(pool, &marks).await.remove(0);
    let failed = fail(pool, &poisoned, "it chokes", &tried_once).await.unwrap();
    assert_eq!(failed, Some(IntentState::Poisoned));
    // Behind it in its key; then others, over which the mark moves on.
    let mut behind = intent_due("k1", 2, long_due(2));
    behind.ordinal = 1;
    insert(&mut pool.acquire().await.unwrap(), &[behind])
        .await
        .unwrap();
    put(pool, 10..=400).await;
    pass(&fixture, "1 hour").await;
    close_all(pool, &marks).await;
    assert!(claim(pool, &marks).await.is_empty(), "the key stands still");
    assert!(retry(&fixture.log, poisoned.id).await.unwrap());
    let again = claim(pool, &marks).await;
    assert_eq!(
        again.iter().map(|intent| intent.id).collect::<Vec<_>>(),
        [poisoned.id]
    );

    // Into another lane, whose mark has moved on.
    assert!(claim_in(pool, &marks, "outside").await.is_empty());
    marks.look(pool, true).await.unwrap();
    assert!(intents::move_to_lane(pool, &again[0], "outside").await.unwrap());
    assert_eq!(claim_in(pool, &marks, "outside").await.len(), 1);
    // Freed, the one behind it is found, too.
    close_all(pool, &marks).await;
    fixture
        .run_sql("delete from intents where state = 'open' and ordinal = 0")
        .await;
    assert_eq!(claim(pool, &marks).await.len(), 1);
}

#[tokio::test]
async fn a_clock_that_jumps_leaves_nothing_behind_the_mark() {
    let fixture = TestLog::open().await;
    let pool = fixture.log.pool();
    let marks = Marks::default();
    put(pool, 1..=300).await;
    close_all(pool, &marks).await;
    marks.look(pool, true).await.unwrap();
    put(pool, [500].into_iter()).await;
    fixture
        .run_sql(
            "create or replace function house_now() returns timestamptz language sql volatile parallel safe
             as $$ select clock_timestamp() + interval '2 hours' $$",
        )
        .await;
    assert_eq!(claim(pool, &marks).await.len(), 1);
}
