//! Positions are dense, in commit order, and no reader ever misses one, whatever writers do.

use std::collections::{HashMap, HashSet};

use event_store::{EventLog, ExecuteError, Fact};
use sqlx::Connection;
use tokio::sync::watch;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::jar::jar;
use crate::kit::{TestLog, hold_append_lock, put_into, put_into_new, unkeyed};

const PROCESSES: usize = 4;
const WRITERS_PER_PROCESS: usize = 12;
const COMMANDS_PER_WRITER: usize = 25;
const ROLLED_BACK: usize = 40;

/// Follows the log like a projection, in small steps, until the head it is told is reached.
async fn follow(log: EventLog, limit: u32, mut last: watch::Receiver<Option<i64>>) -> Vec<Fact> {
    let mut read: Vec<Fact> = Vec::new();
    loop {
        let after = read.last().map_or(0, |fact| fact.position);
        let end = *last.borrow_and_update();
        if Some(after) == end {
            return read;
        }
        read.extend(log.read_after(after, limit).await.unwrap());
        tokio::task::yield_now().await;
    }
}

/// Everybody who appends, each saying what was acknowledged.
async fn writers(fixture: &TestLog) -> JoinSet<Vec<i64>> {
    let mut writers = JoinSet::new();
    for process in 0..PROCESSES {
        let log = fixture.another_process().await;
        for writer in 0..WRITERS_PER_PROCESS {
            let log = log.clone();
            writers.spawn(async move {
                let mut acknowledged = Vec::new();
                for round in 0..COMMANDS_PER_WRITER {
                    // Some streams are everybody's, most are new.
                    let outcome = loop {
                        let outcome = if round % 5 == 0 {
                            put_into(&log, &unkeyed(), &jar(format!("shared-{}", writer % 3)), "m").await
                        } else {
                            put_into_new(&log, &unkeyed(), &jar(format!("{process}-{writer}-{round}"))).await
                        };
                        match outcome {
                            // The others were faster too often. Nothing was done; who still wants it comes again.
                            Err(ExecuteError::Busy) => {}
                            other => break other.unwrap(),
                        }
                    };
                    acknowledged.extend(outcome.positions);
                }
                acknowledged
            });
        }
    }
    writers
}

/// Appends by hand inside a transaction that takes its time and is then rolled back: positions are taken, shown to
/// nobody, and given back.
async fn roll_back(fixture: &TestLog, round: usize) {
    let mut connection = fixture.owner().await;
    let mut transaction = hold_append_lock(&mut connection).await;
    sqlx::query(
        "insert into events select 'jar', $1, 1, 'Put', '1', '{}', '{}', \
                (select coalesce(max(position), 0) + 1 from events), 0, 'x', now(), gen_random_uuid()",
    )
    .bind(format!("never-{round}"))
    .execute(&mut *transaction)
    .await
    .unwrap();
    sqlx::query("select pg_sleep(0.002)")
        .execute(&mut *transaction)
        .await
        .unwrap();
    transaction.rollback().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn adversarial_writers_leave_positions_dense_and_readers_lose_nothing() {
    let fixture = TestLog::open().await;
    let mut idle = fixture.app().await;
    let mut idle = idle.begin().await.unwrap();
    sqlx::query("select count(*) from events")
        .execute(&mut *idle)
        .await
        .unwrap();

    let (end, told) = watch::channel(None);
    let mut readers = JoinSet::new();
    for limit in [1, 7, 500] {
        readers.spawn(follow(fixture.another_process().await, limit, told.clone()));
    }
    let writers = writers(&fixture).await;
    for round in 0..ROLLED_BACK {
        roll_back(&fixture, round).await;
    }
    let acknowledged: Vec<i64> = writers.join_all().await.into_iter().flatten().collect();
    let head = fixture.log.head().await.unwrap();
    end.send_replace(Some(head));

    let once: HashSet<i64> = acknowledged.iter().copied().collect();
    assert_eq!(
        acknowledged.len(),
        PROCESSES * WRITERS_PER_PROCESS * COMMANDS_PER_WRITER
    );
    assert_eq!(
        once.len(),
        acknowledged.len(),
        "a position was acknowledged twice"
    );
    assert_eq!(
        usize::try_from(head).unwrap(),
        acknowledged.len(),
        "what was acknowledged is what is there"
    );
    for read in readers.join_all().await {
        let positions: Vec<i64> = read.iter().map(|fact| fact.position).collect();
        let expected: Vec<i64> = (1..=head).collect();
        assert!(
            positions == expected,
            "a reader lost, repeated or reordered a fact"
        );
        assert!(
            read.windows(2)
                .all(|two| two[0].recorded_at <= two[1].recorded_at)
        );
        assert_before_is_right(&read);
    }
    for shard in 0..event_store::SHARDS {
        let read = read_shard(&fixture.log, shard).await;
        assert!(read.iter().all(|fact| fact.shard == shard));
        assert_before_is_right(&read);
    }
}

/// A whole shard, in small steps.
async fn read_shard(log: &EventLog, shard: i16) -> Vec<Fact> {
    let mut read: Vec<Fact> = Vec::new();
    loop {
        let after = read.last().map_or(0, |fact| fact.position);
        let more = log.read_shard_after(shard, after, 11).await.unwrap();
        if more.is_empty() {
            return read;
        }
        read.extend(more);
    }
}

/// `before` chains each shard's facts without a hole.
fn assert_before_is_right(read: &[Fact]) {
    let mut last: HashMap<i16, i64> = HashMap::new();
    for fact in read {
        assert_eq!(event_store::shard_of(&fact.partition_key), fact.shard);
        assert_eq!(
            last.insert(fact.shard, fact.position).unwrap_or(0),
            fact.before,
            "at {}",
            fact.position
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_snapshot_elsewhere_does_not_slow_appends_down() {
    let fixture = TestLog::open().await;
    let rate = |rounds: usize| {
        let log = fixture.log.clone();
        async move {
            let began = std::time::Instant::now();
            for _ in 0..rounds {
                let mut commands = JoinSet::new();
                for _ in 0..64 {
                    let log = log.clone();
                    commands.spawn(async move {
                        put_into_new(&log, &unkeyed(), &jar(Uuid::new_v4()))
                            .await
                            .unwrap();
                    });
                }
                commands.join_all().await;
            }
            began.elapsed()
        }
    };
    rate(10).await; // Warms caches and plans.
    let mut without = Vec::new();
    let mut with = Vec::new();
    for _ in 0..3 {
        without.push(rate(20).await);
        let mut idle = fixture.app().await;
        let mut idle = idle.begin().await.unwrap();
        sqlx::query("set transaction isolation level repeatable read")
            .execute(&mut *idle)
            .await
            .unwrap();
        sqlx::query("select count(*) from events")
            .execute(&mut *idle)
            .await
            .unwrap();
        with.push(rate(20).await);
    }
    // The best of each, since other tests share the machine. A head row updated per batch was 3 to 6 times slower.
    let (without, with) = (without.iter().min().unwrap(), with.iter().min().unwrap());
    assert!(
        *with < *without * 2,
        "{with:?} with an idle snapshot, {without:?} without"
    );
}

#[tokio::test]
async fn the_time_of_recording_never_goes_back_even_when_the_clock_does() {
    let fixture = TestLog::open().await;
    put_into(&fixture.log, &unkeyed(), &jar("a"), "1").await.unwrap();
    dev_stack::advance_clock(fixture.database.owner_url(), 3_600)
        .await
        .unwrap();
    fixture.log.sample().await.unwrap();
    let ahead = fixture.log.clock().now();
    put_into(&fixture.log, &unkeyed(), &jar("a"), "2").await.unwrap();
    dev_stack::advance_clock(fixture.database.owner_url(), -7_200)
        .await
        .unwrap();
    fixture.log.sample().await.unwrap();
    assert!(
        fixture.log.clock().now() < ahead,
        "the platform's clock follows the database's"
    );
    put_into(&fixture.log, &unkeyed(), &jar("a"), "3").await.unwrap();
    let facts = fixture.log.read_after(0, 10).await.unwrap();
    assert!(
        facts[1]
            .recorded_at
            .duration_since(facts[0].recorded_at)
            .as_secs()
            >= 3_599
    );
    assert_eq!(facts[1].recorded_at, facts[2].recorded_at);
    assert_eq!(
        fixture.log.ready(),
        Ok(()),
        "the machine's own clock was never off"
    );
}
