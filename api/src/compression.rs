//! Answers made shorter on their way, where that saves time and gives nothing away.
//!
//! The choice of the encoding and the work are the library's. What is ours: what is worth it, what is kept out, and that an `ETag`
//! names what was sent.

use http::{Extensions, HeaderMap, HeaderValue, StatusCode, Version, header};
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{Predicate, SizeAbove};

use crate::base_path::BASE;
use crate::language::weighed;

/// Shorter answers travel in the same few packets either way. A booking, a payment and every answer to a command are shorter.
const BYTES_MIN: u16 = 2_048;

/// What compresses well. Streams of events are none of these (each event must leave at once), nor are Parquet and PNG, which are
/// compressed in themselves.
const MEDIA_TYPES: [&str; 9] = [
    "application/javascript",
    "application/json",
    "application/x-ndjson",
    "image/svg+xml",
    "text/calendar",
    "text/css",
    "text/csv",
    "text/html",
    "text/javascript",
];

/// The encodings in use, each the ending that it gives to an `ETag`.
const ENCODINGS: [&str; 3] = ["br", "zstd", "gzip"];

/// The layer around all routes.
pub fn layer() -> CompressionLayer<impl Predicate> {
    CompressionLayer::new().compress_when(SizeAbove::new(BYTES_MIN).and(is_worth_it))
}

fn is_worth_it(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default();
    MEDIA_TYPES.contains(&kind.trim())
}

/// Lets no answer that holds tokens be compressed: the length of one that also repeats what was sent tells about the tokens (BREACH).
pub fn withhold_from_tokens(path: &str, headers: &mut HeaderMap) {
    let below = path.strip_prefix(BASE);
    if below.is_some_and(|path| {
        path.starts_with("/auth/") || path.starts_with("/admin/apps") || TELLING_SECRETS.contains(&path)
    }) {
        headers.remove(header::ACCEPT_ENCODING);
    }
}

/// Places beside those of `/auth/` whose answers hold a secret.
const TELLING_SECRETS: [&str; 3] = ["/me/apps/link-codes", "/me/calendar", "/oauth/token"];

/// Whether the client takes brotli, and likes none of the others better.
pub fn prefers_brotli(headers: &HeaderMap) -> bool {
    let (mut brotli, mut other) = (0, 0);
    for value in headers.get_all(header::ACCEPT_ENCODING) {
        for range in value.to_str().unwrap_or_default().split(',') {
            match weighed(range) {
                ("br", weight) => brotli = weight,
                (name, weight) if ENCODINGS.contains(&name) => other = weight.max(other),
                (_, _) => {}
            }
        }
    }
    brotli > 0 && brotli >= other
}

/// Gives a compressed answer a tag of its own (`"3"` becomes `"3-br"`): a strong tag names bytes. `If-Match` takes all of them for
/// the version they begin with.
pub fn tag_variant(headers: &mut HeaderMap) {
    let encoding = headers
        .get(header::CONTENT_ENCODING)
        .and_then(|name| name.to_str().ok());
    let tag = headers.get(header::ETAG).and_then(|tag| tag.to_str().ok());
    let own = tag
        .zip(encoding)
        .and_then(|(tag, encoding)| Some(format!("{}-{encoding}\"", tag.strip_suffix('"')?)));
    if let Some(own) = own.and_then(|own| HeaderValue::try_from(own).ok()) {
        headers.insert(header::ETAG, own);
    }
}

/// What an `ETag` of ours holds between its quotes, without the ending of an encoding.
pub fn without_encoding(tag: &str) -> &str {
    match tag.rsplit_once('-') {
        Some((plain, encoding)) if ENCODINGS.contains(&encoding) => plain,
        Some(_) | None => tag,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(of: &[(header::HeaderName, &'static str)]) -> HeaderMap {
        let pairs = of
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
        pairs.collect()
    }

    #[test]
    fn text_is_worth_it_and_streams_and_what_is_compressed_are_not() {
        let worth = |kind| {
            let headers = headers(&[(header::CONTENT_TYPE, kind)]);
            is_worth_it(StatusCode::OK, Version::HTTP_11, &headers, &Extensions::new())
        };
        for kind in [
            "application/json",
            "text/csv; charset=utf-8",
            "text/html; charset=utf-8",
            "image/svg+xml",
        ] {
            assert!(worth(kind), "{kind}");
        }
        for kind in [
            "text/event-stream",
            "image/png",
            "application/vnd.apache.parquet",
            "application/jsonp",
            "",
        ] {
            assert!(!worth(kind), "{kind}");
        }
    }

    #[test]
    fn a_tag_names_the_variant_and_its_version_is_read_from_any() {
        let mut compressed = headers(&[(header::ETAG, "\"3\""), (header::CONTENT_ENCODING, "zstd")]);
        tag_variant(&mut compressed);
        assert_eq!(compressed[header::ETAG], "\"3-zstd\"");
        let mut plain = headers(&[(header::ETAG, "\"3\"")]);
        tag_variant(&mut plain);
        assert_eq!(plain[header::ETAG], "\"3\"");
        for (tag, version) in [
            ("3", "3"),
            ("3-br", "3"),
            ("3-gzip", "3"),
            ("3-deflate", "3-deflate"),
            ("-3", "-3"),
        ] {
            assert_eq!(without_encoding(tag), version);
        }
    }

    #[test]
    fn brotli_is_preferred_where_nothing_else_is_liked_better() {
        for (accepted, is_preferred) in [
            ("br", true),
            ("gzip, deflate, br, zstd", true),
            ("br;q=0.5, gzip;q=0.4", true),
            ("br;q=0.5, zstd", false),
            ("br;q=0, gzip", false),
            ("gzip", false),
            ("identity", false),
            ("", false),
        ] {
            let headers = headers(&[(header::ACCEPT_ENCODING, accepted)]);
            assert_eq!(prefers_brotli(&headers), is_preferred, "{accepted}");
        }
    }

    #[test]
    fn answers_with_tokens_are_never_compressed() {
        for (path, is_withheld) in [
            ("/api/v1/auth/login", true),
            ("/api/v1/auth/refresh", true),
            ("/api/v1/me/calendar", true),
            ("/api/v1/bookings", false),
            ("/auth/login", false),
        ] {
            let mut headers = headers(&[(header::ACCEPT_ENCODING, "gzip")]);
            withhold_from_tokens(path, &mut headers);
            assert_eq!(headers.is_empty(), is_withheld, "{path}");
        }
    }
}
