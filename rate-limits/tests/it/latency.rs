//! What a check costs with a server on the same machine.

use std::time::{Duration, Instant};

use dev_stack::Valkey;
use rate_limits::RateLimits;

use super::{an_hour, process};

const CHECKS: usize = 4_000;
/// A hundred times what it costs on a machine that does nothing else.
const MEDIAN_MAX: Duration = Duration::from_millis(20);

#[tokio::test]
async fn a_check_costs_one_short_round_trip() {
    let valkey = Valkey::start().await.unwrap();
    let (shared, alone) = (process(&valkey).await, RateLimits::default());
    let median = async |limits: &RateLimits| {
        let quota = an_hour(1_000_000);
        let mut took = Vec::with_capacity(CHECKS);
        for number in 0..CHECKS {
            let key = (number % 500).to_be_bytes();
            let began = Instant::now();
            limits.check("requests", &quota, &key).await.unwrap();
            took.push(began.elapsed());
        }
        took.sort();
        took[CHECKS / 2]
    };
    let (with_redis, without) = (median(&shared).await, median(&alone).await);
    println!("a check: {with_redis:?} with Redis, {without:?} without");
    assert!(shared.shared().unwrap().is_up());
    assert!(with_redis <= MEDIAN_MAX, "{with_redis:?}");
}
