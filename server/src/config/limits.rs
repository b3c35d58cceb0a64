//! Request limits from the environment; their defaults are the API's own.

use std::num::NonZeroU32;

use api::settings::{Limits, Rate};

use super::Reader;

/// Reads `TOT_RATE_LIMIT_*`, each a number of requests a minute.
pub fn read(reader: &mut Reader<'_>) -> Limits {
    let default = Limits::default();
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
