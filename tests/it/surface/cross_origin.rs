//! Web apps of other origins: closed unless configured, then open to exactly those that are named.

use kit::client::{ApiResponse, Client};
use kit::platform::{ALL, Platform};
use reqwest::Method;

const APP: &str = "https://app.example";
const OTHER: &str = "https://app.example.evil.example";

/// What an app needs to read of an answer, beside its body.
const SHOWN: [&str; 8] = [
    "etag",
    "location",
    "tot-position",
    "tot-as-of",
    "idempotent-replayed",
    "retry-after",
    "www-authenticate",
    "ratelimit",
];

async fn preflight(client: &Client, origin: &str) -> ApiResponse {
    let headers = [
        ("origin", origin),
        ("access-control-request-method", "POST"),
        (
            "access-control-request-headers",
            "authorization,content-type,idempotency-key",
        ),
    ];
    client.send(Method::OPTIONS, "/bookings", None, &headers).await
}

#[tokio::test]
async fn without_a_setting_no_other_origin_is_let_in() {
    let platform = Platform::start().await;
    let anybody = platform.anonymous();
    let asked = preflight(&anybody, APP).await;
    assert_eq!(asked.header("access-control-allow-origin"), "");
    asked.expect_problem(405, "method_not_allowed");
    let read = anybody
        .send(Method::GET, "/version", None, &[("origin", APP)])
        .await;
    assert_eq!(
        (read.status.as_u16(), read.header("access-control-allow-origin")),
        (200, "")
    );
    platform.finish().await;
}

#[tokio::test]
async fn a_named_origin_may_ask_and_read_and_no_other_may() {
    let mut platform = Platform::prepare().await;
    platform.set("TOT_CORS_ORIGINS", &format!("http://localhost:5173, {APP}"));
    platform.serve(ALL).await;
    let anybody = platform.anonymous();

    // Asked first, without a token.
    let asked = preflight(&anybody, APP).await;
    assert_eq!(asked.status, 200, "{}", asked.text);
    assert_eq!(asked.header("access-control-allow-origin"), APP);
    for (header, words) in [
        (
            "access-control-allow-methods",
            &["GET", "POST", "PUT", "PATCH"][..],
        ),
        (
            "access-control-allow-headers",
            &["authorization", "content-type", "idempotency-key", "if-match"],
        ),
    ] {
        let told: Vec<&str> = asked.header(header).split(',').collect();
        assert!(words.iter().all(|word| told.contains(word)), "{header}: {told:?}");
    }
    assert_eq!(asked.header("access-control-max-age"), "7200");
    assert_eq!(asked.header("vary"), "origin");

    // Then read: answers, refusals and errors alike.
    let patient = platform.patient().await;
    let (origin, nobody) = ([("origin", APP)], anybody.clone());
    for (client, path, status) in [
        (&patient.client, "/bookings", 200),
        (&nobody, "/bookings", 401),
        (&nobody, "/nowhere", 404),
    ] {
        let read = client.send(Method::GET, path, None, &origin).await;
        assert_eq!(read.status.as_u16(), status, "{path}");
        assert_eq!(read.header("access-control-allow-origin"), APP, "{path} {status}");
        let shown: Vec<&str> = read.header("access-control-expose-headers").split(',').collect();
        assert!(SHOWN.iter().all(|header| shown.contains(header)), "{shown:?}");
        let varies = read.headers.get_all("vary");
        assert!(varies.iter().any(|names| names == "origin"), "{:?}", read.headers);
        assert_eq!(read.header("access-control-allow-credentials"), "", "no cookies");
    }

    for origin in [OTHER, "null", "http://app.example", "https://APP.example"] {
        let asked = preflight(&anybody, origin).await;
        assert_eq!(asked.header("access-control-allow-origin"), "", "{origin}");
        let read = anybody
            .send(Method::GET, "/version", None, &[("origin", origin)])
            .await;
        assert_eq!(read.header("access-control-allow-origin"), "", "{origin}");
    }
    platform.finish().await;
}

#[tokio::test]
async fn an_app_can_read_that_it_asked_too_often() {
    let mut platform = Platform::prepare().await;
    platform.set("TOT_CORS_ORIGINS", APP);
    platform.set("TOT_RATE_LIMIT_REQUESTS_PER_ADDRESS", "1");
    platform.serve("api").await;
    let mut limited = None;
    for _ in 0..20 {
        let answer = platform
            .anonymous()
            .send(Method::GET, "/version", None, &[("origin", APP)])
            .await;
        limited = Some(answer).filter(|answer| answer.status == 429);
        if limited.is_some() {
            break;
        }
    }
    let limited = limited.expect("a limit");
    assert_eq!(limited.header("access-control-allow-origin"), APP);
    platform.stop().await;
}

#[tokio::test]
async fn what_would_open_it_to_all_or_never_match_stops_the_start_with_the_mend() {
    for (value, mend) in [
        ("*", "name each one"),
        ("https://app.example,*", "name each one"),
        ("https://app.example/", "`https://app.example`"),
        ("http://app.example", "write https"),
        ("app.example", "https://app.example"),
    ] {
        let mut platform = Platform::prepare().await;
        platform.set("TOT_CORS_ORIGINS", value);
        let output = platform.try_tot(&["serve"], "").await;
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success(), "{value}");
        assert!(
            said.contains("TOT_CORS_ORIGINS") && said.contains(mend),
            "{value}: {said}"
        );
        platform.stop().await;
    }
}
