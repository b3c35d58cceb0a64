//! Limits shared through a real server that speaks Redis' protocol.
#![expect(clippy::unwrap_used, reason = "tests")]

mod circuit;
mod failures;
mod latency;
mod memory;
mod model;
mod over_tls;
mod sharing;

use std::num::NonZeroU32;
use std::time::Duration;

use dev_stack::Valkey;
use rate_limits::{Quota, RateLimits, RedisSettings, SharedLimits};
use tokio_util::sync::CancellationToken;

/// Long enough for a machine that does much else meanwhile.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

fn settings(url: String, answer_within: Duration) -> RedisSettings {
    RedisSettings {
        url: url.into(),
        roots: None,
        answer_within,
        secret: "5e".repeat(32).into(),
    }
}

/// A process' limits, shared through the server once it is up.
async fn process(valkey: &Valkey) -> RateLimits {
    process_within(valkey, ANSWER_WITHIN).await
}

async fn process_within(valkey: &Valkey, answer_within: Duration) -> RateLimits {
    let limits = RateLimits::default();
    limits.share(shared(settings(valkey.url(), answer_within)).await);
    limits
}

async fn shared(settings: RedisSettings) -> SharedLimits {
    let shared = SharedLimits::new(&settings).unwrap();
    let running = shared.clone().run(CancellationToken::new());
    #[expect(clippy::disallowed_methods, reason = "ends with the test")]
    tokio::spawn(running);
    until("Redis to be reached", || shared.is_up()).await;
    shared
}

/// Waits for a condition, bounded.
async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let looking = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let found = tokio::time::timeout(Duration::from_secs(20), looking).await;
    found.unwrap_or_else(|_late| panic!("waited in vain for {what}"));
}

/// So many in an hour, all of which may come at once: none comes back while a test runs.
fn an_hour(count: u32) -> Quota {
    let count = NonZeroU32::new(count).unwrap();
    Quota::new(count, Duration::from_hours(1), count)
}
