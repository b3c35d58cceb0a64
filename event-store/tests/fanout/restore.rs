//! The database is restored to an earlier point while NATS keeps its stream: nothing of the lost past is applied.

use std::sync::Arc;

use event_store::{Bus, Consumer, Relay, RelayOptions, Worker};

use crate::kit::{TestLog, carry, drain, is_another_log, keys, message_keys, options, process_on};

/// Brings the database back to how it was after position 60, with a new identity, as the runbook's restore does.
const RESTORE: &str = "
    alter table events disable trigger all;
    delete from events where position > 60;
    alter table events enable trigger all;
    update relay_mark set position = 60;
    delete from toy;
    insert into toy select * from toy_then;
    update checkpoints c set position = t.position from checkpoints_then t
        where t.consumer = c.consumer and t.generation = c.generation and t.shard = c.shard;
    delete from worker_positions;
    insert into worker_positions select * from positions_then;
    select renew_log_identity();
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_database_never_meets_messages_of_its_lost_future() {
    let fixture = TestLog::open().await;
    let bus = fixture.bus().await;
    let mut relay = fixture.relay().await;
    let mut worker = fixture.worker_with(Some(bus), options());
    drain(&mut worker).await;
    fixture.append(&keys(12, 60)).await;
    carry(&mut relay).await;
    drain(&mut worker).await;
    fixture
        .run_sql(
            "create table toy_then as select * from toy;
             create table checkpoints_then as select * from checkpoints;
             create table positions_then as select * from worker_positions",
        )
        .await;
    fixture.append(&keys(12, 40)).await;
    carry(&mut relay).await;
    fixture.run_sql(RESTORE).await;

    // Whoever slept through it still has messages 61 to 100 at hand, which now are of another past.
    let worker_done = worker.step().await;
    assert!(is_another_log(&worker_done), "{worker_done:?}");
    assert!(is_another_log(&worker.step().await));

    // Started again, on the same NATS that keeps the old stream.
    let log = process_on(&fixture.database).await;
    assert_ne!(log.identity().token(), fixture.log.identity().token());
    let bus = Bus::connect(fixture.database.nats_url(), log.identity(), message_keys())
        .await
        .unwrap();
    crate::kit::until("the bus connects", async || bus.connected()).await;
    drop(relay);
    let mut relay = Relay::new(log.clone(), bus.clone(), RelayOptions::default());
    let toy = Arc::clone(&fixture.toy) as Arc<dyn Consumer>;
    let mut worker = Worker::new(log, Some(bus), toy, options());
    fixture.expire_leases().await;
    drain(&mut worker).await;
    let others: Vec<String> = keys(7, 30)
        .into_iter()
        .map(|key| format!("other-{key}"))
        .collect();
    fixture.append(&others).await;
    crate::kit::until("the relay leads", async || {
        relay.step().await.unwrap() != event_store::RelayStep::Follows
    })
    .await;
    carry(&mut relay).await;
    drain(&mut worker).await;
    drain(&mut worker).await;
    fixture.assert_right().await;
}
