//! What every answer carries, and the doors for operators: health, version, metrics, documentation.

use kit::platform::{ALL, Platform};
use kit::wait::until;
use reqwest::Method;

/// Paths of every kind, and whether they are pages for people.
const PATHS: [(&str, bool); 9] = [
    ("/", true),
    ("/livez", false),
    ("/api/v1/version", false),
    ("/api/v1/bookings", false),
    ("/api/v1/nowhere", false),
    ("/problems", true),
    ("/problems/slot_taken", true),
    ("/api/docs/", true),
    ("/api/docs/apps", true),
];

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let mut platform = Platform::prepare().await;
    platform.set("TOT_PUBLIC_URL", "https://tot.test");
    platform.serve(ALL).await;
    let anybody = platform.anonymous();
    for (path, is_page) in PATHS {
        let answer = anybody.fetch(path).await;
        for (header, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(header), value, "{header} of {path}");
        }
        let permitted = answer.header("permissions-policy");
        assert!(
            permitted.split(", ").all(|feature| feature.ends_with("=()")) && permitted.contains("camera=()"),
            "{path}: {permitted}"
        );
        let policy = answer.header("content-security-policy");
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert!(policy.contains("base-uri 'none'"), "{path}: {policy}");
        assert!(
            !policy.contains("unsafe-eval") && !policy.contains("http"),
            "{path}: {policy}"
        );
        assert_eq!(
            answer.header("strict-transport-security"),
            "max-age=31536000; includeSubDomains",
            "{path}"
        );
        assert!(!answer.header("cache-control").is_empty(), "{path}");
        assert!(answer.header("server").is_empty(), "{path} names its server");
        assert!(answer.header("set-cookie").is_empty(), "{path} sets a cookie");
        let is_html = answer.header("content-type").starts_with("text/html");
        assert_eq!(is_html, is_page, "{path} is {}", answer.header("content-type"));
    }
    platform.finish().await;
}

#[tokio::test]
async fn the_pages_need_nobody_elses_server() {
    let platform = Platform::start().await;
    let anybody = platform.anonymous();
    for page in [
        "/",
        "/api/docs/",
        "/api/docs/apps",
        "/problems",
        "/problems/slot_taken",
    ] {
        let answer = anybody.fetch(page).await;
        assert_eq!(answer.status, 200, "{page}");
        for loaded in loaded_by(&answer.text) {
            let foreign = loaded.starts_with("//") || loaded.contains("://");
            assert!(!foreign, "{page} loads {loaded}");
            if loaded.ends_with(".js") || loaded.ends_with(".css") {
                assert_eq!(anybody.fetch(&loaded).await.status, 200, "{page} loads {loaded}");
            }
        }
    }
    // The guide needs nothing but itself and its icon; what shows the operations are scripts of ours.
    let guide = anybody.fetch("/api/docs/").await.text;
    assert_eq!(loaded_by(&guide), ["/favicon.svg"]);
    let operations = anybody.fetch("/api/docs/apps").await.text;
    let scripts = ["/api/docs/rapidoc-9.3.8.min.js", "/api/docs/fresh-keys.js"];
    assert_eq!(
        loaded_by(&operations),
        [&["/favicon.svg"][..], &scripts[..]].concat()
    );
    platform.finish().await;
}

/// What a page makes the browser load: `src` of anything, `href` of links that are not for clicking.
fn loaded_by(html: &str) -> Vec<String> {
    let value = |tag: &str, attribute: &str| {
        let rest = tag.split_once(&format!("{attribute}=\""))?.1;
        rest.split_once('"').map(|(value, _)| value.to_owned())
    };
    let tags = html
        .split('<')
        .filter_map(|tag| tag.split_once('>').map(|(inside, _)| inside));
    tags.filter_map(|tag| {
        if tag.starts_with("link") {
            value(tag, "href")
        } else {
            value(tag, "src")
        }
    })
    .filter(|loaded| !loaded.starts_with("data:"))
    .collect()
}

/// What operators watch.
const METRICS: [&str; 10] = [
    "tot_http_requests_total",
    "tot_http_request_duration_seconds",
    "tot_commands_appended_total",
    "tot_command_conflicts_total",
    "tot_append_batch_facts",
    "tot_append_seconds",
    "tot_relay_lag_facts",
    "tot_read_model_lag_facts",
    "tot_parked_keys",
    "tot_intents_due",
];

#[tokio::test]
async fn operators_see_life_readiness_and_metrics_on_a_port_of_their_own() {
    let mut platform = Platform::prepare().await;
    let metrics = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    platform.set("TOT_METRICS_LISTEN", &metrics.to_string());
    platform.serve(ALL).await;
    let anybody = platform.anonymous();
    assert_eq!(anybody.fetch("/livez").await.status, 200);
    until("readiness", || async {
        (anybody.fetch("/readyz").await.status == 200).then_some(())
    })
    .await;
    let version = anybody.get("/version").await.expect(200);
    assert!(
        version["now"].is_string() && version["version"].is_string(),
        "{version}"
    );

    let patient = platform.patient().await;
    patient
        .client
        .post("/bookings", kit::scene::Scene::urgent())
        .await
        .expect(200);
    let elsewhere = kit::client::Client::anonymous(&format!("http://{metrics}"));
    until("every metric to be shown", || async {
        let shown = elsewhere.fetch("/metrics").await.text;
        let is_shown = |name: &&str| {
            shown
                .lines()
                .any(|line| !line.starts_with('#') && line.contains(*name))
        };
        METRICS.iter().all(is_shown).then_some(())
    })
    .await;
    assert_eq!(
        anybody.fetch("/metrics").await.status,
        404,
        "metrics are not for everybody"
    );
    platform.finish().await;
}

#[tokio::test]
async fn a_trace_begun_elsewhere_is_carried_on() {
    let platform = Platform::start().await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let parent = format!("00-{trace}-00f067aa0ba902b7-01");
    let asked = [("traceparent", parent.as_str())];
    let answer = platform
        .anonymous()
        .send(Method::GET, "/nowhere", None, &asked)
        .await;
    assert_eq!(answer.body["trace_id"], trace, "{}", answer.text);
    platform.finish().await;
}
