//! Request limits from the environment; their defaults are the API's own. And the Redis through which processes count them together.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use api::settings::{BusinessLimits, Limits, Rate};
use domain::policy::patient_limits::BookingsPerHour;
use secrecy::SecretString;

use super::{Reader, transport};

/// How long an answer of Redis is waited for, in milliseconds.
const REDIS_MILLISECONDS: u32 = 50;

/// The Redis that limits are shared through.
#[derive(Debug)]
pub struct RedisConfig {
    /// Its address (`TOT_REDIS_URL`).
    pub url: SecretString,
    /// Whom its certificate must be of (`TOT_REDIS_ROOTS`); the system's authorities where there is none.
    pub roots: Option<PathBuf>,
    /// How long an answer is waited for (`TOT_REDIS_MILLISECONDS`).
    pub answer_within: Duration,
}

impl RedisConfig {
    /// Reads it; none where no address is given.
    pub fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let milliseconds = reader.at_least_one("TOT_REDIS_MILLISECONDS", REDIS_MILLISECONDS);
        let roots = transport::redis_roots(reader);
        Some(Self {
            url: reader.redis_url()?,
            roots,
            answer_within: Duration::from_millis(milliseconds.into()),
        })
    }
}

/// Reads `TOT_RATE_LIMIT_*`, each a number of requests a minute, and `TOT_LIMIT_*`, each a number an hour or a day.
pub fn read(reader: &mut Reader<'_>) -> Limits {
    let default = Limits::default();
    let business = business(reader, &default.business);
    let mut rate = |variable, default| rate(reader, variable, default);
    Limits {
        requests_per_address: rate(
            "TOT_RATE_LIMIT_REQUESTS_PER_ADDRESS",
            default.requests_per_address,
        ),
        logins_per_address: rate("TOT_RATE_LIMIT_LOGINS_PER_ADDRESS", default.logins_per_address),
        logins_per_account: rate("TOT_RATE_LIMIT_LOGINS_PER_ACCOUNT", default.logins_per_account),
        writes_per_account: rate("TOT_RATE_LIMIT_WRITES_PER_ACCOUNT", default.writes_per_account),
        notices_per_object: rate("TOT_RATE_LIMIT_NOTICES_PER_OBJECT", default.notices_per_object),
        feeds_per_link: rate("TOT_RATE_LIMIT_FEEDS_PER_LINK", default.feeds_per_link),
        business,
    }
}

/// The default keeps its own burst; a number that is set is also the burst.
fn rate(reader: &mut Reader<'_>, variable: &'static str, default: Rate) -> Rate {
    if !reader.is_set(variable) {
        return default;
    }
    let per_minute: NonZeroU32 = reader.number(variable, default.per_minute);
    Rate {
        per_minute,
        burst: per_minute,
    }
}

fn business(reader: &mut Reader<'_>, default: &BusinessLimits) -> BusinessLimits {
    let mut most = |variable, default| most(reader, variable, default);
    let bookings = &default.bookings_per_hour;
    BusinessLimits {
        bookings_per_hour: BookingsPerHour {
            all: most("TOT_LIMIT_BOOKINGS_PER_HOUR", bookings.all),
            urgent: most("TOT_LIMIT_URGENT_CALLS_PER_HOUR", bookings.urgent),
        },
        registrations_per_hour: most("TOT_LIMIT_REGISTRATIONS_PER_HOUR", default.registrations_per_hour),
        registrations_per_day: most("TOT_LIMIT_REGISTRATIONS_PER_DAY", default.registrations_per_day),
        payments_per_hour: most("TOT_LIMIT_PAYMENTS_PER_HOUR", default.payments_per_hour),
        invitations_per_day: most("TOT_LIMIT_INVITATIONS_PER_DAY", default.invitations_per_day),
    }
}

/// A number from 1 to 1000, or `off`.
fn most(reader: &mut Reader<'_>, variable: &'static str, default: Option<NonZeroU32>) -> Option<NonZeroU32> {
    /// More than this is not counted one by one: whoever wants more wants no limit.
    const MOST_MAX: u32 = 1_000;
    let read = |text: &str| match text {
        "off" => Some(None),
        text => {
            let most = text
                .parse()
                .ok()
                .filter(|most: &NonZeroU32| most.get() <= MOST_MAX);
            most.map(Some)
        }
    };
    reader.parsed_or(variable, default, read, "a number from 1 to 1000, or `off`")
}
