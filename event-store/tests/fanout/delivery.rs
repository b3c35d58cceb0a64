//! NATS carries the facts; the log fills every hole.

use std::sync::atomic::Ordering;
use std::time::Duration;

use async_nats::{HeaderMap, jetstream};
use event_store::{
    Bus, BusOptions, EventLog, LogOptions, Relay, RelayOptions, RelayStep, Worker, WorkerOptions,
};
use futures::StreamExt;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use tokio_util::sync::CancellationToken;

use crate::kit::{Running, TestLog, carry, drain, keys, listen, message_keys, nats, options, until};

/// A worker that looks into the log only when told, so that what arrives came over NATS; its feed is open.
async fn listening(fixture: &TestLog, bus: Bus) -> Worker {
    let patient = WorkerOptions {
        compare: Duration::from_secs(3_600),
        lease: Duration::from_secs(3_600),
        ..options()
    };
    let mut worker = fixture.worker_with(Some(bus), patient);
    drain(&mut worker).await;
    drain(&mut worker).await;
    assert_eq!(worker.counters().opened.load(Ordering::Relaxed), 1);
    worker
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_carries_the_facts_to_the_workers() {
    let fixture = TestLog::open().await;
    let worker = listening(&fixture, fixture.bus().await).await;
    let counters = worker.counters();
    let mut running = Running::new();
    running.relay(fixture.relay().await);
    running.worker(worker);
    for _ in 0..20 {
        fixture.append(&keys(70, 250)).await;
    }
    fixture.until_fresh().await;
    fixture.assert_right().await;
    running.stop().await;
    assert_eq!(
        counters.from_bus.load(Ordering::Relaxed),
        5_000,
        "every fact came over NATS"
    );
    assert_eq!(counters.from_log.load(Ordering::Relaxed), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_purged_or_deleted_stream_is_healed_from_the_log() {
    let fixture = TestLog::open().await;
    let bus = fixture.bus().await;
    let stream = bus.stream_name();
    let worker = fixture.worker_with(Some(bus), WorkerOptions::default());
    let counters = worker.counters();
    let mut running = Running::new();
    running.relay(fixture.relay().await);
    running.worker(worker);
    until("the worker listens", async || {
        counters.opened.load(Ordering::Relaxed) > 0
    })
    .await;

    let client = nats(fixture.database.nats_url()).await;
    let context = jetstream::new(client);
    for round in 0..12 {
        fixture.append(&keys(40, 200)).await;
        match round {
            3 => drop(context.get_stream(&stream).await.unwrap().purge().await.unwrap()),
            6 => drop(context.delete_stream(&stream).await.unwrap()),
            _ => {}
        }
    }
    fixture.until_fresh().await;
    fixture.assert_right().await;

    // The stream is there again, and carries facts again.
    until("the stream is made again", async || {
        context.get_stream(&stream).await.is_ok()
    })
    .await;
    let before = counters.from_bus.load(Ordering::Relaxed);
    until("NATS carries facts again", async || {
        fixture.append(&keys(40, 40)).await;
        counters.from_bus.load(Ordering::Relaxed) > before
    })
    .await;
    fixture.until_fresh().await;
    fixture.assert_right().await;
    running.stop().await;
}

#[tokio::test]
async fn without_nats_the_log_alone_is_enough() {
    let fixture = TestLog::open().await;
    let nowhere = Bus::connect("nats://127.0.0.1:1", fixture.log.identity(), message_keys())
        .await
        .unwrap();
    let mut relay = Relay::new(fixture.log.clone(), nowhere.clone(), RelayOptions::default());
    let mut worker = fixture.worker_with(Some(nowhere), options());
    fixture.append(&keys(50, 3_000)).await;
    assert_eq!(relay.step().await.unwrap(), RelayStep::NoBus);
    let done = drain(&mut worker).await;
    assert_eq!((done.from_bus, done.from_log), (0, 3_000));
    fixture.assert_right().await;
}

/// Publishes a message once more: with its tag, and without an id that JetStream could know.
async fn say_again(client: &async_nats::Client, message: async_nats::Message) {
    let mut headers = HeaderMap::new();
    let tag = message.headers.unwrap();
    headers.insert("Tot-Tag", tag.get("Tot-Tag").unwrap().as_str());
    client
        .publish_with_headers(message.subject, headers, message.payload)
        .await
        .unwrap();
}

/// A bus of one fact a message.
async fn lively_bus(fixture: &TestLog) -> Bus {
    let options = BusOptions {
        heartbeat: Duration::from_millis(200),
        facts_per_message_max: 1,
        kept_max: 1_024,
        ..BusOptions::default()
    };
    let (url, identity) = (fixture.database.nats_url(), fixture.log.identity());
    Bus::connect_with(url, identity, message_keys(), options)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn repeated_and_reordered_messages_are_dropped() {
    let fixture = TestLog::open().await;
    let bus = lively_bus(&fixture).await;
    until("the bus connects", async || bus.connected()).await;
    let hour = Duration::from_secs(3_600);
    let patient = WorkerOptions {
        compare: hour,
        lease: hour,
        renew: Duration::from_millis(50),
        ..options()
    };
    let mut worker = fixture.worker_with(Some(bus.clone()), patient);
    drain(&mut worker).await;
    let counters = worker.counters();
    let client = nats(fixture.database.nats_url()).await;
    let mut wire = listen(&client, bus.subject()).await;

    // Three hundred facts it has, and three hundred whose messages pass while its consumer on NATS is gone.
    fixture.append(&keys(40, 300)).await;
    let relay = || Relay::new(fixture.log.clone(), bus.clone(), RelayOptions::default());
    carry(&mut relay()).await;
    drain(&mut worker).await;
    jetstream::new(client.clone())
        .delete_stream(bus.stream_name())
        .await
        .unwrap();
    fixture.append(&keys(40, 300)).await;
    until("the other relay is gone", async || {
        relay().step().await.unwrap() != RelayStep::Follows
    })
    .await;
    let messages: Vec<_> = wire.by_ref().take(600).collect().await;

    // It listens again, does not look into the log by itself, and hears them in a wild order: the old ones once, the
    // new ones twice, none with an id that JetStream could know.
    let opened = counters.opened.load(Ordering::Relaxed);
    let mut running = Running::new();
    running.worker(worker);
    until("it listens again", async || {
        counters.opened.load(Ordering::Relaxed) > opened
    })
    .await;
    let (taken, dropped) = (&counters.from_bus, &counters.dropped);
    let heard = || taken.load(Ordering::Relaxed) + dropped.load(Ordering::Relaxed);
    let before = heard();
    let mut wild: Vec<_> = messages.iter().chain(&messages[300..]).cloned().collect();
    wild.shuffle(&mut StdRng::seed_from_u64(7));
    for message in wild {
        say_again(&client, message).await;
    }
    client.flush().await.unwrap();
    until("all messages have come", async || heard() >= before + 900).await;
    fixture.until_fresh().await;
    fixture.assert_right().await;
    running.stop().await;
    assert!(dropped.load(Ordering::Relaxed) >= 600);
}

#[tokio::test]
async fn a_relay_far_behind_jumps_to_the_head() {
    let fixture = TestLog::open().await;
    let options = RelayOptions {
        mark_every: Duration::ZERO,
        batch_max: 10,
        backlog_max: 50,
        ..RelayOptions::default()
    };
    let mut relay = Relay::new(fixture.log.clone(), fixture.bus().await, options);
    fixture.append(&keys(5, 100)).await;
    assert_eq!(relay.step().await.unwrap(), RelayStep::Jumped { position: 100 });
    fixture.append(&keys(5, 3)).await;
    assert_eq!(
        relay.step().await.unwrap(),
        RelayStep::Published {
            facts: 3,
            position: 103
        }
    );
    assert_eq!(relay.step().await.unwrap(), RelayStep::Quiet);
    assert_eq!(
        event_store::lag::relay(fixture.log.pool()).await.unwrap(),
        (103, 103)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_tell_each_other_of_appends() {
    let fixture = TestLog::open().await;
    // Neither asks the database by itself before the test is over.
    let deaf = || {
        let mut options = LogOptions::new(fixture.database.app_url(), |_, _, _| true);
        options.sample_every = Duration::from_secs(3_600);
        options
    };
    let (here, there) = (
        EventLog::open(deaf()).await.unwrap(),
        EventLog::open(deaf()).await.unwrap(),
    );
    let stop = CancellationToken::new();
    let mut talking = tokio::task::JoinSet::new();
    for log in [&here, &there] {
        talking.spawn(fixture.bus().await.exchange_hints(log.clone(), stop.clone()));
    }
    let told = there.subscribe_appends();
    let mut position = 0;
    until("a hint has come", async || {
        // The first ones may be sent before the other listens.
        position += 1;
        here.appended_hint(position);
        told.has_changed().unwrap()
    })
    .await;
    stop.cancel();
    while let Some(ended) = talking.join_next().await {
        ended.unwrap();
    }
}

/// As at a start that fails: what NATS' client needs is gone, and it refuses everything at once.
#[tokio::test]
async fn whoever_exchanges_hints_over_a_client_that_is_gone_rests_and_ends_when_told_to() {
    let fixture = TestLog::open().await;
    let bus = std::thread::scope(|threads| {
        let gone = threads.spawn(|| {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let connecting = Bus::connect(
                fixture.database.nats_url(),
                fixture.log.identity(),
                message_keys(),
            );
            runtime.block_on(connecting).unwrap()
        });
        gone.join().unwrap()
    });
    let stop = CancellationToken::new();
    // One thread for both: whoever does not rest lets nobody stop them.
    tokio::join!(bus.exchange_hints(fixture.log.clone(), stop.clone()), async {
        stop.cancel()
    });
}
