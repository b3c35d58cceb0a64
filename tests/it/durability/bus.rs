//! NATS may lose, forget or be away: commands go on and read models come out exact.

use async_nats::jetstream;
use futures::TryStreamExt;
use kit::database;
use kit::load::Load;
use kit::markers::nats;
use kit::platform::Platform;
use kit::wait::until;
use sqlx::PgPool;

#[tokio::test]
async fn kill_by_purge_and_deletion_of_the_stream_converges_to_equality() {
    let platform = Platform::start_split().await;
    let admin = platform.admin().await;
    let load = Load::start(&platform, &admin, 4).await;
    let jetstream = jetstream::new(nats(platform.nats_url()).await);
    for round in 0..3 {
        load.goes_on(30).await;
        let name = carries_again(&jetstream).await;
        if round % 2 == 0 {
            jetstream.get_stream(&name).await.unwrap().purge().await.unwrap();
        }
        load.goes_on(30).await;
        jetstream.delete_stream(&name).await.unwrap();
    }
    load.goes_on(30).await;
    carries_again(&jetstream).await;
    load.end(&platform).await;
    platform.rebuilt_equals_live().await;
    platform.finish().await;
}

/// Waits until the log's stream is there with facts in it; answers its name.
async fn carries_again(jetstream: &jetstream::Context) -> String {
    until("JetStream to carry facts", || async {
        let names: Vec<String> = jetstream.stream_names().try_collect().await.unwrap();
        let name = names.first()?.clone();
        let mut stream = jetstream.get_stream(&name).await.ok()?;
        (stream.info().await.ok()?.state.messages > 0).then_some(name)
    })
    .await
}

#[tokio::test]
async fn kill_of_nats_for_long_delays_and_loses_nothing() {
    let mut platform = Platform::prepare_private().await;
    let metrics = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    for role in ["api", "workers", "intents"] {
        platform.serve(role).await;
    }
    platform.set("TOT_METRICS_LISTEN", &metrics.to_string());
    platform.serve("relay").await;
    let admin = platform.admin().await;
    let pool = platform.pool().await;
    let load = Load::start(&platform, &admin, 4).await;
    load.goes_on(40).await;

    let stack = platform.stack();
    stack.nats().kill().unwrap();
    load.goes_on(400).await;
    let ready = platform.anonymous().fetch("/readyz").await;
    assert_eq!(ready.status, 200, "NATS is missed, not needed: {}", ready.text);
    let nats = ready.body["checks"]
        .as_array()
        .unwrap()
        .iter()
        .find(|check| check["name"] == "nats")
        .unwrap();
    assert_eq!(nats["ok"], false, "{}", ready.text);
    assert!(relay_lag(&pool).await > 200, "nothing was carried");
    let operator = kit::client::Client::anonymous(&format!("http://{metrics}"));
    until("the lag to be shown", || async {
        let shown = operator.fetch("/metrics").await.text;
        let lag = shown
            .lines()
            .find_map(|line| line.strip_prefix("tot_relay_lag_facts "))?;
        (lag.parse::<f64>().unwrap() > 200.0).then_some(())
    })
    .await;
    // What stands behind commands goes on too: a booking is secured by a process, read from the log.
    let secured = "select count(*) from events where event_type = 'BookingSecured'";
    let before: i64 = sqlx::query_scalar(secured).fetch_one(&pool).await.unwrap();
    until("processes to go on without NATS", || async {
        let now: i64 = sqlx::query_scalar(secured).fetch_one(&pool).await.unwrap();
        (now > before + 5).then_some(())
    })
    .await;

    stack.nats().restart().await.unwrap();
    load.goes_on(40).await;
    load.end(&platform).await;
    until("the relay to catch up", || async {
        (relay_lag(&pool).await == 0).then_some(())
    })
    .await;
    platform.rebuilt_equals_live().await;
    platform.finish().await;
}

async fn relay_lag(pool: &PgPool) -> i64 {
    let mark: i64 = sqlx::query_scalar("select position from relay_mark")
        .fetch_one(pool)
        .await
        .unwrap();
    database::head(pool).await - mark
}
