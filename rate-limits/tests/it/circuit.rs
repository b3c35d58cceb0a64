//! Redis dies, hangs, comes back and forgets its scripts.

use std::time::{Duration, Instant};

use dev_stack::Valkey;

use super::{an_hour, process, process_within, until};

#[tokio::test]
async fn without_redis_each_process_counts_on_by_itself_until_it_is_back() {
    let valkey = Valkey::start().await.unwrap();
    let (one, other) = (process(&valkey).await, process(&valkey).await);
    let quota = an_hour(4);
    for process in [&one, &other] {
        process.check("requests", &quota, b"a").await.unwrap();
    }
    valkey.server().kill().unwrap();
    // What each had counted itself is still counted.
    for process in [&one, &other] {
        let mut admitted = 0;
        for _ in 0..10 {
            admitted += i32::from(process.check("requests", &quota, b"a").await.is_ok());
        }
        assert_eq!(admitted, 3);
        assert!(!process.shared().unwrap().is_up());
    }
    valkey.server().restart().await.unwrap();
    for process in [&one, &other] {
        until("Redis to be back", || process.shared().unwrap().is_up()).await;
    }
    let mut admitted = 0;
    for turn in 0..20 {
        let process = if turn % 2 == 0 { &one } else { &other };
        admitted += i32::from(process.check("requests", &quota, b"b").await.is_ok());
    }
    assert_eq!(admitted, 4);
}

#[tokio::test]
async fn a_redis_that_hangs_costs_one_wait_and_not_one_a_request() {
    let valkey = Valkey::start().await.unwrap();
    let within = Duration::from_millis(300);
    let process = process_within(&valkey, within).await;
    valkey.server().pause().unwrap();
    let quota = an_hour(1_000);
    let began = Instant::now();
    for _ in 0..100 {
        process.check("requests", &quota, b"a").await.unwrap();
    }
    let took = began.elapsed();
    assert!(took >= within && took < 10 * within, "{took:?}");
    valkey.server().resume().unwrap();
    until("Redis to be back", || process.shared().unwrap().is_up()).await;
}

#[tokio::test]
async fn a_redis_that_takes_nothing_is_not_taken_for_one_that_is_back() {
    let valkey = Valkey::start().await.unwrap();
    let process = process(&valkey).await;
    let client = redis::Client::open(valkey.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let full = async |connection: &mut redis::aio::MultiplexedConnection, bytes: &str| {
        let mut set = redis::cmd("CONFIG");
        let set = set.arg("SET").arg("maxmemory").arg(bytes);
        set.query_async::<()>(connection).await.unwrap();
    };
    full(&mut connection, "1").await;
    let (quota, shared) = (an_hour(3), process.shared().unwrap());
    for _ in 0..3 {
        process.check("requests", &quota, b"a").await.unwrap();
        assert!(!shared.is_up());
    }
    assert!(process.check("requests", &quota, b"a").await.is_err());
    let attempts = async |connection: &mut redis::aio::MultiplexedConnection| {
        let mut info = redis::cmd("INFO");
        let told: String = info.arg("stats").query_async(connection).await.unwrap();
        let mut lines = told.lines();
        let received = lines.find_map(|line| line.strip_prefix("total_connections_received:"));
        received.unwrap().trim().parse::<u64>().unwrap()
    };
    // It is tried again, twice at least.
    let before = attempts(&mut connection).await;
    while attempts(&mut connection).await < before + 2 {
        assert!(!shared.is_up());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    full(&mut connection, "0").await;
    until("Redis to be back", || shared.is_up()).await;
}

#[tokio::test]
async fn a_redis_that_forgot_its_scripts_is_told_them_again() {
    let valkey = Valkey::start().await.unwrap();
    let (one, other) = (process(&valkey).await, process(&valkey).await);
    let quota = an_hour(2);
    one.check("requests", &quota, b"a").await.unwrap();
    let client = redis::Client::open(valkey.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut flush = redis::cmd("SCRIPT");
    flush
        .arg("FLUSH")
        .query_async::<()>(&mut connection)
        .await
        .unwrap();
    other.check("requests", &quota, b"a").await.unwrap();
    assert!(other.shared().unwrap().is_up());
    assert!(one.check("requests", &quota, b"a").await.is_err());
}
