//! Bounds of connections from the environment; their defaults are the API's own.

use std::time::Duration;

use api::connections::ConnectionLimits;

use super::Reader;

/// A shorter buffer than this the HTTP library does not take.
const HEADER_BYTES_MIN: usize = 8_192;

/// Reads `TOT_HTTP_*`.
pub fn read(reader: &mut Reader<'_>) -> Option<ConnectionLimits> {
    const HEADER_BYTES_MAX: &str = "TOT_HTTP_HEADER_BYTES_MAX";
    let default = ConnectionLimits::default();
    let header = seconds(reader, "TOT_HTTP_HEADER_SECONDS", default.header_within);
    let idle = seconds(reader, "TOT_HTTP_IDLE_SECONDS", default.idle_within);
    let header_bytes = match reader.number(HEADER_BYTES_MAX, default.header_bytes_max) {
        Some(bytes) if bytes < HEADER_BYTES_MIN => {
            reader.wrong(HEADER_BYTES_MAX, format!("at least {HEADER_BYTES_MIN}"))
        }
        bytes => bytes,
    };
    let per_address = count(
        reader,
        "TOT_HTTP_CONNECTIONS_PER_ADDRESS",
        default.per_address_max,
    );
    let total = count(reader, "TOT_HTTP_CONNECTIONS_MAX", default.total_max);
    Some(ConnectionLimits {
        header_within: header?,
        idle_within: idle?,
        header_bytes_max: header_bytes?,
        per_address_max: per_address?,
        total_max: total?,
    })
}

fn seconds(reader: &mut Reader<'_>, variable: &'static str, default: Duration) -> Option<Duration> {
    let default = u32::try_from(default.as_secs()).unwrap_or(u32::MAX);
    let seconds = reader.at_least_one(variable, default)?;
    Some(Duration::from_secs(u64::from(seconds)))
}

/// At least one, or nobody could be served.
fn count(reader: &mut Reader<'_>, variable: &'static str, default: usize) -> Option<usize> {
    let default = u32::try_from(default).unwrap_or(u32::MAX);
    usize::try_from(reader.at_least_one(variable, default)?).ok()
}
