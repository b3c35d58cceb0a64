//! How often each app may ask: limits of its own, as its row has them, in this process.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};

use domain::ids::AppId;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use identity::AppLimits as Limits;

use crate::problem::Problem;
use crate::throttle;

/// Apps told apart at once, about 200 bytes each. Only those that an admin made get here.
const APPS_MAX: usize = 10_000;

/// An app that acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActingApp {
    /// Which.
    pub id: AppId,
    /// How often it may ask.
    pub limits: Limits,
}

/// The limits of every app that has asked lately.
#[derive(Default)]
pub struct AppThrottles {
    apps: Mutex<HashMap<AppId, Arc<OfApp>>>,
    clock: DefaultClock,
}

/// Of one app.
struct OfApp {
    limits: Limits,
    requests: DefaultDirectRateLimiter,
    writes: DefaultDirectRateLimiter,
}

impl OfApp {
    fn new(limits: Limits) -> Self {
        let limiter = |rate| {
            let rate = NonZeroU32::new(rate).unwrap_or(NonZeroU32::MIN);
            RateLimiter::direct(Quota::per_minute(rate))
        };
        Self {
            limits,
            requests: limiter(limits.requests_per_minute),
            writes: limiter(limits.writes_per_minute),
        }
    }
}

impl AppThrottles {
    /// One more request of this app.
    ///
    /// # Errors
    /// `rate_limited`.
    pub fn request(&self, app: ActingApp) -> Result<(), Problem> {
        let of_app = self.of(app);
        self.check(&of_app.requests, "app-requests", app.limits.requests_per_minute)
    }

    /// One more request of this app that changes something.
    ///
    /// # Errors
    /// `rate_limited`.
    pub fn write(&self, app: ActingApp) -> Result<(), Problem> {
        let of_app = self.of(app);
        self.check(&of_app.writes, "app-writes", app.limits.writes_per_minute)
    }

    /// Its limits as they stand; where an admin changed them they begin anew.
    fn of(&self, app: ActingApp) -> Arc<OfApp> {
        let mut apps = self.apps.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = apps.get(&app.id)
            && known.limits == app.limits
        {
            return Arc::clone(known);
        }
        if apps.len() >= APPS_MAX {
            apps.clear();
        }
        let new = Arc::new(OfApp::new(app.limits));
        apps.insert(app.id, Arc::clone(&new));
        new
    }

    fn check(&self, limiter: &DefaultDirectRateLimiter, policy: &str, most: u32) -> Result<(), Problem> {
        limiter.check().map_err(|not_until| {
            let wait = not_until.wait_time_from(self.clock.now());
            let said = (
                format!("more than {most} of this app in a minute"),
                format!("больше {most} от этого приложения в минуту"),
            );
            throttle::refused(policy, most, wait.as_secs().saturating_add(1), said)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;
    use crate::problem::Code;

    fn app(number: u128, requests: u32, writes: u32) -> ActingApp {
        ActingApp {
            id: AppId::from_uuid(uuid::Uuid::from_u128(number)),
            limits: Limits {
                requests_per_minute: requests,
                writes_per_minute: writes,
            },
        }
    }

    #[test]
    fn an_app_meets_its_own_limits_and_nobody_elses() {
        let throttles = AppThrottles::default();
        let (one, other) = (app(1, 2, 1), app(2, 2, 1));
        assert!(throttles.request(one).is_ok() && throttles.request(one).is_ok());
        let problem = throttles.request(one).unwrap_err();
        assert_eq!(problem.code(), Code::RateLimited);
        let response = problem.write("", "/", "", Language::English);
        assert_eq!(
            response.headers()["ratelimit-policy"],
            "\"app-requests\";q=2;w=60"
        );
        assert!(response.headers().contains_key("retry-after"));
        assert!(throttles.write(one).is_ok(), "writes are counted by themselves");
        assert!(throttles.write(one).is_err());
        assert!(throttles.request(other).is_ok(), "others are not touched");
        assert!(
            throttles.request(app(1, 3, 1)).is_ok(),
            "what an admin raises counts at once"
        );
    }
}
