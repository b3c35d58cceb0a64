//! Failures of sign-ins counted by two processes.

use dev_stack::Valkey;
use rate_limits::{Counted, Counter, FailureRule, HeldUp, Settlement};

use super::{ANSWER_WITHIN, settings, shared, until};

const RULE: FailureRule = FailureRule {
    free: 3,
    first_wait_s: 4,
    wait_max_s: 60,
    forgotten_after_s: 100,
};
const NOW_S: u64 = 1_796_000_000;

fn counter(key: &str) -> Counter {
    Counter {
        kind: "account",
        key: key.as_bytes().to_vec(),
    }
}

#[tokio::test]
async fn waits_grow_with_the_failures_of_all_processes_and_are_forgotten_one_by_one() {
    let valkey = Valkey::start().await.unwrap();
    let one = shared(settings(valkey.url(), ANSWER_WITHIN)).await;
    let other = shared(settings(valkey.url(), ANSWER_WITHIN)).await;
    let both = [
        (counter("a"), RULE),
        (counter("network"), FailureRule { free: 9, ..RULE }),
    ];
    let counted = |failures, at_s| Counted {
        failures,
        last_s: NOW_S + at_s,
    };
    let fail = |process: &rate_limits::SharedLimits, at_s: u64| {
        let (process, both) = (process.clone(), both.clone());
        async move { process.count_failures(&both, NOW_S + at_s).await.unwrap() }
    };
    assert_eq!(fail(&one, 0).await, Ok(vec![counted(1, 0); 2]));
    assert_eq!(fail(&other, 1).await, Ok(vec![counted(2, 1); 2]));
    assert_eq!(fail(&one, 2).await, Ok(vec![counted(3, 2); 2]));
    let held_up = |wait_s| Err(HeldUp { counter: 0, wait_s });
    assert_eq!(fail(&other, 2).await, held_up(4));
    assert_eq!(fail(&one, 5).await, held_up(1));
    assert_eq!(fail(&other, 6).await, Ok(vec![counted(4, 6); 2]));
    assert_eq!(fail(&one, 6).await, held_up(8));
    // A clock that goes back frees nobody.
    assert_eq!(fail(&one, 0).await, held_up(8));
    assert_eq!(fail(&one, 206).await, Ok(vec![counted(3, 206); 2]));
}

#[tokio::test]
async fn what_was_no_failure_is_taken_back_for_all_processes() {
    let valkey = Valkey::start().await.unwrap();
    let one = shared(settings(valkey.url(), ANSWER_WITHIN)).await;
    let other = shared(settings(valkey.url(), ANSWER_WITHIN)).await;
    for _ in 0..3 {
        one.count_failures(&[(counter("a"), RULE)], NOW_S)
            .await
            .unwrap()
            .unwrap();
    }
    one.settle(vec![(counter("a"), Settlement::Clear)]);
    let mut told = None;
    // As soon as that can be done: nobody waits for it.
    for _ in 0..1_000 {
        told = other.count_failures(&[(counter("a"), RULE)], NOW_S).await;
        if matches!(told, Some(Ok(_))) {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(told.unwrap().unwrap()[0].failures, 1);
    other.settle(vec![(counter("a"), Settlement::TakeBack)]);
    let client = redis::Client::open(valkey.url()).unwrap();
    let mut connection = client.get_connection().unwrap();
    until("nothing to be counted", || {
        let names: Vec<String> = redis::cmd("KEYS").arg("*:f*").query(&mut connection).unwrap();
        let value: Vec<u8> = redis::cmd("GET").arg(&names[0]).query(&mut connection).unwrap();
        value[11..14] == [0, 0, 0]
    })
    .await;
}
