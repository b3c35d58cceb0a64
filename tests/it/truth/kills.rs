//! Kill -9 of everything, at any moment, under load: twenty-four times.

use kit::load::Load;
use kit::platform::Platform;
use kit::wait::until;

/// Patients who go on through all of it.
const PATIENTS: usize = 6;
/// Acknowledged commands before each kill: enough to be in the middle of something.
const BETWEEN: u64 = 25;

#[tokio::test]
async fn kill_nine_of_the_api_loses_nothing_and_repeats_nothing() {
    let mut platform = Platform::start_split().await;
    let admin = platform.admin().await;
    let load = Load::start(&platform, &admin, PATIENTS).await;
    for _ in 0..8 {
        load.goes_on(BETWEEN).await;
        platform.kill_and_restart("api").await;
    }
    load.goes_on(BETWEEN).await;
    let ended = load.end(&platform).await;
    assert!(ended.repeats >= 8, "every kill was felt: {ended:?}");
    platform.rebuilt_equals_live().await;
    platform.finish().await;
}

#[tokio::test]
async fn kill_nine_of_relay_workers_and_intents_loses_nothing_and_repeats_nothing() {
    let mut platform = Platform::start_split().await;
    let admin = platform.admin().await;
    let load = Load::start(&platform, &admin, PATIENTS).await;
    for round in 0..3 {
        for role in ["relay", "workers", "intents"] {
            load.goes_on(BETWEEN).await;
            platform.take(role).kill().await;
            // Commands never wait for what stands behind them.
            load.goes_on(BETWEEN * (round % 2)).await;
            platform.serve(role).await;
        }
    }
    load.goes_on(BETWEEN).await;
    load.end(&platform).await;
    platform.rebuilt_equals_live().await;
    platform.finish().await;
}

#[tokio::test]
async fn kill_nine_of_postgres_and_nats_loses_nothing_and_repeats_nothing() {
    let platform = Platform::start_split().await;
    let stack = platform.stack();
    let admin = platform.admin().await;
    let load = Load::start(&platform, &admin, PATIENTS).await;
    for _ in 0..4 {
        for server in [stack.postgres(), stack.nats()] {
            load.goes_on(BETWEEN).await;
            server.kill().unwrap();
            if std::ptr::eq(server, stack.postgres()) {
                // Short outages are bridged inside; this one lasts until somebody outside feels it.
                until("the outage to be felt", || async {
                    (admin.client.get("/admin/events").await.status == 503).then_some(())
                })
                .await;
            }
            server.restart().await.unwrap();
        }
    }
    load.goes_on(BETWEEN).await;
    load.end(&platform).await;
    platform.rebuilt_equals_live().await;
    platform.finish().await;
}
