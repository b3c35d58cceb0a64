//! Intents: each carried out once, in order within its key, when due; poison stops its key alone.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use event_store::intents::{
    self, Claim, Ended, IntentFilter, IntentOptions, IntentState, LaneClaim, Marks, NewIntent, QueuedIntent,
    counts, fail, find, give_up, insert, list, retry,
};
use event_store::{ApplyError, BoxFuture, Consumer, Fact, StartAt, Worker};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use serde_json::value::to_raw_value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::kit::{TestLog, drain, keys, options};

/// Wants one thing done for each fact.
struct Echo;

impl Consumer for Echo {
    fn name(&self) -> &'static str {
        "echo"
    }

    fn schema_version(&self) -> i32 {
        1
    }

    fn start(&self) -> StartAt {
        StartAt::Head
    }

    fn apply<'a>(
        &'a self,
        tx: &'a mut PgConnection,
        _generation: i32,
        facts: &'a [Fact],
    ) -> BoxFuture<'a, Result<(), ApplyError>> {
        Box::pin(async move {
            if let Some(fact) = facts.iter().find(|fact| fact.partition_key == "choke") {
                let position = fact.position;
                return Err(ApplyError::Poison {
                    position,
                    reason: "it chokes".to_owned(),
                });
            }
            let wanted: Vec<NewIntent> = facts
                .iter()
                .map(|fact| intent_due(&fact.partition_key, fact.position, fact.recorded_at))
                .collect();
            Ok(insert(tx, &wanted).await?)
        })
    }
}

pub fn intent_due(key: &str, caused_by: i64, due_at: Timestamp) -> NewIntent {
    NewIntent {
        id: NewIntent::id_of("echo", caused_by, 0),
        process: "echo",
        lane: "inside",
        partition_key: key.to_owned(),
        ordinal: 0,
        body: to_raw_value(&json!({ "position": caused_by })).unwrap(),
        due_at,
        caused_by,
    }
}

async fn put(fixture: &TestLog, intents: &[NewIntent]) {
    insert(&mut fixture.log.pool().acquire().await.unwrap(), intents)
        .await
        .unwrap();
}

/// Long past, in database time.
pub fn long_due(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_000_000 + seconds)
}

/// Longer than any of these tests.
const LEASE: Duration = Duration::from_secs(15);

async fn take(fixture: &TestLog, limit: i32) -> Vec<QueuedIntent> {
    take_for(fixture, Uuid::new_v4(), limit, LEASE).await
}

async fn take_for(fixture: &TestLog, worker: Uuid, places: i32, lease: Duration) -> Vec<QueuedIntent> {
    let lane = LaneClaim {
        lane: "inside",
        places,
        lease,
    };
    let wanted = Claim {
        worker,
        lanes: &[lane],
        avoided: &[],
        marks: &Marks::default(),
    };
    intents::claim(fixture.log.pool(), wanted).await.unwrap()
}

/// Whether it was closed, as done or as refused.
async fn close(fixture: &TestLog, intent: &QueuedIntent, refusal: Option<&'static str>) -> bool {
    let ended = Ended {
        id: intent.id,
        claim: intent.claim,
        refusal,
        next: None,
    };
    intents::close(fixture.log.pool(), &mut [ended]).await.unwrap() == 1
}

fn echo(fixture: &TestLog) -> Worker {
    Worker::new(fixture.log.clone(), None, Arc::new(Echo), options())
}

#[tokio::test]
async fn a_process_starts_at_the_head_and_wants_each_thing_once() {
    let fixture = TestLog::open().await;
    fixture.append(&keys(10, 50)).await;
    let mut worker = echo(&fixture);
    drain(&mut worker).await;
    assert_eq!(
        list(fixture.log.pool(), &IntentFilter::default())
            .await
            .unwrap()
            .len(),
        0
    );
    fixture.append(&keys(10, 30)).await;
    drain(&mut worker).await;
    // Another one joins, and one is started again much later: nobody starts anew.
    drop(worker);
    fixture.expire_leases().await;
    fixture.append(&keys(10, 30)).await;
    drain(&mut echo(&fixture)).await;
    let all = list(fixture.log.pool(), &IntentFilter::default()).await.unwrap();
    let positions: HashSet<i64> = all.iter().map(|intent| intent.caused_by).collect();
    assert_eq!((all.len(), positions), (60, (51..=110).collect()));
    assert!(
        all.iter()
            .all(|i| i.id == NewIntent::id_of("echo", i.caused_by, 0))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_claimers_carry_each_intent_out_once_and_one_at_a_time_per_key() {
    let fixture = TestLog::open().await;
    let wanted: Vec<NewIntent> = (0..300)
        .map(|n| intent_due(&format!("k{}", n % 15), n, long_due(1_000 - n)))
        .collect();
    put(&fixture, &wanted).await;
    put(&fixture, &wanted).await;
    let done: Mutex<HashMap<String, Vec<i64>>> = Mutex::default();
    let busy: Mutex<HashSet<String>> = Mutex::default();
    let work = async || {
        let me = Uuid::new_v4();
        loop {
            let claimed = take_for(&fixture, me, 7, LEASE).await;
            if claimed.is_empty() && counts(fixture.log.pool()).await.unwrap().due == 0 {
                return;
            }
            for intent in &claimed {
                assert!(
                    busy.lock().unwrap().insert(intent.partition_key.clone()),
                    "one at a time"
                );
            }
            for intent in claimed {
                done.lock()
                    .unwrap()
                    .entry(intent.partition_key.clone())
                    .or_default()
                    .push(intent.caused_by);
                busy.lock().unwrap().remove(&intent.partition_key);
                assert!(close(&fixture, &intent, None).await);
            }
        }
    };
    tokio::join!(work(), work(), work());
    let done = done.into_inner().unwrap();
    assert_eq!(done.values().map(Vec::len).sum::<usize>(), 300);
    for (key, order) in done {
        assert_eq!(order.len(), 20);
        assert!(
            order.is_sorted_by(|earlier, later| earlier > later),
            "{key}: in the order in which they are due"
        );
    }
}

#[tokio::test]
async fn who_lost_a_claim_cannot_close_it() {
    let fixture = TestLog::open().await;
    put(&fixture, &[intent_due("k", 1, long_due(0))]).await;
    let slow = take_for(&fixture, Uuid::new_v4(), 1, Duration::ZERO)
        .await
        .remove(0);
    let quick = take(&fixture, 1).await.remove(0);
    assert_eq!((slow.id, slow.claim, quick.claim), (quick.id, 1, 2));
    assert!(take(&fixture, 1).await.is_empty(), "it is in somebody's hands");
    assert!(!close(&fixture, &slow, None).await);
    assert_eq!(
        fail(fixture.log.pool(), &slow, "late", &IntentOptions::default())
            .await
            .unwrap(),
        None
    );
    assert!(close(&fixture, &quick, Some("slot_taken")).await);
    let closed = find(fixture.log.pool(), quick.id).await.unwrap().unwrap();
    assert_eq!(
        (closed.state, closed.outcome.as_deref()),
        (IntentState::Refused, Some("slot_taken"))
    );
}

#[tokio::test]
async fn what_ends_together_is_closed_together_and_what_follows_is_there_at_once() {
    let fixture = TestLog::open().await;
    put(
        &fixture,
        &[
            intent_due("a", 1, long_due(0)),
            intent_due("b", 2, long_due(1)),
            intent_due("c", 3, long_due(2)),
        ],
    )
    .await;
    let mut claimed = take(&fixture, 3).await;
    claimed.sort_unstable_by_key(|intent| intent.caused_by);
    let follower = intent_due("a", 4, long_due(3));
    let mut ended: Vec<Ended> = claimed
        .iter()
        .map(|intent| Ended {
            id: intent.id,
            // The last one's claim was lost meanwhile.
            claim: intent.claim - i64::from(intent.caused_by == 3),
            refusal: (intent.caused_by == 2).then_some("too_late"),
            next: (intent.caused_by == 1).then(|| follower.clone()),
        })
        .collect();
    assert_eq!(intents::close(fixture.log.pool(), &mut ended).await.unwrap(), 2);
    let mut states = Vec::new();
    for intent in &claimed {
        let found = find(fixture.log.pool(), intent.id).await.unwrap().unwrap();
        states.push((found.state, found.outcome));
    }
    assert_eq!(
        states,
        [
            (IntentState::Done, None),
            (IntentState::Refused, Some("too_late".to_owned())),
            (IntentState::Open, None),
        ]
    );
    let next = take(&fixture, 3).await;
    assert_eq!(
        next.iter().map(|intent| intent.id).collect::<Vec<_>>(),
        [follower.id]
    );
}

#[tokio::test]
async fn a_poisoned_intent_stops_its_key_until_it_is_retried_or_given_up() {
    let fixture = TestLog::open().await;
    put(
        &fixture,
        &[
            intent_due("a", 1, long_due(1)),
            intent_due("a", 2, long_due(2)),
            intent_due("b", 3, long_due(3)),
        ],
    )
    .await;
    let hasty = IntentOptions {
        tries_max: 2,
        backoff: Duration::ZERO,
        ..IntentOptions::default()
    };
    let first = take(&fixture, 10).await;
    assert_eq!(
        first.iter().map(|i| i.caused_by).collect::<HashSet<_>>(),
        HashSet::from([1, 3])
    );
    for intent in &first {
        if intent.partition_key == "a" {
            let state = fail(fixture.log.pool(), intent, "no", &hasty).await.unwrap();
            assert_eq!(state, Some(IntentState::Open));
        } else {
            assert!(close(&fixture, intent, None).await);
        }
    }
    let again = take(&fixture, 10).await.remove(0);
    assert_eq!(
        (again.caused_by, again.attempts),
        (1, 2),
        "in order: the failed one comes before the next"
    );
    let state = fail(fixture.log.pool(), &again, "no", &hasty).await.unwrap();
    assert_eq!(state, Some(IntentState::Poisoned));
    put(
        &fixture,
        &[intent_due("a", 4, long_due(0)), intent_due("b", 5, long_due(0))],
    )
    .await;
    let other = take(&fixture, 10).await;
    assert_eq!(
        other.iter().map(|i| i.caused_by).collect::<Vec<_>>(),
        [5],
        "all of its key stands still"
    );
    assert!(close(&fixture, &other[0], None).await);
    let queued = counts(fixture.log.pool()).await.unwrap();
    assert_eq!((queued.due, queued.poisoned), (2, 1));

    assert!(retry(&fixture.log, again.id).await.unwrap());
    let fourth = take(&fixture, 10).await.remove(0);
    assert_eq!(fourth.caused_by, 4, "the one due first");
    assert!(
        !give_up(&fixture.log, fourth.id, "no").await.unwrap(),
        "it is in somebody's hands"
    );
    assert!(close(&fixture, &fourth, None).await);
    assert!(give_up(&fixture.log, again.id, "not worth it").await.unwrap());
    assert_eq!(take(&fixture, 10).await.remove(0).caused_by, 2);
    assert!(
        !retry(&fixture.log, again.id).await.unwrap(),
        "given up is given up"
    );
}

#[tokio::test]
async fn an_intent_waits_for_database_time() {
    let fixture = TestLog::open().await;
    let in_an_hour = fixture.log.clock().now() + SignedDuration::from_hours(1);
    put(
        &fixture,
        &[intent_due("k", 1, in_an_hour), intent_due("k", 2, long_due(0))],
    )
    .await;
    let now = take(&fixture, 10).await;
    assert_eq!(
        now.iter().map(|i| i.caused_by).collect::<Vec<_>>(),
        [2],
        "one not due does not block one that is"
    );
    assert!(close(&fixture, &now[0], None).await);
    assert!(take(&fixture, 10).await.is_empty());
    dev_stack::advance_clock(fixture.database.owner_url(), 3_601)
        .await
        .unwrap();
    assert_eq!(take(&fixture, 10).await.len(), 1);
}

#[tokio::test]
async fn a_key_parked_in_a_process_stops_its_intents() {
    let fixture = TestLog::open().await;
    let mut worker = echo(&fixture);
    drain(&mut worker).await;
    fixture.append(&["choke", "fine"]).await;
    put(&fixture, &[intent_due("choke", 1_000, long_due(0))]).await;
    drain(&mut worker).await;
    let claimed: Vec<String> = take(&fixture, 10)
        .await
        .into_iter()
        .map(|i| i.partition_key)
        .collect();
    assert_eq!(claimed, ["fine"]);
}
