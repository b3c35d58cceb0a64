//! Commands on one stream are decided upon each other while they are on their way into the log, and answered as if they had come one
//! by one.

use event_store::{EventLog, ExecuteError};
use sqlx::Connection;
use sqlx::PgConnection;
use tokio::task::JoinSet;

use crate::jar::{Jar, JarRefusal, jar};
use crate::kit::{
    TestLog, hold_append_lock, keyed, mark_as, put_into, stored_marks, take_from, unkeyed, waiting_appenders,
};

/// How many commands of each test come at once.
const CROWD: usize = 60;

/// A crowd of coins put into one jar at once, each with a mark of its own; answers what each was told of the marks by then.
fn crowd(log: &EventLog, whose: &'static str) -> JoinSet<Vec<String>> {
    let mut tasks = JoinSet::new();
    for number in 0..CROWD {
        let log = log.clone();
        tasks.spawn(async move {
            let put = put_into(&log, &unkeyed(), &jar("a"), &format!("{whose}{number}")).await;
            put.unwrap().state::<Jar>(&jar("a")).unwrap().marks.clone()
        });
    }
    tasks
}

async fn wait_for_appenders(fixture: &TestLog, count: usize) {
    let mut watching = fixture.app().await;
    while waiting_appenders(&mut watching).await.len() != count {
        tokio::task::yield_now().await;
    }
}

/// Each was told of just the marks that stand in the log up to its own, and no two of the same.
async fn told_the_truth(mut told: Vec<Vec<String>>, connection: &mut PgConnection) {
    let stored = stored_marks(connection, &jar("a")).await;
    for marks in &told {
        assert_eq!(marks[..], stored[..marks.len()]);
    }
    told.sort_unstable_by_key(Vec::len);
    told.dedup_by_key(|marks| marks.len());
    assert_eq!(told.len(), CROWD);
}

async fn batches(connection: &mut PgConnection) -> i64 {
    sqlx::query_scalar("select count(distinct recorded_at) from events where aggregate_id = 'a'")
        .fetch_one(connection)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_crowd_on_one_stream_takes_a_few_commits_and_each_sees_those_before_it() {
    let fixture = TestLog::open().await;
    put_into(&fixture.log, &unkeyed(), &jar("a"), "first")
        .await
        .unwrap();
    let (mut holding, mut reading) = (fixture.app().await, fixture.app().await);
    let held = hold_append_lock(&mut holding).await;
    let tasks = crowd(&fixture.log, "m");
    wait_for_appenders(&fixture, 1).await;
    held.rollback().await.unwrap();
    told_the_truth(tasks.join_all().await, &mut reading).await;
    assert!(
        batches(&mut reading).await <= 4,
        "the first, one alone, and all the others together"
    );
}

#[tokio::test]
async fn what_was_decided_upon_a_command_that_came_to_nothing_is_decided_anew() {
    let fixture = TestLog::open().await;
    let elsewhere = fixture.another_process().await;
    for log in [&fixture.log, &elsewhere] {
        put_into(log, &unkeyed(), &jar("a"), "before").await.unwrap();
    }
    // Either process knows the stream as it stands.
    mark_as(&fixture.log, &unkeyed(), &jar("a"), "before")
        .await
        .unwrap();
    let (mut holding, mut reading) = (fixture.app().await, fixture.app().await);
    let held = hold_append_lock(&mut holding).await;
    // Another process stands first in the line: all that is decided here is decided in vain.
    let theirs = tokio::spawn(async move { put_into(&elsewhere, &unkeyed(), &jar("a"), "theirs").await });
    wait_for_appenders(&fixture, 1).await;
    let vain = tokio::spawn({
        let log = fixture.log.clone();
        async move { put_into(&log, &unkeyed(), &jar("a"), "vain").await }
    });
    wait_for_appenders(&fixture, 2).await;
    // It alone is on its way. Theirs brings the stream to the version that it would have: the others' versions fit.
    let tasks = crowd(&fixture.log, "ours");
    wait_for_appenders(&fixture, 2).await;
    held.rollback().await.unwrap();
    theirs.await.unwrap().unwrap();
    vain.await.unwrap().unwrap();
    told_the_truth(tasks.join_all().await, &mut reading).await;
    let mut marks = stored_marks(&mut reading, &jar("a")).await;
    assert_eq!(marks.len(), CROWD + 4);
    marks.sort_unstable();
    marks.dedup();
    assert_eq!(marks.len(), CROWD + 3, "twice `before`, and every other once");
}

#[tokio::test]
async fn nobody_is_refused_for_what_has_not_come_about_yet() {
    let fixture = TestLog::open().await;
    put_into(&fixture.log, &unkeyed(), &jar("a"), "only")
        .await
        .unwrap();
    let mut holding = fixture.app().await;
    let held = hold_append_lock(&mut holding).await;
    let take = |log: EventLog| tokio::spawn(async move { take_from(&log, &unkeyed(), &jar("a"), 1).await });
    let first = take(fixture.log.clone());
    wait_for_appenders(&fixture, 1).await;
    // The jar will be empty, and is not yet: whether this one is refused is not known before the first has come in.
    let second = take(fixture.log.clone());
    tokio::task::yield_now().await;
    assert!(!second.is_finished());
    held.rollback().await.unwrap();
    first.await.unwrap().unwrap();
    let refused = second.await.unwrap();
    assert!(matches!(
        refused,
        Err(ExecuteError::Refused(JarRefusal::TooLittle))
    ));
}

#[tokio::test]
async fn a_crowd_that_wants_the_last_coins_gets_them_once() {
    let fixture = TestLog::open().await;
    for number in 0..5 {
        put_into(&fixture.log, &unkeyed(), &jar("a"), &format!("m{number}"))
            .await
            .unwrap();
    }
    let mut tasks = JoinSet::new();
    for _ in 0..CROWD {
        let log = fixture.log.clone();
        tasks.spawn(async move { take_from(&log, &unkeyed(), &jar("a"), 1).await });
    }
    let mut taken = 0;
    while let Some(outcome) = tasks.join_next().await {
        match outcome.unwrap() {
            Ok(_) => taken += 1,
            Err(error) => assert!(
                matches!(error, ExecuteError::Refused(JarRefusal::TooLittle)),
                "{error:?}"
            ),
        }
    }
    assert_eq!(taken, 5);
}

#[tokio::test]
async fn what_somebody_gave_up_waiting_for_misleads_nobody() {
    let fixture = TestLog::open().await;
    put_into(&fixture.log, &unkeyed(), &jar("a"), "only")
        .await
        .unwrap();
    let mut holding = fixture.app().await;
    let held = hold_append_lock(&mut holding).await;
    // Fills the writer's hands, so that the next command waits in the queue.
    let busy = {
        let log = fixture.log.clone();
        tokio::spawn(async move { put_into(&log, &unkeyed(), &jar("b"), "m").await })
    };
    wait_for_appenders(&fixture, 1).await;
    let given_up = {
        let log = fixture.log.clone();
        tokio::spawn(async move { take_from(&log, &unkeyed(), &jar("a"), 1).await })
    };
    // It is decided without a wait: the stream is known.
    tokio::task::yield_now().await;
    given_up.abort();
    assert!(given_up.await.unwrap_err().is_cancelled());
    held.rollback().await.unwrap();
    busy.await.unwrap().unwrap();
    take_from(&fixture.log, &unkeyed(), &jar("a"), 1).await.unwrap();
}

#[tokio::test]
async fn one_command_sent_by_a_crowd_is_carried_out_once() {
    let fixture = TestLog::open().await;
    put_into(&fixture.log, &unkeyed(), &jar("a"), "before")
        .await
        .unwrap();
    let id = uuid::Uuid::new_v4();
    let mut tasks = JoinSet::new();
    for number in 0..CROWD {
        let log = fixture.log.clone();
        tasks.spawn(async move {
            let context = if number % 2 == 0 {
                keyed(id, "digest")
            } else {
                unkeyed()
            };
            put_into(&log, &context, &jar("a"), "m").await.unwrap().position
        });
    }
    while let Some(position) = tasks.join_next().await {
        position.unwrap();
    }
    let mut reading = fixture.app().await;
    assert_eq!(
        stored_marks(&mut reading, &jar("a")).await.len(),
        1 + 1 + CROWD / 2
    );
    reading.close().await.unwrap();
}
