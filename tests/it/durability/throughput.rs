//! One idle snapshot, held open elsewhere, does not slow the platform down.

use std::time::{Duration, Instant};

use futures::future::join_all;
use kit::client::Client;
use kit::database;
use kit::platform::Platform;
use kit::scene::Scene;
use sqlx::Connection;

/// How long each measurement lasts.
const SPAN: Duration = Duration::from_millis(1_500);
/// How many ask at the same time.
const CLIENTS: usize = 16;
/// A log with a head row, say, is slowed three to six times; a busy machine alone does not do that.
const SLOWED_AT_MOST: f64 = 1.6;

#[tokio::test]
async fn alone_an_idle_snapshot_does_not_slow_commands_down() {
    let platform = Platform::start_split().await;
    let patient = platform.patient().await;
    let other = sqlx::PgConnection::connect(platform.app_url()).await;
    let mut other = other.unwrap();
    rate(&patient.client).await;
    let (mut free, mut beside) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        free.push(rate(&patient.client).await);
        let mut snapshot = other
            .begin_with("begin isolation level repeatable read")
            .await
            .unwrap();
        sqlx::query("select count(*) from events")
            .execute(&mut *snapshot)
            .await
            .unwrap();
        // It grows old while others write.
        rate(&patient.client).await;
        beside.push(rate(&patient.client).await);
        snapshot.rollback().await.unwrap();
    }
    let (free, beside) = (median(free), median(beside));
    assert!(
        free / beside < SLOWED_AT_MOST,
        "{free:.0} a second alone, {beside:.0} beside an idle snapshot"
    );
    let pool = platform.pool().await;
    database::drained(&pool).await;
    pool.close().await;
    platform.finish().await;
}

/// Bookings a second.
async fn rate(client: &Client) -> f64 {
    let begun = Instant::now();
    let ask = || async {
        let mut done = 0_u32;
        while begun.elapsed() < SPAN {
            client.post("/bookings", Scene::urgent()).await.expect(200);
            done += 1;
        }
        done
    };
    let done: u32 = join_all((0..CLIENTS).map(|_| ask())).await.into_iter().sum();
    f64::from(done) / begun.elapsed().as_secs_f64()
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}
