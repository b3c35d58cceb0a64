//! Rate limits: how often an address or an account may ask, and what it is told beyond that. They are counted in bounded memory and,
//! where there is a Redis, together with all other processes (docs/adr/0042-limits-shared-through-redis.md).

use std::fmt::Display;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use domain::ids::{AccountId, AppId, PatientId};
use domain::payment::provider::Provider;
use http::{HeaderName, HeaderValue};
use rate_limits::{Quota, RateLimits, SharedLimits};

use crate::problem::{Code, Problem};
use crate::settings::{Limits, Rate};

/// The span of every policy that counts requests.
const WINDOW: Duration = Duration::from_mins(1);
/// How long it is remembered that a patient has booked.
const BOOKED_WITHIN: Duration = Duration::from_hours(1);

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Every rate limit of the HTTP surface.
pub struct Throttles {
    counts: RateLimits,
    requests: Throttle,
    logins_by_address: Throttle,
    writes: Throttle,
    notices: Throttle,
    feeds: Throttle,
}

impl Throttles {
    /// They are set to these limits.
    pub fn new(limits: &Limits) -> Self {
        Self {
            counts: RateLimits::default(),
            requests: Throttle::new("requests", limits.requests_per_address),
            logins_by_address: Throttle::new("logins", limits.logins_per_address),
            writes: Throttle::new("writes", limits.writes_per_account),
            notices: Throttle::new("notices", limits.notices_per_object),
            feeds: Throttle::new("feeds", limits.feeds_per_link),
        }
    }

    /// From now on they are counted together with all processes that use the same Redis.
    pub fn share(&self, shared: SharedLimits) {
        self.counts.share(shared);
    }

    /// What they are shared through, if they are.
    pub fn shared(&self) -> Option<&SharedLimits> {
        self.counts.shared()
    }

    /// One more request from this address.
    ///
    /// # Errors
    /// `rate_limited`.
    pub async fn request(&self, address: IpAddr) -> Result<(), Problem> {
        self.requests.check(&self.counts, &network(address)).await
    }

    /// One more registration or renewal from this address.
    ///
    /// # Errors
    /// `rate_limited`.
    pub async fn login_from(&self, address: IpAddr) -> Result<(), Problem> {
        self.logins_by_address
            .check(&self.counts, &network(address))
            .await
    }

    /// One more command of this account.
    ///
    /// # Errors
    /// `rate_limited`.
    pub async fn write(&self, account: AccountId) -> Result<(), Problem> {
        self.writes.check(&self.counts, account.uuid().as_bytes()).await
    }

    /// One more of what this app may do so often in a minute, under this policy. Another limit begins anew.
    ///
    /// # Errors
    /// `rate_limited`.
    pub async fn of_app(&self, policy: &'static str, app: AppId, most: NonZeroU32) -> Result<(), Problem> {
        let quota = Quota::new(most, WINDOW, most);
        let key = [&app.uuid().as_bytes()[..], &most.get().to_be_bytes()].concat();
        let checked = self.counts.check(policy, &quota, &key).await;
        checked.map_err(|wait| {
            let said = (
                format!("more than {most} of this app in a minute"),
                format!("больше {most} от этого приложения в минуту"),
            );
            refused(policy, most, wait.as_secs().saturating_add(1), said)
        })
    }

    /// One more reading of the calendar behind the link with this digest, whether it exists or not.
    ///
    /// # Errors
    /// `rate_limited`.
    pub async fn feed(&self, link: [u8; 32]) -> Result<(), Problem> {
        self.feeds.check(&self.counts, &link).await
    }

    /// One more notice of this provider's about this object: whether there were too many of them lately.
    pub async fn is_crowded(&self, provider: Provider, object_id: &str) -> bool {
        let key = format!("{} {object_id}", provider.as_str());
        self.notices.check(&self.counts, key.as_bytes()).await.is_err()
    }

    /// Whether this process was asked for an urgent call by this patient within the hour before; from now on it was.
    pub fn called_urgently_before(&self, patient: PatientId) -> bool {
        self.counts
            .is_marked("urgent calls", patient.uuid().as_bytes(), BOOKED_WITHIN)
    }
}

/// One of them: a rate, and what it is called.
struct Throttle {
    policy: &'static str,
    rate: Rate,
    quota: Quota,
}

impl Throttle {
    fn new(policy: &'static str, rate: Rate) -> Self {
        Self {
            policy,
            rate,
            quota: Quota::new(rate.per_minute, WINDOW, rate.burst),
        }
    }

    async fn check(&self, counts: &RateLimits, key: &[u8]) -> Result<(), Problem> {
        if self.rate == Rate::UNLIMITED {
            return Ok(());
        }
        let checked = counts.check(self.policy, &self.quota, key).await;
        checked.map_err(|wait| {
            let most = self.rate.per_minute;
            refusal(self.policy, most, wait.as_secs().saturating_add(1))
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

/// That there were more than `most` in a minute under this policy, in English and in Russian, and when to come back.
pub fn refused(policy: &str, most: impl Display, wait_s: u64, said: (String, String)) -> Problem {
    let problem = Problem::new(Code::RateLimited, said.0).in_russian(said.1);
    limited(problem, (policy, most, WINDOW), wait_s)
}

/// The same of a problem with a code and a span of its own.
pub fn limited(
    problem: Problem,
    (policy, most, within): (&str, impl Display, Duration),
    wait_s: u64,
) -> Problem {
    let state = format!("\"{policy}\";r=0;t={wait_s}");
    let policy = format!("\"{policy}\";q={most};w={}", within.as_secs());
    let header = |text: String| HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""));
    problem
        .retry_after(u32::try_from(wait_s).unwrap_or(u32::MAX))
        .with_header(RATE_LIMIT_POLICY, header(policy))
        .with_header(RATE_LIMIT, header(state))
}

/// The part of an address that one customer holds: IPv6 hands out /64s.
pub fn network(address: IpAddr) -> [u8; 16] {
    let bits = match address.to_canonical() {
        IpAddr::V4(v4) => u128::from(v4.to_bits()),
        IpAddr::V6(v6) => v6.to_bits() >> 64 << 64,
    };
    bits.to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[tokio::test]
    async fn the_request_after_the_last_allowed_one_is_told_when_to_come_back() {
        let limits = Limits {
            requests_per_address: Rate::per_minute(2),
            ..Limits::UNLIMITED
        };
        let throttles = Throttles::new(&limits);
        assert!(throttles.request(address("192.0.2.1")).await.is_ok());
        assert!(throttles.request(address("192.0.2.1")).await.is_ok());
        let problem = throttles.request(address("192.0.2.1")).await.unwrap_err();
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
        assert!(throttles.request(address("192.0.2.2")).await.is_ok());
    }

    #[tokio::test]
    async fn an_ipv6_customer_cannot_hop_within_its_own_network() {
        let limits = Limits {
            requests_per_address: Rate::per_minute(1),
            ..Limits::UNLIMITED
        };
        let throttles = Throttles::new(&limits);
        assert!(throttles.request(address("2001:db8::1")).await.is_ok());
        assert!(throttles.request(address("2001:db8::2")).await.is_err());
        assert!(throttles.request(address("2001:db8:0:1::1")).await.is_ok());
    }
}
