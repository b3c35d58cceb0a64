//! What operators and metrics see of the fan-out.

use event_store::lag::{Meter, ShardLag, set_gauges};

use event_store::generations::{Flip, Rebuild, RebuildOptions};
use tokio_util::sync::CancellationToken;

use crate::kit::{TestLog, drain, keys};

/// The toy's shards; the platform's own read models are there too.
async fn sample(fixture: &TestLog, meter: &mut Meter) -> Vec<ShardLag> {
    let mut lags = meter.sample(fixture.log.pool()).await.unwrap();
    lags.retain(|lag| lag.consumer == "toy");
    lags
}

#[tokio::test]
async fn lag_shows_every_shard_with_what_it_misses() {
    let fixture = TestLog::open().await;
    let mut worker = fixture.worker();
    drain(&mut worker).await;
    fixture.append(&keys(40, 400)).await;
    let mut meter = Meter::default();
    let before = sample(&fixture, &mut meter).await;
    assert_eq!(before.len(), 32);
    assert_eq!(before.iter().map(|lag| lag.behind).sum::<i64>(), 400);
    assert!(
        before
            .iter()
            .all(|lag| lag.live && lag.held && lag.per_second == 0)
    );
    assert!(
        before
            .iter()
            .any(|lag| lag.waiting_ms >= 0 && lag.head > lag.position)
    );
    drain(&mut worker).await;
    let after = sample(&fixture, &mut meter).await;
    assert!(after.iter().all(|lag| lag.behind == 0 && lag.waiting_ms == 0));
    assert_eq!(after.iter().map(|lag| lag.applied).sum::<i64>(), 400);
    set_gauges(fixture.log.pool()).await.unwrap();
}

#[tokio::test]
async fn nobody_counts_what_a_retired_generation_misses() {
    let fixture = TestLog::open().await;
    let mut worker = fixture.worker();
    fixture.append(&keys(40, 200)).await;
    drain(&mut worker).await;
    let consumer = std::sync::Arc::clone(&fixture.toy) as std::sync::Arc<dyn event_store::Consumer>;
    let rebuild = Rebuild::begin(fixture.log.clone(), consumer, RebuildOptions::default())
        .await
        .unwrap();
    let behind = |lags: &[ShardLag], generation| {
        let of_generation = lags.iter().filter(|lag| lag.generation == generation);
        of_generation.map(|lag| lag.behind).sum::<i64>()
    };
    let lags = sample(&fixture, &mut Meter::default()).await;
    assert_eq!(
        (behind(&lags, 1), behind(&lags, 2)),
        (0, 200),
        "a rebuild has this to do"
    );
    let stop = CancellationToken::new();
    assert_eq!(
        rebuild.finish(false, &stop).await.unwrap(),
        Flip::Done { retired: Some(1) }
    );
    drain(&mut worker).await;
    fixture.append(&keys(40, 400)).await;
    let lags = sample(&fixture, &mut Meter::default()).await;
    assert_eq!((behind(&lags, 1), behind(&lags, 2)), (0, 400));
    let retired: Vec<_> = lags.iter().filter(|lag| lag.generation == 1).collect();
    assert_eq!(retired.len(), 32);
    assert!(retired.iter().all(|lag| lag.waiting_ms == 0 && !lag.live));
}
