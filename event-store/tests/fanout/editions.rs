//! Two releases side by side: the newer one knows a process more, and that process misses nothing.

use std::sync::Arc;
use std::time::Duration;

use event_store::intents::{NewIntent, insert};
use event_store::{ApplyError, BoxFuture, Consumer, Fact, Position, StartAt, Worker, WorkerOptions};
use serde_json::json;
use serde_json::value::to_raw_value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::kit::{TestLog, drain, keys, leave, options};

/// Code that knows these processes, each of which wants one thing done for each fact.
struct Release(&'static [&'static str]);

const OLDER: Release = Release(&["greet"]);
const NEWER: Release = Release(&["greet", "watch"]);

impl Consumer for Release {
    fn name(&self) -> &'static str {
        "reactions"
    }

    fn schema_version(&self) -> i32 {
        1
    }

    fn start(&self) -> StartAt {
        StartAt::Head
    }

    fn edition(&self) -> Option<Uuid> {
        Some(Uuid::new_v5(&Uuid::nil(), self.0.concat().as_bytes()))
    }

    fn apply<'a>(
        &'a self,
        tx: &'a mut PgConnection,
        _generation: i32,
        facts: &'a [Fact],
    ) -> BoxFuture<'a, Result<(), ApplyError>> {
        Box::pin(async move {
            let wanted: Vec<NewIntent> = facts
                .iter()
                .flat_map(|fact| self.0.iter().map(|process| reaction(process, fact)))
                .collect();
            Ok(insert(tx, &wanted).await?)
        })
    }
}

fn reaction(process: &'static str, fact: &Fact) -> NewIntent {
    NewIntent {
        id: NewIntent::id_of(process, fact.position, 0),
        process,
        lane: "inside",
        partition_key: fact.partition_key.clone(),
        ordinal: 0,
        body: to_raw_value(&json!({})).unwrap(),
        due_at: fact.recorded_at,
        caused_by: fact.position,
    }
}

fn worker(fixture: &TestLog, release: Release) -> Worker {
    let options = WorkerOptions {
        renew: Duration::from_millis(1),
        ..options()
    };
    Worker::new(fixture.log.clone(), None, Arc::new(release), options)
}

/// The facts to which a process has reacted, in order.
async fn reacted_to(fixture: &TestLog, process: &str) -> Vec<Position> {
    sqlx::query_scalar("select caused_by from intents where process = $1 order by caused_by")
        .bind(process)
        .fetch_all(fixture.log.pool())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_process_added_in_a_rolling_deploy_misses_nothing_that_older_workers_took() {
    let fixture = TestLog::open().await;
    let mut older = worker(&fixture, OLDER);
    older.register().await.unwrap();
    fixture.append(&keys(40, 20)).await;
    drain(&mut older).await;

    // The first process of the new release is there; the older one still holds what it holds.
    let mut newer = worker(&fixture, NEWER);
    newer.register().await.unwrap();
    fixture.append(&keys(40, 40)).await;
    drain(&mut older).await;
    let taken = reacted_to(&fixture, "greet").await;
    assert!(taken.len() > 20, "the older one took some: {taken:?}");
    // They share, and each moves what it holds, before the older one goes.
    drain(&mut newer).await;
    drain(&mut older).await;
    drain(&mut newer).await;
    fixture.append(&keys(40, 40)).await;
    assert!(drain(&mut newer).await.applied > 0);
    assert!(drain(&mut older).await.applied > 0);
    leave(older).await;
    drain(&mut newer).await;
    assert_eq!(
        reacted_to(&fixture, "greet").await,
        Vec::from_iter(1..=100),
        "each once"
    );
    assert_eq!(
        reacted_to(&fixture, "watch").await,
        Vec::from_iter(21..=100),
        "from where it began"
    );

    // Rolled back for a while, and forward again.
    leave(newer).await;
    let mut older = worker(&fixture, OLDER);
    fixture.append(&keys(40, 30)).await;
    drain(&mut older).await;
    leave(older).await;
    assert_eq!(reacted_to(&fixture, "watch").await.len(), 80);
    let mut newer = worker(&fixture, NEWER);
    fixture.append(&keys(40, 10)).await;
    drain(&mut newer).await;
    assert_eq!(reacted_to(&fixture, "greet").await, Vec::from_iter(1..=140));
    assert_eq!(reacted_to(&fixture, "watch").await, Vec::from_iter(21..=140));
}
