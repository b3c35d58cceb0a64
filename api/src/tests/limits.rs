//! What one request may cost: how long and how large it may be, and how often somebody may ask.

use std::time::Duration;

use axum::body::Body;
use axum::routing::get;
use axum::{Router, middleware};
use http::Request;

use super::surface::{Surface, answer_of, request};
use crate::middleware::wrap_request;
use crate::settings::{Limits, Rate};

#[tokio::test]
async fn a_body_must_be_declared_small_whole_and_in_time() {
    let surface = Surface::with(|settings| settings.body_within = Duration::from_millis(20)).await;
    let path = "/api/v1/bookings";
    let plain = Request::builder()
        .method("POST")
        .uri(path)
        .header("content-type", "text/plain");
    assert_eq!(
        surface.ask(plain.body(Body::from("{}")).unwrap()).await.code(),
        "unsupported_media_type"
    );
    let undeclared = Request::builder()
        .method("POST")
        .uri(path)
        .body(Body::from("{}"))
        .unwrap();
    assert_eq!(surface.ask(undeclared).await.code(), "unsupported_media_type");
    let large = "x".repeat(64 * 1024 + 1);
    assert_eq!(
        surface.ask(request("POST", path, &large)).await.code(),
        "body_too_large"
    );
    let chunks = (0..70).map(|_| Ok::<_, std::io::Error>("x".repeat(1_024)));
    let streamed = request("POST", path, "").map(|_| Body::from_stream(futures::stream::iter(chunks)));
    assert_eq!(surface.ask(streamed).await.code(), "body_too_large");
    assert_eq!(
        surface.ask(request("POST", path, "{\"call_type\":")).await.code(),
        "malformed_json"
    );
    let never = futures::stream::pending::<Result<String, std::io::Error>>();
    let slow = request("POST", path, "").map(|_| Body::from_stream(never));
    assert_eq!(surface.ask(slow).await.code(), "request_timeout");
    let query = surface
        .ask(request("POST", "/api/v1/auth/login?email=a", "{}"))
        .await;
    assert!(query.body.contains("\"/query\""), "{}", query.body);
}

#[tokio::test]
async fn a_handler_that_panics_or_never_ends_is_a_problem_like_any_other() {
    let surface = Surface::with(|settings| settings.answer_within = Duration::from_millis(20)).await;
    let router = || {
        let broken = || async {
            if true {
                panic!("secret detail")
            }
        };
        let endless = || async { std::future::pending::<()>().await };
        Router::new()
            .route("/panics", get(broken))
            .route("/hangs", get(endless))
            .layer(middleware::from_fn_with_state(surface.app.clone(), wrap_request))
    };
    let answer = answer_of(router(), request("GET", "/panics", "")).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (500, "internal")
    );
    assert!(!answer.body.contains("secret detail"));
    let answer = answer_of(router(), request("GET", "/hangs", "")).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (503, "unavailable")
    );
    assert_eq!(answer.headers["retry-after"], "1");
}

#[tokio::test]
async fn whoever_asks_too_often_is_told_when_to_come_back() {
    let surface = Surface::with(|settings| {
        settings.limits = Limits {
            requests_per_address: Rate::per_minute(8),
            logins_per_account: Rate::per_minute(2),
            ..Limits::UNLIMITED
        };
    })
    .await;
    let login = || {
        request(
            "POST",
            "/api/v1/auth/login",
            r#"{"email": "a@example.com", "password": "wrong"}"#,
        )
    };
    assert_eq!(surface.ask(login()).await.code(), "wrong_credentials");
    assert_eq!(surface.ask(login()).await.code(), "wrong_credentials");
    let limited = surface.ask(login()).await;
    assert_eq!(
        (limited.status.as_u16(), limited.code().as_str()),
        (429, "rate_limited")
    );
    let wait: u32 = limited.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=4).contains(&wait), "{wait}");
    assert_eq!(limited.headers["ratelimit-policy"], "\"sign-ins\";q=2;w=60");
    // A header anybody can write does not make another address.
    let mut codes = Vec::new();
    for number in 0..8 {
        let mut hopping = request("GET", "/livez", "");
        hopping
            .headers_mut()
            .insert("x-forwarded-for", format!("192.0.2.{number}").parse().unwrap());
        codes.push(surface.ask(hopping).await.status.as_u16());
    }
    assert_eq!(codes.iter().filter(|code| **code == 200).count(), 5, "{codes:?}");
    assert_eq!(codes.last(), Some(&429));
}
