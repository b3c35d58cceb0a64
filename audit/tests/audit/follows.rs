//! The follower: hashes in batches of any size alike, goes on where another stopped, and signs no second past.

use audit::{AuditError, extend, heads, status};
use notary::{Frontier, Hash};
use sqlx::postgres::PgPoolOptions;

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
