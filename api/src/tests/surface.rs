//! The surface over a real log, called in-process: what every answer has in common, whatever was asked.

use axum::Router;
use axum::body::Body;
use commands::prices::{self, PublishPrices};
use commands::{CommandMetadata, CommandServices, PAYOUT_MIN_DEFAULT, Policies};
use dev_stack::TestDatabase;
use event_store::{EventLog, LogOptions};
use http::{HeaderMap, Request, StatusCode};
use identity::{MasterKeys, People, PeopleOptions, TokenKeys};
use projections::Models;
use secrecy::SecretString;
use serde_json::Value;
use tower::ServiceExt;

use super::description::{served, takes_a_token};
use crate::App;
use crate::problem::MEDIA_TYPE;
use crate::settings::{Limits, Settings};
use crate::webhook_ports::WebhookPorts;

const ID: &str = "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69";

/// An application over a database of its own.
pub struct Surface {
    pub app: App,
    router: Router,
    // Last: dropped after everything that is connected to it.
    _database: TestDatabase,
}

impl Surface {
    pub async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let database = TestDatabase::create().await.unwrap();
        let options = LogOptions::new(database.app_url(), domain::any_event::known);
        let log = EventLog::open(options).await.unwrap();
        let keys = std::env::temp_dir().join(format!("{}.keys", database.name));
        let master = std::env::temp_dir().join(format!("{}.master-keys", database.name));
        let people = People::new(
            log.pool().clone(),
            TokenKeys::generate(&keys).unwrap(),
            MasterKeys::generate(&master).unwrap(),
            PeopleOptions::new("http://tot.example"),
        );
        std::fs::remove_file(&keys).unwrap();
        std::fs::remove_file(&master).unwrap();
        let mut settings = Settings::new("http://tot.example/", SecretString::from("secret"), "test");
        settings.limits = Limits::UNLIMITED;
        change(&mut settings);
        let policies = Policies {
            payout_min: PAYOUT_MIN_DEFAULT,
        };
        let services = CommandServices::new(log.clone(), people, policies);
        publish_prices(&services).await;
        let app = App::new(services, Models::new(log), None, settings);
        Self {
            router: crate::router(app.clone()),
            app,
            _database: database,
        }
    }

    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// The same surface with a world outside.
    pub fn with_webhook_ports(self, webhook_ports: WebhookPorts) -> Self {
        let app = self.app.with_webhook_ports(webhook_ports);
        Self {
            router: crate::router(app.clone()),
            app,
            ..self
        }
    }

    /// Everything that is served.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    pub async fn ask(&self, request: Request<Body>) -> TestResponse {
        answer_of(self.router.clone(), request).await
    }

    pub async fn get(&self, path: &str) -> TestResponse {
        self.ask(request("GET", path, "")).await
    }
}

/// Publishes the example list.
async fn publish_prices(services: &CommandServices) {
    let example = include_str!("../../../docs/how-to/price-list.example.json");
    let mut list: PublishPrices = crate::read_price_document(example.as_bytes()).unwrap();
    list.valid_from = Some(jiff::Timestamp::UNIX_EPOCH);
    let admin = ID.parse().unwrap();
    let metadata =
        CommandMetadata::from_account(admin, domain::people::Role::Admin, String::new(), "0".repeat(32));
    prices::publish(services, &metadata, list).await.unwrap();
}

pub struct TestResponse {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl TestResponse {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub fn code(&self) -> String {
        assert_eq!(self.headers["content-type"], MEDIA_TYPE, "{}", self.body);
        self.json()["code"].as_str().unwrap().to_owned()
    }
}

pub async fn answer_of(router: Router, request: Request<Body>) -> TestResponse {
    let response = router.oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, 8 << 20).await.unwrap();
    let body = String::from_utf8_lossy(&bytes).into_owned();
    TestResponse {
        status: parts.status,
        headers: parts.headers,
        body,
    }
}

pub fn request(method: &str, path: &str, body: &str) -> Request<Body> {
    let builder = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .header("accept-language", "en");
    builder.body(Body::from(body.to_owned())).unwrap()
}

/// Every described operation as (method, path with ids filled in, whether it needs a token).
fn described() -> Vec<(String, String, bool)> {
    let served = served();
    let paths = served
        .iter()
        .map(|description| description["paths"].as_object().unwrap());
    let mut operations = Vec::new();
    for (path, item) in paths.flatten() {
        let path = path
            .replace("{type}", "booking")
            .replace("{name}", "bookings")
            .replace("{account}", "clinic_revenue");
        let path = path.replace("{id}", ID).replace("{owner}", ID);
        let path = path.replace("{block_id}", ID).replace("{date}", "2026-12-02");
        let path = path.replace("{delivery_id}", ID).replace("{document_id}", ID);
        let path = path.replace("{subject_id}", ID).replace("{number}", "1");
        let path = path.replace("{version}", "1").replace("{secret_id}", ID);
        let path = path.replace("{token}", &format!("totc_{}", "A".repeat(43)));
        assert!(!path.contains('{'), "{path}");
        for (method, operation) in item.as_object().unwrap() {
            operations.push((method.to_uppercase(), path.clone(), takes_a_token(operation)));
        }
    }
    operations
}

fn is_secured(answer: &TestResponse, what: &str) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(answer.headers[name], value, "{what}: {name}");
    }
    let policy = answer.headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
        "{what}"
    );
    assert!(!policy.contains("script-src 'unsafe"), "{what}");
    assert_eq!(answer.headers["tot-trace-id"].len(), 32, "{what}");
    assert!(answer.headers.contains_key("cache-control"), "{what}");
}

#[tokio::test]
async fn what_is_described_is_served_and_nothing_is_given_without_a_token() {
    let surface = Surface::new().await;
    for (method, path, needs_token) in described() {
        let what = format!("{method} {path}");
        let answer = surface.ask(request(&method, &path, "")).await;
        is_secured(&answer, &what);
        assert_ne!(answer.status, 405, "{what}");
        assert_ne!(answer.status, 500, "{what}: {}", answer.body);
        if needs_token {
            assert!(
                [401, 422].contains(&answer.status.as_u16()),
                "{what}: {} {}",
                answer.status,
                answer.body
            );
        }
        // The framework of OAuth has errors of its own.
        if answer.status.is_client_error() && !path.ends_with("/oauth/token") {
            answer.code();
        }
        // Nothing is traced by that name.
        let other = surface.ask(request("TRACE", &path, "")).await;
        assert_eq!(
            (other.status.as_u16(), other.code().as_str()),
            (405, "method_not_allowed"),
            "{what}"
        );
        let traced = surface.ask(request("TRACE", &path, "")).await;
        assert_eq!(traced.status, 405, "TRACE {path}");
        assert!(
            other.headers["allow"].to_str().unwrap().contains(&method),
            "{what}"
        );
    }
}

#[tokio::test]
async fn a_body_is_looked_at_before_the_token() {
    let surface = Surface::new().await;
    let post = |body: &str| request("POST", "/api/v1/bookings", body);
    let answer = surface
        .ask(post(r#"{"call_type": "invalid_type", "amount": -100}"#))
        .await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (422, "invalid"));
    let problem = answer.json();
    assert_eq!(problem["type"], "http://tot.example/problems/invalid");
    assert_eq!(problem["instance"], "/api/v1/bookings");
    assert_eq!(
        problem["trace_id"],
        answer.headers["tot-trace-id"].to_str().unwrap()
    );
    assert_eq!(problem["errors"].as_array().unwrap().len(), 2);

    let fine = r#"{"call_type": "urgent", "amount": 1500, "address": "home"}"#;
    let answer = surface.ask(post(fine)).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (401, "token_missing")
    );
    assert_eq!(answer.headers["www-authenticate"], "Bearer");

    let mut keyed = post(fine);
    keyed
        .headers_mut()
        .insert("idempotency-key", "not one word".parse().unwrap());
    let answer = surface.ask(keyed).await;
    assert_eq!(answer.json()["errors"][0]["pointer"], "/headers/Idempotency-Key");

    let mut forged = post(fine);
    forged
        .headers_mut()
        .insert("authorization", "Bearer e30.e30.e30".parse().unwrap());
    assert_eq!(surface.ask(forged).await.code(), "invalid_token");
}

#[tokio::test]
async fn the_trace_of_the_caller_goes_on_in_the_answer() {
    let surface = Surface::new().await;
    let mut traced = request("GET", "/nowhere", "");
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    traced
        .headers_mut()
        .insert("traceparent", parent.parse().unwrap());
    let answer = surface.ask(traced).await;
    assert_eq!(answer.code(), "not_found");
    assert_eq!(answer.json()["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
}

#[tokio::test]
async fn pages_and_documentation_come_from_here_alone() {
    let surface = Surface::new().await;
    for path in ["/", "/problems/slot_taken", "/api/docs/"] {
        let answer = surface.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        is_secured(&answer, path);
        assert!(
            answer.headers["content-type"]
                .to_str()
                .unwrap()
                .starts_with("text/html"),
            "{path}"
        );
        for elsewhere in ["src=\"http", "href=\"http", "src=\"//", "href=\"//", "@import"] {
            assert!(!answer.body.contains(elsewhere), "{path} loads from elsewhere");
        }
    }
    let home = surface.get("/").await.body;
    assert!(home.contains("<html lang=\"en\">") && home.contains("href=\"?lang=ru\""));
    assert_eq!(surface.get("/problems/no_such_code").await.code(), "not_found");
    for (of, description) in [
        "",
        "-doctor",
        "-clinic",
        "-account",
        "-admin",
        "-operator",
        "-analyst",
        "-webhooks",
    ]
    .into_iter()
    .zip(served())
    {
        let path = format!("/api/v1/openapi{of}.json");
        assert_eq!(surface.get(&path).await.json(), description, "{path}");
    }
}

#[tokio::test]
async fn the_platform_answers_about_itself() {
    let surface = Surface::new().await;
    assert_eq!(surface.get("/livez").await.json()["status"], "alive");
    let ready = surface.get("/readyz").await;
    assert_eq!(ready.json()["status"], "ready", "{}", ready.body);
    let version = surface.get("/api/v1/version").await.json();
    assert_eq!(
        (version["name"].as_str(), version["version"].as_str()),
        (Some("tot"), Some("test"))
    );
    let tariffs = surface.get("/api/v1/tariffs?call_type=scheduled").await.json();
    assert_eq!(tariffs["items"][0]["amount"], "2000.00");
    assert_eq!(
        (tariffs["version"].as_i64(), tariffs["hold_minutes"].as_i64()),
        (Some(1), Some(15))
    );
    let unknown = surface.get("/api/v1/tariffs?version=2").await;
    assert_eq!(unknown.code(), "not_found");
    let both = surface
        .get("/api/v1/tariffs?version=1&at=2026-12-01T00:00:00Z")
        .await;
    assert_eq!(both.json()["errors"][0]["pointer"], "/query/at");
}
