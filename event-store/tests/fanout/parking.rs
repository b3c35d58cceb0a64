//! A fact nobody can apply stops its own partition key and nothing else; one that needs newer code stops nothing.

use std::sync::Arc;
use std::time::Duration;

use event_store::{Consumer, Worker, WorkerOptions, parking, shard_of};

use crate::kit::{TestLog, drain, keys, options};
use crate::toy::{Rows, Toy, expected, rows};

/// What the toy should show while `key` waits from its `nth` fact on.
async fn expected_without(fixture: &TestLog, key: &str, shown: i64) -> Rows {
    let mut right = expected(fixture.log.pool()).await;
    if shown == 0 {
        right.remove(key);
    } else {
        right.get_mut(key).unwrap().0 = shown;
    }
    right
}

#[tokio::test]
async fn poison_parks_its_key_alone_and_unparking_applies_the_rest_in_order() {
    let fixture = TestLog::open().await;
    let mut worker = fixture.worker();
    fixture.append(&keys(10, 100)).await;
    // Positions of k3: 4, 14, 24, …
    fixture.toy.choke_on(24);
    drain(&mut worker).await;
    let parked = parking::list(fixture.log.pool(), Some("toy")).await.unwrap();
    assert_eq!(parked.len(), 1);
    assert_eq!(
        (parked[0].partition_key.as_str(), parked[0].from_position),
        ("k3", 24)
    );
    assert!(parked[0].reason.contains("chokes"));

    fixture.append(&keys(10, 100)).await;
    drain(&mut worker).await;
    let mut shown = rows(fixture.log.pool(), 1).await;
    let right = expected(fixture.log.pool()).await;
    assert_eq!(
        shown.remove("k3").unwrap().0,
        2,
        "only what came before the poison"
    );
    assert!(
        shown.iter().all(|(key, row)| right[key] == *row),
        "all others went on"
    );
    assert_eq!(shown.len(), 9);

    // In vain first: it stays parked, with the request answered.
    assert_eq!(
        parking::unpark(fixture.log.pool(), "toy", Some("k3"))
            .await
            .unwrap(),
        1
    );
    drain(&mut worker).await;
    let parked = parking::list(fixture.log.pool(), None).await.unwrap();
    assert_eq!((parked.len(), parked[0].unpark_requested), (1, false));

    fixture.toy.recover();
    parking::unpark(fixture.log.pool(), "toy", None).await.unwrap();
    fixture.append(&keys(10, 100)).await;
    drain(&mut worker).await;
    assert_eq!(parking::list(fixture.log.pool(), None).await.unwrap(), []);
    fixture.assert_right().await;
}

#[tokio::test]
async fn a_parked_key_stays_parked_for_the_next_worker() {
    let fixture = TestLog::open().await;
    let mut first = fixture.worker();
    fixture.append(&keys(4, 8)).await;
    fixture.toy.choke_on(1);
    drain(&mut first).await;
    let stop = tokio_util::sync::CancellationToken::new();
    stop.cancel();
    first.run(stop).await;

    fixture.toy.recover();
    fixture.append(&keys(4, 8)).await;
    let mut second = fixture.worker();
    drain(&mut second).await;
    assert!(
        !rows(fixture.log.pool(), 1).await.contains_key("k0"),
        "its later facts wait behind it"
    );
    parking::unpark(fixture.log.pool(), "toy", Some("k0"))
        .await
        .unwrap();
    drain(&mut second).await;
    fixture.assert_right().await;
}

#[tokio::test]
async fn data_the_database_refuses_is_found_and_parked() {
    let fixture = TestLog::open().await;
    let mut worker = fixture.worker();
    let mut mixed = keys(20, 60);
    mixed.insert(31, "refused".to_owned());
    mixed.insert(45, "refused".to_owned());
    fixture.append(&mixed).await;
    drain(&mut worker).await;
    let parked = parking::list(fixture.log.pool(), None).await.unwrap();
    assert_eq!(parked.len(), 1);
    assert_eq!(
        (parked[0].partition_key.as_str(), parked[0].from_position),
        ("refused", 32)
    );
    assert_eq!(
        rows(fixture.log.pool(), 1).await,
        expected_without(&fixture, "refused", 0).await
    );
    fixture.append(&keys(20, 60)).await;
    drain(&mut worker).await;
    assert_eq!(
        rows(fixture.log.pool(), 1).await,
        expected_without(&fixture, "refused", 0).await
    );
}

#[tokio::test]
async fn a_fact_of_a_newer_version_parks_nothing_and_waits_for_newer_code() {
    let fixture = TestLog::open().await;
    let mut old = fixture.worker();
    fixture.append(&keys(50, 200)).await;
    fixture.append_version(&["k7"], 2).await;
    fixture.append(&keys(50, 200)).await;
    drain(&mut old).await;
    assert_eq!(parking::list(fixture.log.pool(), None).await.unwrap(), []);
    let (right, shown) = (
        expected(fixture.log.pool()).await,
        rows(fixture.log.pool(), 1).await,
    );
    assert_eq!(shown["k7"].0, 4, "all before the new one, nothing behind it");
    let shard = shard_of("k7");
    let elsewhere = |key: &&String| shard_of(key) != shard;
    assert!(
        right.keys().filter(elsewhere).all(|key| shown[key] == right[key]),
        "other shards went on"
    );

    let newer: Arc<dyn Consumer> = Arc::new(Toy {
        knows: 2,
        ..Toy::new()
    });
    let mut new = Worker::new(fixture.log.clone(), None, newer, options());
    for _ in 0..3 {
        drain(&mut new).await;
        drain(&mut old).await;
    }
    fixture.assert_right().await;
    assert_eq!(drain(&mut new).await.held, 32, "the old code stepped aside");
}

#[tokio::test]
async fn a_key_that_waited_long_is_unparked_piece_by_piece_by_its_own_facts_alone() {
    let fixture = TestLog::open().await;
    let options = WorkerOptions {
        // A turn at every step, and in each turn the least there is to do.
        renew: Duration::ZERO,
        unpark_max: 4,
        unpark_within: Duration::ZERO,
        ..options()
    };
    let mut worker = fixture.worker_with(None, options);
    // Ten facts of one key, each behind forty others of its shard; it chokes on the first.
    let neighbours: Vec<String> = (0..)
        .map(|number| format!("n{number}"))
        .filter(|key| shard_of(key) == shard_of("k3"))
        .take(40)
        .collect();
    let mut all = Vec::new();
    for _ in 0..10 {
        all.push("k3".to_owned());
        all.extend_from_slice(&neighbours);
    }
    fixture.append(&all).await;
    fixture.toy.choke_on(1);
    drain(&mut worker).await;
    fixture.toy.recover();
    parking::unpark(fixture.log.pool(), "toy", Some("k3"))
        .await
        .unwrap();
    for stands_from in [1 + 3 * 41 + 1, 1 + 7 * 41 + 1] {
        worker.step().await.unwrap();
        let parked = parking::list(fixture.log.pool(), Some("toy")).await.unwrap();
        assert_eq!(parked[0].from_position, stands_from, "four of its own facts");
        assert!(parked[0].unpark_requested, "it goes on by itself");
    }
    worker.step().await.unwrap();
    assert_eq!(parking::list(fixture.log.pool(), Some("toy")).await.unwrap(), []);
    drain(&mut worker).await;
    fixture.assert_right().await;
}
