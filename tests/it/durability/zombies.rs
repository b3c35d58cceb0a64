//! Processes that were thought dead and come back: a relay and a worker, each with its successor already at work.

use kit::database;
use kit::load::Load;
use kit::platform::Platform;
use kit::wait::until;
use sqlx::PgPool;

/// The advisory lock of the leading relay.
const LEADER_LOCK: i64 = 7_245_302;

#[tokio::test]
async fn kill_no_zombie_relay_reorders_or_repeats() {
    let platform = Platform::start_split().await;
    let second = platform.spawn("relay").await;
    let admin = platform.admin().await;
    let superuser = database::pool(&platform.superuser_url()).await;
    let load = Load::start(&platform, &admin, 4).await;
    for round in 0..4 {
        load.goes_on(25).await;
        let leader = leader(&superuser).await;
        // Which of the two leads is not known: both stop in their tracks, one of them in the middle of publishing.
        for relay in [platform.process("relay"), &second] {
            relay.pause().await;
        }
        load.goes_on(25).await;
        let ended: bool = sqlx::query_scalar("select pg_terminate_backend($1)")
            .bind(leader)
            .fetch_one(&superuser)
            .await
            .unwrap();
        assert!(ended);
        // One wakes up and takes over; then the other wakes up and believes that nothing happened.
        let (first_up, last_up) = if round % 2 == 0 {
            (platform.process("relay"), &second)
        } else {
            (&second, platform.process("relay"))
        };
        first_up.resume().await;
        until_other_leader(&superuser, leader).await;
        load.goes_on(25).await;
        last_up.resume().await;
    }
    load.goes_on(25).await;
    load.end(&platform).await;
    second.stop().await;
    platform.rebuilt_equals_live().await;
    superuser.close().await;
    platform.finish().await;
}

async fn leader(superuser: &PgPool) -> i32 {
    until("a relay to lead", || async { leader_now(superuser).await }).await
}

async fn leader_now(superuser: &PgPool) -> Option<i32> {
    // A bigint key stands in the lock table in two halves.
    sqlx::query_scalar(
        "select l.pid from pg_locks l where l.locktype = 'advisory' and l.granted and l.objsubid = 1
         and l.database = (select oid from pg_database where datname = current_database())
         and (l.classid::bigint << 32 | l.objid::bigint) = $1",
    )
    .bind(LEADER_LOCK)
    .fetch_optional(superuser)
    .await
    .unwrap()
}

async fn until_other_leader(superuser: &PgPool, before: i32) {
    until("the other relay to lead", || async {
        leader_now(superuser).await.filter(|now| *now != before)
    })
    .await;
}

#[tokio::test]
async fn kill_no_zombie_worker_applies_anything_twice() {
    let platform = Platform::start_split().await;
    let second = platform.spawn("workers").await;
    let admin = platform.admin().await;
    let pool = platform.pool().await;
    let load = Load::start(&platform, &admin, 4).await;
    for zombie in [platform.process("workers"), &second] {
        load.goes_on(25).await;
        until("both workers to hold shards", || async {
            (owners(&pool).await >= 2).then_some(())
        })
        .await;
        zombie.pause().await;
        let fences = fences(&pool).await;
        // Its leases run out, its successor takes all shards under new fences.
        until("the other worker to take over", || async {
            (owners(&pool).await == 1 && self::fences(&pool).await > fences).then_some(())
        })
        .await;
        load.goes_on(25).await;
        zombie.resume().await;
        load.goes_on(25).await;
    }
    load.end(&platform).await;
    second.stop().await;
    platform.rebuilt_equals_live().await;
    pool.close().await;
    platform.finish().await;
}

/// How many workers hold shards of the model with the most facts, under leases that have not run out.
async fn owners(pool: &PgPool) -> i64 {
    sqlx::query_scalar(
        "select count(distinct c.owner) from checkpoints c
         join consumer_workers w on (w.consumer, w.generation, w.owner) = (c.consumer, c.generation, c.owner)
         where c.consumer = 'bookings' and w.alive_until > clock_timestamp()",
    )
    .fetch_one(pool)
    .await
    .unwrap()
}

async fn fences(pool: &PgPool) -> i64 {
    sqlx::query_scalar("select sum(fence)::bigint from checkpoints where consumer = 'bookings'")
        .fetch_one(pool)
        .await
        .unwrap()
}
