//! Bounds of connections from the environment; their defaults are the API's own.

use api::connections::ConnectionLimits;

use super::Reader;
use super::timeouts::duration;

/// A shorter buffer than this the HTTP library does not take.
const HEADER_BYTES_MIN: usize = 8_192;

/// Reads `TOT_HTTP_*`.
pub fn read(reader: &mut Reader<'_>) -> ConnectionLimits {
    let default = ConnectionLimits::default();
    ConnectionLimits {
        header_within: duration(reader, "TOT_HTTP_HEADER_SECONDS", default.header_within),
        idle_within: duration(reader, "TOT_HTTP_IDLE_SECONDS", default.idle_within),
        header_bytes_max: header_bytes(reader, default.header_bytes_max),
        per_address_max: count(
            reader,
            "TOT_HTTP_CONNECTIONS_PER_ADDRESS",
            default.per_address_max,
        ),
        total_max: count(reader, "TOT_HTTP_CONNECTIONS_MAX", default.total_max),
    }
}

fn header_bytes(reader: &mut Reader<'_>, default: usize) -> usize {
    const VARIABLE: &str = "TOT_HTTP_HEADER_BYTES_MAX";
    let bytes = reader.number(VARIABLE, default);
    if bytes < HEADER_BYTES_MIN {
        reader.wrong(VARIABLE, format!("at least {HEADER_BYTES_MIN}"));
    }
    bytes
}

/// At least one, or nobody could be served.
fn count(reader: &mut Reader<'_>, variable: &'static str, default: usize) -> usize {
    let count = reader.at_least_one(variable, u32::try_from(default).unwrap_or(u32::MAX));
    usize::try_from(count).unwrap_or(usize::MAX)
}
