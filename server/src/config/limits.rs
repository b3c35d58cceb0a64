//! Request limits from the environment; their defaults are the API's own.

use std::num::NonZeroU32;

use api::settings::{Limits, Rate};

use super::Reader;

/// Reads `TOT_RATE_LIMIT_*`, each a number of requests a minute.
pub fn read(reader: &mut Reader<'_>) -> Option<Limits> {
    let default = Limits::default();
    let requests = rate(
        reader,
        "TOT_RATE_LIMIT_REQUESTS_PER_ADDRESS",
        default.requests_per_address,
    );
    let logins = rate(
        reader,
        "TOT_RATE_LIMIT_LOGINS_PER_ADDRESS",
        default.logins_per_address,
    );
    let account_logins = rate(
        reader,
        "TOT_RATE_LIMIT_LOGINS_PER_ACCOUNT",
        default.logins_per_account,
    );
    let writes = rate(
        reader,
        "TOT_RATE_LIMIT_WRITES_PER_ACCOUNT",
        default.writes_per_account,
    );
    let notices = rate(
        reader,
        "TOT_RATE_LIMIT_NOTICES_PER_OBJECT",
        default.notices_per_object,
    );
    Some(Limits {
        requests_per_address: requests?,
        logins_per_address: logins?,
        logins_per_account: account_logins?,
        writes_per_account: writes?,
        notices_per_object: notices?,
    })
}

/// The default keeps its own burst; a number that is set is also the burst.
fn rate(reader: &mut Reader<'_>, variable: &'static str, default: Rate) -> Option<Rate> {
    if !reader.is_set(variable) {
        return Some(default);
    }
    let per_minute: NonZeroU32 = reader.number(variable, default.per_minute)?;
    Some(Rate {
        per_minute,
        burst: per_minute,
    })
}
