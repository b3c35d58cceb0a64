//! Which web apps of other origins a browser lets read our answers: those that are configured, by name, and no others.

use std::time::Duration;

use http::{HeaderName, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::middleware::TOT_TRACE_ID;
use crate::origin::Origin;
use crate::read_consistency::TOT_AS_OF;
use crate::representation::command_response::{IDEMPOTENT_REPLAYED, TOT_POSITION};
use crate::version::{DEPRECATION, SUNSET, TOT_VERSION};

/// How long a browser remembers what it was allowed; no browser keeps it longer.
const REMEMBERED_FOR: Duration = Duration::from_secs(2 * 3_600);

/// The methods of the API.
const METHODS: [Method; 4] = [Method::GET, Method::POST, Method::PUT, Method::PATCH];

/// The request headers that mean something to us, beside those that browsers send unasked.
const ASKED_WITH: [HeaderName; 8] = [
    header::AUTHORIZATION,
    header::CONTENT_TYPE,
    header::IF_MATCH,
    HeaderName::from_static("idempotency-key"),
    HeaderName::from_static("last-event-id"),
    HeaderName::from_static("read-after"),
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
];

/// The headers of answers that an app works with, beside those that every script may read.
const SHOWN: [HeaderName; 16] = [
    header::ALLOW,
    header::CONTENT_DISPOSITION,
    DEPRECATION,
    header::ETAG,
    header::LINK,
    header::LOCATION,
    header::RETRY_AFTER,
    SUNSET,
    header::WWW_AUTHENTICATE,
    IDEMPOTENT_REPLAYED,
    HeaderName::from_static("ratelimit"),
    HeaderName::from_static("ratelimit-policy"),
    TOT_AS_OF,
    TOT_POSITION,
    TOT_TRACE_ID,
    TOT_VERSION,
];

/// What tells browsers that apps of these origins may call; nothing where there are none.
///
/// It stands around everything else, so that refusals and rate limits can be read by apps, too. Preflight requests end here: they
/// carry no token and ask about none. Tokens travel in `Authorization`, which an app sets by itself, so that no credentials of the
/// browser (cookies) are allowed.
pub fn layer(origins: &[Origin]) -> Option<CorsLayer> {
    if origins.is_empty() {
        return None;
    }
    let names = origins.iter().map(|origin| origin.header().clone());
    let layer = CorsLayer::new()
        .allow_origin(AllowOrigin::list(names))
        .allow_methods(METHODS)
        .allow_headers(ASKED_WITH)
        .expose_headers(SHOWN)
        .max_age(REMEMBERED_FOR)
        .vary([header::ORIGIN]);
    Some(layer)
}
