//! The follower: hashes in batches of any size alike, goes on where another stopped, and signs no second past.

use std::sync::Arc;
use std::time::Duration;

use audit::witnesses::{WitnessError, WitnessPort};
use audit::{AuditError, Follower, FollowerOptions, FollowerStep, Signer, extend, heads, status};
use event_store::{BoxFuture, EventLog, LogOptions};
use notary::witness::Acceptance;
use notary::{Frontier, Hash, PrivateKey, SignedTreeHead};
use sqlx::postgres::PgPoolOptions;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::kit::TestLog;

#[tokio::test]
async fn batches_of_any_size_make_the_same_tree_and_processes_take_turns() {
    let mut roots: Vec<Hash> = Vec::new();
    for batch in [1, 7, 300, 4_096] {
        let mut log = TestLog::open().await;
        log.fill(300).await;
        log.hash(batch).await;
        roots.push(log.frontier.root());
        // Another process, which knows nothing of it, goes on from there; then the first again.
        log.fill(310).await;
        let mut other = Frontier::default();
        assert_eq!(extend(&mut log.owner, &mut other, 5).await.unwrap(), 5);
        assert_eq!(extend(&mut log.owner, &mut log.frontier, 50).await.unwrap(), 5);
        assert_eq!(log.frontier.size(), 310);
        let (_, report) = log.verify().await;
        assert!(report.is_clean(), "{report:?}");
    }
    assert!(roots.windows(2).all(|pair| pair[0] == pair[1]));
}

#[tokio::test]
async fn nothing_is_hashed_behind_a_hole_or_without_its_predecessor() {
    let mut log = TestLog::open().await;
    log.fill(70).await;
    log.loosen().await;
    log.run("begin").await;
    log.run("delete from events where position = 65").await;
    let mut frontier = Frontier::default();
    // Within the transaction of the test, the follower's own is a savepoint of it.
    let refused = extend(&mut log.owner, &mut frontier, 100).await.unwrap_err();
    assert!(
        matches!(
            refused,
            AuditError::Hole {
                expected: 65,
                found: 66
            }
        ),
        "{refused:?}"
    );
    log.run("rollback").await;
    log.run("update events set sequence = 9 where position = 61")
        .await;
    let refused = extend(&mut log.owner, &mut frontier, 100).await.unwrap_err();
    assert!(
        matches!(
            refused,
            AuditError::NoPredecessor {
                position: 61,
                sequence: 9
            }
        ),
        "{refused:?}"
    );
}

/// The primary key is gone, and a number of a stream there twice: what decisions take for it nobody knows.
#[tokio::test]
async fn nothing_is_hashed_from_a_number_that_stands_twice() {
    let mut log = TestLog::open().await;
    log.signed_until(62).await;
    log.loosen().await;
    log.run(
        "insert into events select aggregate_type, aggregate_id, sequence, event_type, event_version, '{}', metadata, 63, shard, \
         partition_key, recorded_at, null from events where position = 61",
    )
    .await;
    let refused = extend(&mut log.owner, &mut log.frontier, 100).await.unwrap_err();
    assert!(
        matches!(
            refused,
            AuditError::Twice {
                position: 63,
                sequence: 2,
                other: 61
            }
        ),
        "{refused:?}"
    );
}

/// `tot audit head` beside the follower: each may have hashed less than the other has signed.
#[tokio::test]
async fn whoever_is_behind_a_signed_head_is_given_that_one() {
    let mut log = TestLog::open().await;
    log.signed_until(10).await;
    let behind = log.frontier.clone();
    let larger = log.signed_until(25).await;
    let log_id = log.log_id().await;
    let given = heads::sign(&mut log.owner, &log.key, log_id, &behind, 1).await;
    assert_eq!(given.unwrap(), larger);
    assert_eq!(log.head_sizes().await, [10, 25]);
    let mut other = Frontier::default();
    (0..10).for_each(|_| other.append(Hash::ZERO, |_, _| ()));
    let refused = heads::sign(&mut log.owner, &log.key, log_id, &other, 1).await;
    assert!(
        matches!(
            refused,
            Err(AuditError::Forked {
                signed: 25,
                size: 10,
                ..
            })
        ),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_tree_that_does_not_follow_from_the_last_head_is_never_signed() {
    let mut log = TestLog::open().await;
    log.signed_until(80).await;
    log.loosen().await;
    log.run("update events set payload = '{}' where position = 70")
        .await;
    log.run("truncate notary_leaves, notary_nodes").await;
    log.frontier = Frontier::default();
    log.fill(90).await;
    log.hash(50).await;
    let log_id = log.log_id().await;
    let refused = heads::sign(&mut log.owner, &log.key, log_id, &log.frontier, 1).await;
    assert!(
        matches!(
            refused,
            Err(AuditError::Forked {
                signed: 80,
                size: 90,
                ..
            })
        ),
        "{refused:?}"
    );
}

#[tokio::test]
async fn the_status_tells_how_far_it_has_come() {
    let mut log = TestLog::open().await;
    let pool = PgPoolOptions::new()
        .connect(log.database.app_url())
        .await
        .unwrap();
    let before = status(&pool).await.unwrap();
    assert_eq!((before.head, before.hashed, before.signed), (0, 0, None));
    log.signed_until(10).await;
    log.fill(12).await;
    let after = status(&pool).await.unwrap();
    assert_eq!((after.head, after.hashed, after.signed), (12, 10, Some(10)));
    pool.close().await;
}

#[tokio::test]
async fn facts_wait_behind_a_hole_as_anywhere() {
    let mut log = TestLog::open().await;
    let pool = PgPoolOptions::new()
        .connect(log.database.app_url())
        .await
        .unwrap();
    log.signed_until(10).await;
    log.fill(12).await;
    log.loosen().await;
    log.run("delete from events where position = 11").await;
    log.run("update events set recorded_at = clock_timestamp() - interval '1 hour' where position = 12")
        .await;
    let status = status(&pool).await.unwrap();
    assert!(
        status.unhashed_ms >= 3_600_000 && status.unsigned_ms >= 3_600_000,
        "{status:?}"
    );
    assert!(
        status
            .judge(Duration::from_secs(60))
            .unwrap_err()
            .starts_with("behind: 10 of 12")
    );
    pool.close().await;
}

#[tokio::test]
async fn the_application_adds_to_what_the_notary_wrote_and_changes_none_of_it() {
    let mut log = TestLog::open().await;
    log.signed_until(10).await;
    let pool = PgPoolOptions::new()
        .connect(log.database.app_url())
        .await
        .unwrap();
    for (table, column) in [
        ("notary_leaves", "first_position"),
        ("notary_nodes", "level"),
        ("notary_heads", "time_us"),
    ] {
        for statement in [
            format!("delete from {table}"),
            format!("truncate {table}"),
            format!("update {table} set {column} = {column}"),
        ] {
            let refused = sqlx::query(&statement).execute(&pool).await;
            assert!(refused.is_err(), "{statement}");
            // The trigger refuses whoever may.
            let refused = sqlx::query(&statement).execute(&mut log.owner).await;
            assert!(refused.is_err(), "{statement}");
        }
    }
    pool.close().await;
}

/// By steps: whoever leads signs what is new once, however often it looks, and an interval apart.
#[tokio::test]
async fn nothing_is_signed_when_nothing_has_changed_or_the_interval_is_not_over() {
    let mut log = TestLog::open().await;
    log.fill(10).await;
    let follower = async |log: &TestLog, interval| {
        let signer = Signer {
            key: Some(PrivateKey::from_seed(&[1; 32])),
            witnesses: Vec::new(),
        };
        let options = FollowerOptions { interval, ..eager() };
        Follower::new(events(log).await, signer, options)
    };
    let mut leader = follower(&log, Duration::ZERO).await;
    let mut other = follower(&log, Duration::ZERO).await;
    for hashed in [7, 3, 0, 0, 0] {
        assert_eq!(leader.step().await.unwrap(), FollowerStep::Hashed(hashed));
        assert_eq!(other.step().await.unwrap(), FollowerStep::Follows);
    }
    assert_eq!(log.head_sizes().await, [10]);
    drop(leader);
    let mut patient = follower(&log, Duration::from_secs(3_600)).await;
    while patient.step().await.unwrap() == FollowerStep::Follows {}
    for (until, sizes) in [(12, [10, 12]), (14, [10, 12])] {
        log.fill(until).await;
        assert_eq!(patient.step().await.unwrap(), FollowerStep::Hashed(2));
        assert_eq!(log.head_sizes().await, sizes);
    }
}

pub async fn events(log: &TestLog) -> EventLog {
    let options = LogOptions::new(log.database.app_url(), |_, _, _| true);
    EventLog::open(options).await.unwrap()
}

/// Two processes follow; whoever leads is stopped in the middle.
#[tokio::test]
async fn one_of_two_processes_leads_signs_once_for_what_is_new_and_is_followed_by_the_other() {
    let mut log = TestLog::open().await;
    let shown = Arc::new(Shown::default());
    let follow = async |log: &TestLog| {
        let signer = Signer {
            key: Some(PrivateKey::from_seed(&[1; 32])),
            witnesses: vec![Arc::<Shown>::clone(&shown)],
        };
        let stop = CancellationToken::new();
        let running = Follower::new(events(log).await, signer, eager()).run(stop.clone());
        (stop, running)
    };
    let (stop_one, one) = follow(&log).await;
    let (stop_other, other) = follow(&log).await;
    let leads = async {
        log.fill(10).await;
        shown.until(10).await;
        log.fill(20).await;
        shown.until(20).await;
        stop_one.cancel();
        log.fill(30).await;
        shown.until(30).await;
        stop_other.cancel();
        log
    };
    let (mut log, (), ()) = tokio::join!(leads, one, other);
    let sizes = log.head_sizes().await;
    assert!(
        sizes.is_sorted_by(|before, after| before < after),
        "one head for what is new: {sizes:?}"
    );
    let (_, report) = log.verify().await;
    assert!(report.is_clean(), "{report:?}");
}

/// Waits for nothing longer than a test can.
pub fn eager() -> FollowerOptions {
    let moment = Duration::from_millis(5);
    FollowerOptions {
        interval: moment,
        linger: Duration::ZERO,
        poll: moment,
        follow: moment,
        pause: moment,
        batch_max: 7,
    }
}

/// A witness in memory that tells what it was shown.
#[derive(Default)]
pub struct Shown(watch::Sender<Option<SignedTreeHead>>);

impl Shown {
    pub async fn until(&self, size: u64) {
        let there =
            |head: &Option<SignedTreeHead>| head.is_some_and(|head| head.unverified().tree_size == size);
        let mut heads = self.0.subscribe();
        let shown = tokio::time::timeout(Duration::from_secs(60), heads.wait_for(there)).await;
        shown.unwrap().unwrap();
    }
}

impl WitnessPort for Shown {
    fn name(&self) -> String {
        "memory".to_owned()
    }

    fn last_seen(&self, _: Uuid) -> BoxFuture<'_, Result<Option<SignedTreeHead>, WitnessError>> {
        let seen = *self.0.borrow();
        Box::pin(async move { Ok(seen) })
    }

    fn observe<'a>(
        &'a self,
        head: &'a SignedTreeHead,
        _: &'a [Hash],
    ) -> BoxFuture<'a, Result<Acceptance, WitnessError>> {
        self.0.send_replace(Some(*head));
        Box::pin(async { Ok(Acceptance::Grown) })
    }
}
