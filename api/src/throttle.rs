//! Rate limits: how often an address or an account may ask, in bounded memory, and what it is told beyond that.

use std::fmt::Display;
use std::hash::{BuildHasher, Hash, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

use domain::ids::AccountId;
use domain::payment::provider::Provider;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use http::{HeaderName, HeaderValue};

use crate::problem::{Code, Problem};
use crate::settings::{Limits, Rate};

/// How many keys are told apart. Whoever sends from a million addresses shares buckets; memory stays bounded.
const BUCKETS: u64 = 1 << 20;
/// After so many checks, buckets that are full again are forgotten.
const SWEEP_EVERY: u32 = 1 << 14;
/// The span of every policy, in seconds.
const WINDOW_S: u64 = 60;

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Every rate limit of the HTTP surface.
pub struct Throttles {
    requests: Throttle,
    logins_by_address: Throttle,
    writes: Throttle,
    notices: Throttle,
}

impl Throttles {
    /// They are set to these limits.
    pub fn new(limits: &Limits) -> Self {
        Self {
            requests: Throttle::new("requests", limits.requests_per_address),
            logins_by_address: Throttle::new("logins", limits.logins_per_address),
            writes: Throttle::new("writes", limits.writes_per_account),
            notices: Throttle::new("notices", limits.notices_per_object),
        }
    }

    /// One more request from this address.
    ///
    /// # Errors
    /// `rate_limited`.
    pub fn request(&self, address: IpAddr) -> Result<(), Problem> {
        self.requests.check(network(address))
    }

    /// One more registration or renewal from this address.
    ///
    /// # Errors
    /// `rate_limited`.
    pub fn login_from(&self, address: IpAddr) -> Result<(), Problem> {
        self.logins_by_address.check(network(address))
    }

    /// One more command of this account.
    ///
    /// # Errors
    /// `rate_limited`.
    pub fn write(&self, account: AccountId) -> Result<(), Problem> {
        self.writes.check(account)
    }

    /// One more notice of this provider's about this object: whether there were too many of them lately.
    pub fn is_crowded(&self, provider: Provider, object_id: &str) -> bool {
        self.notices.check((provider, object_id)).is_err()
    }
}

/// One of them: a rate, and who has asked lately.
struct Throttle {
    policy: &'static str,
    rate: Rate,
    limiter: DefaultKeyedRateLimiter<u64>,
    clock: DefaultClock,
    keys: RandomState,
    checks: AtomicU32,
}

impl Throttle {
    fn new(policy: &'static str, rate: Rate) -> Self {
        let quota = Quota::per_minute(rate.per_minute).allow_burst(rate.burst);
        Self {
            policy,
            rate,
            limiter: RateLimiter::keyed(quota),
            clock: DefaultClock::default(),
            keys: RandomState::new(),
            checks: AtomicU32::new(0),
        }
    }

    fn check(&self, key: impl Hash) -> Result<(), Problem> {
        if self.rate == Rate::UNLIMITED {
            return Ok(());
        }
        if self.checks.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            self.limiter.retain_recent();
        }
        // Only a keyed hash is kept: no address and no e-mail lies in memory, and nobody can aim at a bucket.
        let bucket = self.keys.hash_one(key) % BUCKETS;
        self.limiter.check_key(&bucket).map_err(|not_until| {
            let wait = not_until.wait_time_from(self.clock.now());
            refusal(
                self.policy,
                self.rate.per_minute,
                wait.as_secs().saturating_add(1),
            )
        })
    }
}

fn refusal(policy: &str, most: NonZeroU32, wait_s: u64) -> Problem {
    let said = (
        format!("more than {most} in a minute"),
        format!("больше {most} в минуту"),
    );
    refused(policy, most, wait_s, said)
}

/// That there were more than `most` under this policy, in English and in Russian, and when to come back.
pub fn refused(policy: &str, most: impl Display, wait_s: u64, said: (String, String)) -> Problem {
    let state = format!("\"{policy}\";r=0;t={wait_s}");
    let policy = format!("\"{policy}\";q={most};w={WINDOW_S}");
    let header = |text: String| HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""));
    Problem::new(Code::RateLimited, said.0)
        .in_russian(said.1)
        .retry_after(u32::try_from(wait_s).unwrap_or(u32::MAX))
        .with_header(RATE_LIMIT_POLICY, header(policy))
        .with_header(RATE_LIMIT, header(state))
}

/// The part of an address that one customer holds: IPv6 hands out /64s.
fn network(address: IpAddr) -> u128 {
    match address.to_canonical() {
        IpAddr::V4(v4) => u128::from(v4.to_bits()),
        IpAddr::V6(v6) => v6.to_bits() >> 64 << 64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn the_request_after_the_last_allowed_one_is_told_when_to_come_back() {
        let limits = Limits {
            requests_per_address: Rate::per_minute(2),
            ..Limits::UNLIMITED
        };
        let throttles = Throttles::new(&limits);
        assert!(throttles.request(address("192.0.2.1")).is_ok());
        assert!(throttles.request(address("192.0.2.1")).is_ok());
        let problem = throttles.request(address("192.0.2.1")).unwrap_err();
        assert_eq!(problem.code(), Code::RateLimited);
        let response = problem.write("", "/", "", Language::English);
        let wait: u64 = response.headers()["retry-after"]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!((1..=31).contains(&wait), "{wait}");
        assert_eq!(response.headers()["ratelimit-policy"], "\"requests\";q=2;w=60");
        assert!(
            response.headers()["ratelimit"]
                .to_str()
                .unwrap()
                .starts_with("\"requests\";r=0;t=")
        );
        // Others are not touched by it.
        assert!(throttles.request(address("192.0.2.2")).is_ok());
    }

    #[test]
    fn an_ipv6_customer_cannot_hop_within_its_own_network() {
        let limits = Limits {
            requests_per_address: Rate::per_minute(1),
            ..Limits::UNLIMITED
        };
        let throttles = Throttles::new(&limits);
        assert!(throttles.request(address("2001:db8::1")).is_ok());
        assert!(throttles.request(address("2001:db8::2")).is_err());
        assert!(throttles.request(address("2001:db8:0:1::1")).is_ok());
    }
}
