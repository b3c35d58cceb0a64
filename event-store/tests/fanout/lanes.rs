//! Lanes, stopped keys and closed intents: what keeps the queue quick whatever has piled up in it.

use std::time::Duration;

use event_store::intents::{
    self, Claim, Ended, IntentFilter, IntentOptions, IntentState, LaneClaim, Marks, NewIntent, QueuedIntent,
    Wait, find, insert, list, prune, put_back, sweep, unblock_freed,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::value::to_raw_value;
use sqlx::Row;
use uuid::Uuid;

use crate::kit::TestLog;

/// A claim that finds what is due looks at no more pages than this, whatever stands still.
const PAGES_MAX: i64 = 300;

fn intent_due(key: &str, lane: &'static str, number: i64) -> NewIntent {
    NewIntent {
        id: NewIntent::id_of("lanes", number, 0),
        process: "lanes",
        lane,
        partition_key: key.to_owned(),
        ordinal: 0,
        body: to_raw_value(&number).unwrap(),
        due_at: Timestamp::UNIX_EPOCH + SignedDuration::from_secs(number),
        caused_by: number,
    }
}

async fn put(fixture: &TestLog, intents: &[NewIntent]) {
    insert(&mut fixture.log.pool().acquire().await.unwrap(), intents)
        .await
        .unwrap();
}

async fn take(fixture: &TestLog, lanes: &[(&'static str, i32)], avoided: &[Uuid]) -> Vec<QueuedIntent> {
    let lanes: Vec<LaneClaim> = lanes
        .iter()
        .map(|&(lane, places)| LaneClaim {
            lane,
            places,
            lease: IntentOptions::default().lease,
        })
        .collect();
    let wanted = Claim {
        worker: Uuid::from_u128(1),
        lanes: &lanes,
        avoided,
        marks: &Marks::default(),
    };
    intents::claim(fixture.log.pool(), wanted).await.unwrap()
}

#[tokio::test]
async fn each_lane_is_claimed_for_itself_and_a_key_is_one_whatever_the_lane() {
    let fixture = TestLog::open().await;
    let mut wanted: Vec<NewIntent> = (1..=20)
        .map(|n| intent_due(&format!("k{n}"), "outside", n))
        .collect();
    wanted.push(intent_due("k1", "inside", 30));
    wanted.push(intent_due("other", "inside", 31));
    put(&fixture, &wanted).await;
    let claimed = take(&fixture, &[("inside", 5), ("outside", 3)], &[]).await;
    let mut numbers: Vec<i64> = claimed.iter().map(|intent| intent.caused_by).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2, 3, 31], "30 waits behind 1, of the same key");
    let avoided = [NewIntent::id_of("lanes", 4, 0)];
    let more = take(&fixture, &[("outside", 1)], &avoided).await;
    assert_eq!(more[0].caused_by, 5, "4 is left to others");
}

#[tokio::test]
async fn what_is_put_back_has_as_many_tries_as_before_and_says_what_it_waits_for() {
    let fixture = TestLog::open().await;
    put(&fixture, &[intent_due("k", "inside", 1)]).await;
    let hasty = IntentOptions {
        backoff: Duration::ZERO,
        ..IntentOptions::default()
    };
    for waits in 0..15 {
        let claimed = take(&fixture, &[("inside", 1)], &[]).await.remove(0);
        assert_eq!((claimed.attempts, claimed.waits), (1, waits));
        let wait = Wait {
            reason: "busy",
            error: "too many others",
            for_others: false,
        };
        assert!(
            put_back(fixture.log.pool(), &claimed, wait, &hasty)
                .await
                .unwrap()
        );
    }
    let waiting = list(fixture.log.pool(), &IntentFilter::default())
        .await
        .unwrap()
        .remove(0);
    assert_eq!(
        (waiting.state, waiting.attempts, waiting.waits_for.as_deref()),
        (IntentState::Open, 0, Some("busy"))
    );
    assert_eq!(intents::counts(fixture.log.pool()).await.unwrap().waiting, 1);
}

#[tokio::test]
async fn twenty_thousand_stopped_keys_do_not_slow_a_claim() {
    let fixture = TestLog::open().await;
    fixture
        .run_sql(
            "insert into intents (id, process, partition_key, ordinal, caused_by, body, due_at, state, lane)
             select gen_random_uuid(), 'lanes', 'stopped' || n, 0, n, '1', 'epoch', 'poisoned', 'inside'
             from generate_series(1, 20000) n",
        )
        .await;
    let behind: Vec<NewIntent> = (1..=20_000)
        .map(|n| intent_due(&format!("stopped{n}"), "inside", n))
        .collect();
    put(&fixture, &behind).await;
    put(&fixture, &[intent_due("free", "inside", 20_001)]).await;
    let mut connection = fixture.log.pool().acquire().await.unwrap();
    let mut plans = Vec::new();
    // A session's first claim reads the catalogue; the second one is measured.
    for lane in ["outside", "inside"] {
        let plan: serde_json::Value = sqlx::query(
            "explain (analyze, buffers, format json)
             select * from claim_due_intents(gen_random_uuid(), array[$1], array[32], array[1000], '{}')",
        )
        .bind(lane)
        .fetch_one(&mut *connection)
        .await
        .unwrap()
        .get(0);
        plans.push(plan);
    }
    drop(connection);
    let plan = &plans[1][0]["Plan"];
    let pages = ["Shared Hit Blocks", "Shared Read Blocks"].map(|name| plan[name].as_i64().unwrap());
    assert_eq!(plan["Actual Rows"].as_f64().unwrap().round(), 1.0, "{plan}");
    assert!(pages.iter().sum::<i64>() <= PAGES_MAX, "{pages:?} pages");

    let freed = list(fixture.log.pool(), &of_key("stopped7")).await.unwrap();
    let poisoned = freed
        .iter()
        .find(|intent| intent.state == IntentState::Poisoned)
        .unwrap();
    assert!(intents::give_up(&fixture.log, poisoned.id, "no").await.unwrap());
    let claimed = take(&fixture, &[("inside", 32)], &[]).await;
    assert_eq!(claimed[0].partition_key, "stopped7", "a freed key goes on");
    assert_eq!(claimed.len(), 1);
}

fn of_key(key: &str) -> IntentFilter {
    IntentFilter {
        partition_key: Some(key.to_owned()),
        ..IntentFilter::default()
    }
}

#[tokio::test]
async fn closed_intents_leave_the_queue_stay_listed_for_a_while_and_are_pruned() {
    let fixture = TestLog::open().await;
    let pool = fixture.log.pool();
    let wanted: Vec<NewIntent> = (1..=3)
        .map(|n| intent_due(&format!("k{n}"), "inside", n))
        .collect();
    put(&fixture, &wanted).await;
    let claimed = take(&fixture, &[("inside", 3)], &[]).await;
    let ended = |intent: &QueuedIntent| Ended {
        id: intent.id,
        claim: intent.claim,
        refusal: (intent.caused_by == 2).then_some("slot_taken"),
        next: None,
    };
    let mut ended: Vec<Ended> = claimed.iter().map(ended).collect();
    assert_eq!(intents::close(pool, &mut ended).await.unwrap(), 3);
    let queued: i64 = sqlx::query_scalar("select count(*) from intents")
        .fetch_one(pool)
        .await
        .unwrap();
    assert_eq!(queued, 0, "the queue holds what is open");
    put(&fixture, &wanted).await;
    assert!(
        take(&fixture, &[("inside", 3)], &[]).await.is_empty(),
        "what is closed is not wanted again"
    );
    let listed = list(pool, &IntentFilter::default()).await.unwrap();
    let numbers: Vec<i64> = listed.iter().map(|intent| intent.caused_by).collect();
    assert_eq!(numbers, [1, 2, 3], "in the order in which they were due");
    let refused = IntentFilter {
        states: vec![IntentState::Refused],
        ..IntentFilter::default()
    };
    assert_eq!(
        list(pool, &refused).await.unwrap()[0].outcome.as_deref(),
        Some("slot_taken")
    );

    assert_eq!(prune(pool, Duration::from_hours(1), 10).await.unwrap(), 0);
    assert_eq!(prune(pool, Duration::ZERO, 2).await.unwrap(), 2, "a bounded part");
    assert_eq!(prune(pool, Duration::ZERO, 2).await.unwrap(), 1);
    assert!(find(pool, claimed[0].id).await.unwrap().is_none());
}

#[tokio::test]
async fn what_an_older_release_leaves_behind_is_put_right() {
    let fixture = TestLog::open().await;
    let pool = fixture.log.pool();
    put(
        &fixture,
        &[intent_due("a", "inside", 1), intent_due("b", "inside", 2)],
    )
    .await;
    fixture
        .run_sql(
            "update intents set state = 'done', closed_at = clock_timestamp() where caused_by = 1;
             update intents set blocked = true where caused_by = 2",
        )
        .await;
    assert_eq!(sweep(pool, 10).await.unwrap(), 1);
    assert_eq!(unblock_freed(pool).await.unwrap(), 1);
    assert_eq!(take(&fixture, &[("inside", 2)], &[]).await[0].caused_by, 2);
    let states: Vec<IntentState> = list(pool, &IntentFilter::default())
        .await
        .unwrap()
        .iter()
        .map(|intent| intent.state)
        .collect();
    assert_eq!(states, [IntentState::Done, IntentState::Open]);
}
