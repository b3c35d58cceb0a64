//! Bounds of connections from the environment; their defaults are the API's own.

use api::connections::ConnectionLimits;

use super::Reader;
use super::timeouts::duration;

/// A shorter buffer than this the HTTP library does not take.
const HEADER_BYTES_MIN: usize = 8_192;

/// Reads `TOT_HTTP_*`.
pub fn read(reader: &mut Reader<'_>) -> ConnectionLimits {
    const HEADER_BYTES_MAX: &str = "TOT_HTTP_HEADER_BYTES_MAX";
    let default = ConnectionLimits::default();
    let limits = ConnectionLimits {
        header_within: duration(reader, "TOT_HTTP_HEADER_SECONDS", default.header_within),
        idle_within: duration(reader, "TOT_HTTP_IDLE_SECONDS", default.idle_within),
        header_bytes_max: reader.number(HEADER_BYTES_MAX, default.header_bytes_max),
        per_address_max: count(
            reader,
            "TOT_HTTP_CONNECTIONS_PER_ADDRESS",
            default.per_address_max,
        ),
        total_max: count(reader, "TOT_HTTP_CONNECTIONS_MAX", default.total_max),
    };
    if limits.header_bytes_max < HEADER_BYTES_MIN {
        reader.wrong(HEADER_BYTES_MAX, format!("at least {HEADER_BYTES_MIN}"));
    }
    limits
}

/// At least one, or nobody could be served.
fn count(reader: &mut Reader<'_>, variable: &'static str, default: usize) -> usize {
    let count = reader.at_least_one(variable, u32::try_from(default).unwrap_or(u32::MAX));
    usize::try_from(count).unwrap_or(usize::MAX)
}
