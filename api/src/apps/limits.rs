//! How often each app may ask: limits of its own, as its row has them.

use std::num::NonZeroU32;

use domain::ids::AppId;
use identity::AppLimits as Limits;

use crate::problem::Problem;
use crate::throttle::Throttles;

/// An app that acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActingApp {
    /// Which.
    pub id: AppId,
    /// How often it may ask.
    pub limits: Limits,
}

impl ActingApp {
    /// One more request of this app.
    ///
    /// # Errors
    /// `rate_limited`.
    pub async fn count_request(self, throttles: &Throttles) -> Result<(), Problem> {
        let most = self.limits.requests_per_minute;
        self.count(throttles, "app-requests", most).await
    }

    /// One more request of this app that changes something.
    ///
    /// # Errors
    /// `rate_limited`.
    pub async fn count_write(self, throttles: &Throttles) -> Result<(), Problem> {
        let most = self.limits.writes_per_minute;
        self.count(throttles, "app-writes", most).await
    }

    async fn count(self, throttles: &Throttles, policy: &'static str, most: u32) -> Result<(), Problem> {
        let most = NonZeroU32::new(most).unwrap_or(NonZeroU32::MIN);
        throttles.of_app(policy, self.id, most).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;
    use crate::problem::Code;
    use crate::settings::Limits as AllLimits;

    fn app(number: u128, requests: u32, writes: u32) -> ActingApp {
        ActingApp {
            id: AppId::from_uuid(uuid::Uuid::from_u128(number)),
            limits: Limits {
                requests_per_minute: requests,
                writes_per_minute: writes,
            },
        }
    }

    #[tokio::test]
    async fn an_app_meets_its_own_limits_and_nobody_elses() {
        let throttles = Throttles::new(&AllLimits::UNLIMITED);
        let (one, other) = (app(1, 2, 1), app(2, 2, 1));
        for _ in 0..2 {
            assert!(one.count_request(&throttles).await.is_ok());
        }
        let problem = one.count_request(&throttles).await.unwrap_err();
        assert_eq!(problem.code(), Code::RateLimited);
        let response = problem.write("", "/", "", Language::English);
        assert_eq!(
            response.headers()["ratelimit-policy"],
            "\"app-requests\";q=2;w=60"
        );
        assert!(response.headers().contains_key("retry-after"));
        let first = one.count_write(&throttles).await;
        assert!(first.is_ok(), "writes are counted by themselves");
        assert!(one.count_write(&throttles).await.is_err());
        let others = other.count_request(&throttles).await;
        assert!(others.is_ok(), "others are not touched");
        let raised = app(1, 3, 1).count_request(&throttles).await;
        assert!(raised.is_ok(), "what an admin raises counts at once");
    }
}
