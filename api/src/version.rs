//! The version of the contract, and what of it is on its way out. What a version promises: `docs/VERSIONING.md`.

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::fmt::rfc2822::DateTimePrinter;
use jiff::tz::TimeZone;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{Deprecated, OpenApi};

use crate::openapi::operations;

/// The day of the last change to the contract that `docs/CHANGES.md` tells.
pub const API_VERSION: &str = "2026-12-01";

/// Says by which version of the contract an answer was made.
pub const TOT_VERSION: HeaderName = HeaderName::from_static("tot-version");
/// Since when an operation should not be used any more (RFC 9745).
pub const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");
/// From when on it may be gone (RFC 8594).
pub const SUNSET: HeaderName = HeaderName::from_static("sunset");

/// The operations on their way out: the one place that says so. Their answers carry `Deprecation` and `Sunset`, the description
/// says `deprecated` and what to use instead.
pub const LEAVING: &[Leaving] = &[];

/// An operation that should not be used any more.
#[derive(Clone, Debug)]
pub struct Leaving {
    /// Its method.
    pub method: Method,
    /// Its path, as the description has it.
    pub path: &'static str,
    /// Since when.
    pub since: Date,
    /// From when on it may be gone, if that is known; half a year after `since` or later.
    pub sunset: Option<Date>,
    /// What to use instead: a sentence.
    pub instead: &'static str,
}

/// Adds to an answer by which contract it was made and, if its operation is one of `leaving`, that it is.
pub fn declare(leaving: &[Leaving], method: &Method, route: &str, headers: &mut HeaderMap) {
    headers.insert(TOT_VERSION, HeaderValue::from_static(API_VERSION));
    let Some(row) = leaving
        .iter()
        .find(|row| row.path == route && row.method == *method)
    else {
        return;
    };
    let since = midnight(row.since).map(|at| format!("@{}", at.as_second()));
    let sunset = row.sunset.and_then(midnight);
    let sunset = sunset.and_then(|at| DateTimePrinter::new().timestamp_to_rfc9110_string(&at).ok());
    for (name, text) in [(DEPRECATION, since), (SUNSET, sunset)] {
        if let Some(value) = text.and_then(|text| HeaderValue::try_from(text).ok()) {
            headers.insert(name, value);
        }
    }
}

fn midnight(day: Date) -> Option<Timestamp> {
    day.to_zoned(TimeZone::UTC).ok().map(|at| at.timestamp())
}

/// Says the same in the description. Answers the rows that name no operation of it.
pub fn describe<'l>(leaving: &'l [Leaving], described: &mut OpenApi) -> Vec<&'l Leaving> {
    let mut unknown = Vec::new();
    for row in leaving {
        match operation(described, row) {
            Some(operation) => {
                operation.deprecated = Some(Deprecated::True);
                let told = operation.description.get_or_insert_default();
                told.push_str(&format!("\n\nDeprecated since {}: {}", row.since, row.instead));
            }
            None => unknown.push(row),
        }
    }
    unknown
}

fn operation<'d>(described: &'d mut OpenApi, row: &Leaving) -> Option<&'d mut Operation> {
    let item = described.paths.paths.get_mut(row.path)?;
    let mut found = operations(item).filter(|(method, _)| {
        let name = serde_json::to_value(method).unwrap_or_default();
        name.as_str()
            .is_some_and(|name| name.eq_ignore_ascii_case(row.method.as_str()))
    });
    found.next().map(|(_, operation)| operation)
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::extract::{MatchedPath, Request};
    use axum::middleware::{Next, from_fn};
    use axum::response::Response;
    use axum::routing::get;
    use jiff::civil::date;
    use tower::ServiceExt as _;

    use super::*;

    const OLD: &[Leaving] = &[
        Leaving {
            method: Method::GET,
            path: "/api/v1/doctors/{id}",
            since: date(2026, 12, 1),
            sunset: Some(date(2027, 7, 1)),
            instead: "read `GET /api/v1/people/{id}`.",
        },
        Leaving {
            method: Method::POST,
            path: "/api/v1/doctors/{id}",
            since: date(2026, 12, 1),
            sunset: None,
            instead: "nothing.",
        },
    ];

    async fn announce(request: Request, next: Next) -> Response {
        let route = request.extensions().get::<MatchedPath>().cloned().unwrap();
        let method = request.method().clone();
        let mut response = next.run(request).await;
        declare(OLD, &method, route.as_str(), response.headers_mut());
        response
    }

    #[tokio::test]
    async fn answers_of_what_is_leaving_say_since_when_and_until_when() {
        let router = Router::new()
            .route("/api/v1/doctors/{id}", get(|| async {}).post(|| async {}))
            .route("/api/v1/doctors", get(|| async {}))
            .layer(from_fn(announce));
        let ask = |method: &'static str, path: &'static str| {
            let request = Request::builder()
                .method(method)
                .uri(path)
                .body(Body::empty())
                .unwrap();
            let router = router.clone();
            async move { router.oneshot(request).await.unwrap().headers().clone() }
        };
        let answer = ask("GET", "/api/v1/doctors/7").await;
        assert_eq!(answer[DEPRECATION], "@1796083200");
        assert_eq!(answer[SUNSET], "Thu, 01 Jul 2027 00:00:00 GMT");
        assert_eq!(answer[TOT_VERSION], API_VERSION);
        let answer = ask("POST", "/api/v1/doctors/7").await;
        assert!(answer.contains_key(DEPRECATION) && !answer.contains_key(SUNSET));
        let answer = ask("GET", "/api/v1/doctors").await;
        assert!(!answer.contains_key(DEPRECATION) && !answer.contains_key(SUNSET));
    }

    #[test]
    fn the_description_says_what_is_leaving_and_a_row_of_nothing_is_found_out() {
        let mut described = crate::openapi().whole;
        let unknown = describe(OLD, &mut described);
        assert_eq!(unknown.len(), 1);
        assert_eq!(unknown[0].method, Method::POST);
        let told = serde_json::to_value(&described).unwrap();
        let show = &told["paths"]["/api/v1/doctors/{id}"]["get"];
        assert_eq!(show["deprecated"], true);
        assert!(
            show["description"]
                .as_str()
                .unwrap()
                .ends_with("Deprecated since 2026-12-01: read `GET /api/v1/people/{id}`.")
        );
        assert!(
            told["paths"]["/api/v1/doctors"]["get"]
                .get("deprecated")
                .is_none()
        );
    }

    #[test]
    fn the_contract_is_versioned_by_its_day() {
        assert_eq!(API_VERSION.parse::<Date>().unwrap().to_string(), API_VERSION);
        assert_eq!(crate::openapi().whole.info.version, API_VERSION);
        assert!(describe(LEAVING, &mut crate::openapi().whole).is_empty());
    }
}
