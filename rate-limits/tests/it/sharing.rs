//! Two processes, one limit; what lies in Redis says nothing of anybody.

use std::num::NonZeroU32;
use std::time::Duration;

use dev_stack::Valkey;
use rate_limits::Quota;

use super::{an_hour, process};

#[tokio::test]
async fn two_processes_admit_together_what_one_may() {
    let valkey = Valkey::start().await.unwrap();
    let (one, other) = (process(&valkey).await, process(&valkey).await);
    let quota = an_hour(10);
    let mut admitted = 0;
    for turn in 0..40 {
        let process = if turn % 2 == 0 { &one } else { &other };
        admitted += i32::from(process.check("requests", &quota, b"a").await.is_ok());
    }
    assert_eq!(admitted, 10);
    // Another key and another policy are not touched by it.
    assert!(one.check("requests", &quota, b"b").await.is_ok());
    assert!(other.check("writes", &quota, b"a").await.is_ok());
}

#[tokio::test]
async fn whoever_the_others_have_exhausted_hears_when_to_come_back() {
    let valkey = Valkey::start().await.unwrap();
    let (one, other) = (process(&valkey).await, process(&valkey).await);
    let quota = an_hour(6);
    for _ in 0..6 {
        one.check("requests", &quota, b"a").await.unwrap();
    }
    let wait = other.check("requests", &quota, b"a").await.unwrap_err();
    let ten_minutes = Duration::from_mins(10);
    assert!(
        wait <= ten_minutes && wait > ten_minutes - Duration::from_mins(1),
        "{wait:?}"
    );
    // Nobody asks again before that: the server is not needed for it.
    valkey.server().pause().unwrap();
    assert!(other.check("requests", &quota, b"a").await.is_err());
    valkey.server().resume().unwrap();
}

#[tokio::test]
async fn keys_vanish_when_they_are_full_again_and_tell_nothing_of_anybody() {
    let valkey = Valkey::start().await.unwrap();
    let one = process(&valkey).await;
    let address = b"203.0.113.77";
    one.check("requests", &an_hour(60), address).await.unwrap();
    let client = redis::Client::open(valkey.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let names: Vec<String> = redis::cmd("KEYS")
        .arg("*:g*")
        .query_async(&mut connection)
        .await
        .unwrap();
    assert_eq!(names.len(), 1);
    let lasts: i64 = redis::cmd("PTTL")
        .arg(&names[0])
        .query_async(&mut connection)
        .await
        .unwrap();
    assert!((1..=60_000).contains(&lasts), "{lasts}");
    let value: Vec<u8> = redis::cmd("GET")
        .arg(&names[0])
        .query_async(&mut connection)
        .await
        .unwrap();
    let kept = [names[0].as_bytes(), &value].concat();
    assert!(!kept.windows(address.len()).any(|window| window == address));

    // Full again within a moment.
    let quick = Quota::new(
        NonZeroU32::new(1_000).unwrap(),
        Duration::from_secs(1),
        NonZeroU32::MIN,
    );
    one.check("writes", &quick, b"b").await.unwrap();
    let mut left: Vec<String> = Vec::new();
    for _ in 0..2_000 {
        let mut keys = redis::cmd("KEYS");
        left = keys.arg("*:g*").query_async(&mut connection).await.unwrap();
        if left == names {
            break;
        }
    }
    assert_eq!(left, names);
}
