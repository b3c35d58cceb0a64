//! Postgres away, another log behind the same address, a command that cannot be stored, a slow neighbour.

use event_store::{EventLog, ExecuteError, LogError, LogOptions, PrivateRow, Unready, execute};
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::jar::{Jar, JarRefusal, jar, put};
use crate::kit::{
    TestLog, hold_append_lock, keyed, options, put_into_new, unkeyed, until, waiting_appenders,
};
use crate::proxy::{Proxy, Way};

const COMMANDS: i64 = 400;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_postgres_commands_are_told_so_soon_and_work_again_by_themselves() {
    let fixture = TestLog::open().await;
    let proxy = Proxy::before(fixture.database.app_url()).await;
    let log = EventLog::open(options(proxy.url())).await.unwrap();
    // The named limits of a wait for an append, with a second to spare.
    let told_within = options("").append_wait_max + Duration::from_secs(3);
    let before = put_into_new(&log, &unkeyed(), &jar("before")).await.unwrap();
    proxy.set(Way::Cut);
    let key = Uuid::new_v4();
    for _ in 0..3 {
        let began = Instant::now();
        let away = put_into_new(&log, &keyed(key, "d"), &jar("a")).await;
        assert!(matches!(away, Err(ExecuteError::Log(error)) if error.is_unavailable()));
        assert!(began.elapsed() < told_within, "{:?}", began.elapsed());
    }
    let unknown_stream = execute::<JarRefusal, _>(&log, &unkeyed(), &[jar("b")], |streams| {
        streams.record::<Jar>(&jar("b"), put("m"))
    })
    .await;
    assert!(matches!(unknown_stream, Err(ExecuteError::Log(error)) if error.is_unavailable()));
    proxy.set(Way::Open);
    let after = until(async || put_into_new(&log, &keyed(key, "d"), &jar("a")).await.ok()).await;
    assert_eq!(after.position, before.position + 1);
    assert_eq!(fixture.log.head().await.unwrap(), after.position);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_cut_off_by_the_hundred_lose_no_acknowledgement() {
    let fixture = TestLog::open().await;
    let proxy = Proxy::before(fixture.database.app_url()).await;
    let log = EventLog::open(options(proxy.url())).await.unwrap();
    let mut commands = JoinSet::new();
    for _ in 0..COMMANDS {
        let log = log.clone();
        commands.spawn(async move {
            let key = Uuid::new_v4();
            // Until it is told, an honest client repeats with the same key.
            let outcome = until(async || put_into_new(&log, &keyed(key, "d"), &jar(key)).await.ok()).await;
            (key.to_string(), outcome.position)
        });
    }
    for round in 1..=6 {
        until(async || Some(()).filter(|()| *log.subscribe_appends().borrow() >= round * 20)).await;
        if round % 2 == 0 {
            // Some of these commits are never heard of.
            proxy.set(Way::Mute);
            let reached = fixture.log.head().await.unwrap();
            until(async || beyond(&fixture, reached).await).await;
        }
        proxy.set(Way::Cut);
        proxy.set(Way::Open);
    }
    let mut acknowledged = commands.join_all().await;
    acknowledged.sort();
    let mut stored: Vec<(String, i64)> = sqlx::query_as("select aggregate_id, position from events")
        .fetch_all(&mut fixture.app().await)
        .await
        .unwrap();
    stored.sort();
    assert_eq!(stored, acknowledged);
}

#[tokio::test]
async fn a_process_stops_appending_when_its_database_becomes_another_log() {
    let fixture = TestLog::open().await;
    put_into_new(&fixture.log, &unkeyed(), &jar("a")).await.unwrap();
    assert_eq!(fixture.log.ready(), Ok(()));
    sqlx::query("select renew_log_identity()")
        .execute(&mut fixture.owner().await)
        .await
        .unwrap();
    fixture.log.sample().await.unwrap();
    assert_eq!(fixture.log.ready(), Err(Unready::AnotherLog));
    let refused = put_into_new(&fixture.log, &unkeyed(), &jar("b")).await;
    assert!(matches!(refused, Err(ExecuteError::Log(LogError::AnotherLog))));
    let anew = fixture.another_process().await;
    assert_ne!(anew.identity().token(), fixture.log.identity().token());
    put_into_new(&anew, &unkeyed(), &jar("b")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_cannot_be_stored_fails_alone() {
    let fixture = TestLog::open().await;
    put_into_new(&fixture.log, &unkeyed(), &jar("warm"))
        .await
        .unwrap();
    let mut neighbour = fixture.owner().await;
    let lock = hold_append_lock(&mut neighbour).await;
    // The first command waits for the lock; all that follow become one batch.
    let mut commands = JoinSet::new();
    for number in 0..20 {
        let log = fixture.log.clone();
        commands.spawn(async move {
            let broken = number == 10;
            let done = execute::<JarRefusal, _>(&log, &unkeyed(), &[], |streams| {
                let name = jar(format!("j{number}"));
                streams.assume_new::<Jar>(&name);
                streams.store_private(PrivateRow {
                    id: Uuid::new_v4(),
                    subject_id: Uuid::nil(),
                    kind: if broken { "no\0te" } else { "note" },
                    salt: Vec::new(),
                    body: json!({"sealed": ""}),
                });
                streams.record::<Jar>(&name, put("m"))
            })
            .await;
            (broken, done.is_ok())
        });
        if number == 0 {
            let mut eyes = fixture.owner().await;
            while waiting_appenders(&mut eyes).await.is_empty() {}
        }
    }
    lock.rollback().await.unwrap();
    for (broken, done) in commands.join_all().await {
        assert_eq!(done, !broken);
    }
    assert_eq!(fixture.log.head().await.unwrap(), 20);
}

#[tokio::test]
async fn a_log_that_is_not_there_is_said_to_be_unavailable() {
    let url = "postgres://nobody:nothing@127.0.0.1:1/nowhere";
    let error = EventLog::open(LogOptions {
        connect_wait_max: Duration::from_millis(200),
        ..options(url)
    })
    .await;
    assert!(error.is_err_and(|error| error.is_unavailable()));
}

/// Says so once the log has gone beyond `reached`, or has nowhere to go.
async fn beyond(fixture: &TestLog, reached: i64) -> Option<()> {
    let head = fixture.log.head().await.unwrap();
    Some(()).filter(|()| head > reached || head == COMMANDS)
}
