//! Who slept while another took over does no harm when it wakes.

use std::sync::atomic::Ordering;

use event_store::{RelayStep, lag};

use crate::kit::{TestLog, carry, drain, keys, leave, options, sleepy};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_that_lost_its_leadership_moves_nothing_back() {
    let fixture = TestLog::open().await;
    let mut worker = fixture.worker_with(Some(fixture.bus().await), options());
    drain(&mut worker).await;
    drain(&mut worker).await;
    let (mut zombie, mut leader) = (fixture.relay().await, fixture.relay().await);
    fixture.append(&keys(20, 100)).await;
    assert_eq!(carry(&mut zombie).await, 100);
    assert_eq!(leader.step().await.unwrap(), RelayStep::Follows);

    // The server drops the sleeper's connection, and with it the leadership.
    fixture
        .run_sql_as_application(
            "select pg_terminate_backend(l.pid) from pg_locks l join pg_database d on d.oid = l.database
             where l.locktype = 'advisory' and l.objid = 7245302 and d.datname = current_database()",
        )
        .await;
    fixture.append(&keys(20, 100)).await;
    crate::kit::until("the other leads", async || {
        leader.step().await.unwrap() != RelayStep::Follows
    })
    .await;
    carry(&mut leader).await;
    assert_eq!(lag::relay(fixture.log.pool()).await.unwrap(), (200, 200));

    // It publishes what it believes to be new, and finds out that it cannot move the mark.
    assert!(zombie.step().await.is_err());
    assert_eq!(zombie.step().await.unwrap(), RelayStep::Follows);
    assert_eq!(lag::relay(fixture.log.pool()).await.unwrap(), (200, 200));
    fixture.append(&keys(20, 100)).await;
    carry(&mut leader).await;
    drain(&mut worker).await;
    fixture.assert_right().await;
}

#[tokio::test]
async fn a_worker_whose_leases_were_taken_cannot_commit() {
    let fixture = TestLog::open().await;
    let (mut zombie, mut heir) = (fixture.worker_with(None, sleepy()), fixture.worker());
    fixture.append(&keys(40, 400)).await;
    assert_eq!(drain(&mut zombie).await.held, 32);
    assert_eq!(drain(&mut heir).await.held, 0, "all is taken");

    // The sleeper's leases run out and the other takes them; then both see the same new facts.
    fixture.expire_leases().await;
    assert_eq!(drain(&mut heir).await.held, 32);
    fixture.append(&keys(40, 400)).await;
    let step = zombie.step().await.unwrap();
    assert_eq!(
        (step.applied, step.from_log),
        (0, 400),
        "it read them, and could not commit"
    );
    assert_eq!(zombie.counters().lost.load(Ordering::Relaxed), 1);
    assert_eq!(drain(&mut heir).await.applied, 400);
    fixture.assert_right().await;

    // Even when the other has moved on and the sleeper holds the very next facts.
    fixture.append(&keys(40, 100)).await;
    drain(&mut zombie).await;
    drain(&mut heir).await;
    drain(&mut zombie).await;
    leave(zombie).await;
    drain(&mut heir).await;
    drain(&mut heir).await;
    fixture.assert_right().await;
}

#[tokio::test]
async fn shards_of_a_worker_whose_session_has_ended_are_taken_at_once() {
    let fixture = TestLog::open().await;
    let (mut killed, mut heir) = (fixture.worker_with(None, sleepy()), fixture.worker());
    fixture.append(&keys(40, 400)).await;
    assert_eq!(drain(&mut killed).await.held, 32);
    assert_eq!(drain(&mut heir).await.held, 0, "who sleeps keeps what it holds");
    // As `kill -9` ends it: nobody gives anything back, and the lease has an hour to go.
    drop(killed);
    crate::kit::until("the heir has all", async || drain(&mut heir).await.held == 32).await;
    fixture.append(&keys(40, 100)).await;
    drain(&mut heir).await;
    fixture.assert_right().await;
}

#[tokio::test]
async fn a_worker_that_lost_its_connection_comes_back_to_what_it_held() {
    let fixture = TestLog::open().await;
    let (mut worker, mut other) = (
        fixture.worker_with(None, sleepy()),
        fixture.worker_with(None, sleepy()),
    );
    fixture.append(&keys(40, 400)).await;
    assert_eq!(drain(&mut worker).await.held, 32);
    fixture.end_sessions_of_workers().await;
    fixture.append(&keys(40, 100)).await;
    assert!(worker.step().await.is_err(), "its connection is gone");
    crate::kit::until("it goes on", async || {
        worker.step().await.is_ok_and(|step| step.held == 32)
    })
    .await;
    assert_eq!(drain(&mut other).await.held, 0, "its new session is known");
    drain(&mut worker).await;
    fixture.assert_right().await;
}

#[tokio::test]
async fn a_worker_that_lost_some_shards_goes_on_with_the_rest() {
    let fixture = TestLog::open().await;
    let mut worker = fixture.worker_with(None, sleepy());
    drain(&mut worker).await;
    fixture.append(&keys(400, 800)).await;
    // Another worker took them, lives, and wants no more.
    let mut another = fixture.owner().await;
    sqlx::query("select pg_advisory_lock(worker_lock('00000000-0000-4000-8000-000000000001'))")
        .execute(&mut another)
        .await
        .unwrap();
    fixture
        .run_sql(
            "insert into consumer_workers (consumer, generation, owner, alive_until, steps_aside)
             select distinct consumer, generation, '00000000-0000-4000-8000-000000000001'::uuid,
                    now() + interval '1 hour', true
             from checkpoints where consumer = 'toy';
             update checkpoints set fence = fence + 1, owner = '00000000-0000-4000-8000-000000000001'
             where consumer = 'toy' and shard < 10",
        )
        .await;
    assert_eq!(worker.step().await.unwrap().applied, 0);
    drain(&mut worker).await;
    assert_eq!(worker.counters().lost.load(Ordering::Relaxed), 1);
    let done: Vec<(bool, bool)> = sqlx::query_as(
        "select c.shard < 10, c.position = (select max(position) from events e where e.shard = c.shard)
         from current_checkpoints c where c.consumer = 'toy'",
    )
    .fetch_all(fixture.log.pool())
    .await
    .unwrap();
    assert!(done.into_iter().all(|(lost, up_to_date)| lost != up_to_date));
}

#[tokio::test]
async fn workers_share_the_shards_fairly() {
    let fixture = TestLog::open().await;
    let mut workers = [fixture.worker(), fixture.worker(), fixture.worker()];
    for _ in 0..4 {
        for worker in &mut workers {
            drain(worker).await;
        }
    }
    let mut held = vec![];
    for worker in &mut workers {
        held.push(drain(worker).await.held);
    }
    held.sort_unstable();
    assert_eq!(held, [10, 11, 11]);

    fixture.append(&keys(100, 1_000)).await;
    for worker in &mut workers {
        assert!(drain(worker).await.applied > 0);
    }
    fixture.assert_right().await;

    // Two leave, the last one takes all.
    let [last, second, third] = workers;
    leave(second).await;
    leave(third).await;
    let mut last = last;
    drain(&mut last).await;
    assert_eq!(drain(&mut last).await.held, 32);
}

#[tokio::test]
async fn a_lost_connection_costs_nothing_but_a_turn() {
    let fixture = TestLog::open().await;
    let mut worker = fixture.worker();
    fixture.append(&keys(30, 300)).await;
    drain(&mut worker).await;
    fixture.append(&keys(30, 300)).await;
    fixture
        .run_sql_as_application(
            "select pg_terminate_backend(pid) from pg_stat_activity
             where datname = current_database() and pid <> pg_backend_pid() and usename = current_user",
        )
        .await;
    assert!(worker.step().await.is_err());
    crate::kit::until("the worker is back", async || worker.step().await.is_ok()).await;
    drain(&mut worker).await;
    fixture.assert_right().await;
}
