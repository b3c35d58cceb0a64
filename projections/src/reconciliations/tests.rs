//! Asked for, taken up once, taken over from those who fall silent, and kept.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;

use crate::Limit;
use crate::kit::Database;
use crate::reconciliations::query::ReconciliationFilter;
use crate::reconciliations::{
    Found, NewReconciliation, ReconciliationOutcome, State, Trigger, alive, ask, begin, claim, finish,
    give_back, query, schedule,
};

const LEASE: Duration = Duration::from_secs(60);
const GONE: Duration = Duration::ZERO;
const ME: Uuid = Uuid::from_u128(1);
const OTHER: Uuid = Uuid::from_u128(2);
const FOUND: Found = Found {
    outcome: ReconciliationOutcome::Differences,
    differences: 2,
    mended: 1,
    gaps: 0,
};

fn new(number: u128, hours: i64) -> NewReconciliation {
    let from: Timestamp = "2026-11-22T00:00:00Z".parse().unwrap();
    NewReconciliation {
        id: Some(Uuid::from_u128(number)),
        origin: Trigger::Admin,
        asked_by: None,
        from,
        to: from + SignedDuration::from_hours(hours),
    }
}

#[tokio::test]
async fn one_window_is_compared_once_at_a_time_and_again_afterwards() {
    let database = Database::create().await;
    let pool = &database.pool;
    let (first, is_new) = ask(pool, new(1, 1)).await.unwrap().unwrap();
    assert!(is_new && first.state == State::Waiting);
    let (again, is_new) = ask(pool, new(2, 1)).await.unwrap().unwrap();
    assert_eq!((again.id, is_new), (first.id, false));
    assert!(begin(pool, ME, new(3, 1), LEASE).await.unwrap().is_none());
    let (other, is_new) = ask(pool, new(4, 2)).await.unwrap().unwrap();
    assert!(is_new && other.id != first.id);

    let mine = claim(pool, ME, LEASE, false).await.unwrap().unwrap();
    let theirs = claim(pool, OTHER, LEASE, false).await.unwrap().unwrap();
    assert_ne!(mine.id, theirs.id);
    assert!(
        claim(pool, ME, LEASE, true).await.unwrap().is_none(),
        "nothing is left"
    );
    assert!(
        !finish(pool, OTHER, mine.id, FOUND, &json!({})).await.unwrap(),
        "not theirs"
    );
    assert!(finish(pool, ME, mine.id, FOUND, &json!({"a": 1})).await.unwrap());
    let kept = query::find(pool, mine.id).await.unwrap().unwrap();
    assert_eq!(
        (kept.row.found, kept.report),
        (Some(FOUND), Some(json!({"a": 1})))
    );
    assert_eq!(query::latest(pool).await.unwrap().unwrap().id, mine.id);
    let (once_more, is_new) = ask(pool, new(5, 1)).await.unwrap().unwrap();
    assert!(is_new && once_more.id == Uuid::from_u128(5));

    let (mut listed, mut cursor) = (Vec::new(), None);
    loop {
        let page = query::list(
            pool,
            ReconciliationFilter::default(),
            cursor,
            Limit::new(2).unwrap(),
        )
        .await
        .unwrap();
        listed.extend(page.items.into_iter().map(|row| row.id));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(listed, [5, 4, 1].map(Uuid::from_u128));
}

#[tokio::test]
async fn whoever_falls_silent_loses_it_and_after_a_few_times_it_fails() {
    let database = Database::create().await;
    let pool = &database.pool;
    ask(pool, new(1, 1)).await.unwrap();
    let taken = claim(pool, ME, LEASE, false).await.unwrap().unwrap();
    assert!(
        claim(pool, OTHER, LEASE, false).await.unwrap().is_none(),
        "I am alive"
    );
    give_back(pool, ME, taken.id).await.unwrap();
    for _ in 0..3 {
        assert!(claim(pool, ME, GONE, false).await.unwrap().is_some());
    }
    assert!(claim(pool, OTHER, LEASE, false).await.unwrap().is_none());
    assert!(!alive(pool, ME, taken.id, LEASE).await.unwrap());
    let row = query::find(pool, taken.id).await.unwrap().unwrap().row;
    assert_eq!((row.state, row.found), (State::Failed, None));
}

#[tokio::test]
async fn a_night_is_scheduled_once_moved_while_it_waits_and_left_alone_where_it_is_off() {
    let database = Database::create().await;
    let pool = &database.pool;
    let night = Uuid::from_u128(9);
    let past: Timestamp = "2026-11-22T00:00:00Z".parse().unwrap();
    let far: Timestamp = "2099-11-22T00:00:00Z".parse().unwrap();
    schedule(pool, night, far).await.unwrap();
    assert!(claim(pool, ME, LEASE, true).await.unwrap().is_none(), "not due");
    schedule(pool, night, past).await.unwrap();
    assert!(claim(pool, ME, LEASE, false).await.unwrap().is_none(), "off");
    let taken = claim(pool, ME, LEASE, true).await.unwrap().unwrap();
    assert_eq!(
        (taken.id, taken.origin, taken.window),
        (night, Trigger::Nightly, None)
    );
    schedule(pool, night, past).await.unwrap();
    assert!(
        claim(pool, OTHER, LEASE, true).await.unwrap().is_none(),
        "one a night"
    );
}
