//! A person with an HTTP client: asks, and keeps status, headers and body together.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use reqwest::header::{ACCEPT_LANGUAGE, HeaderMap, HeaderValue};
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::wait::PATIENCE;

/// How long one request may take before it counts as unanswered.
const ANSWER_PATIENCE: Duration = Duration::from_secs(60);
/// How long somebody who repeats until answered waits for each answer.
const REPEAT_AFTER: Duration = Duration::from_secs(10);
/// The pause before a repeat.
const REPEAT_PAUSE: Duration = Duration::from_millis(20);

/// The keys drawn so far in this process.
static KEYS: AtomicU64 = AtomicU64::new(1);

/// An idempotency key that nobody used before in this test.
pub fn fresh_key() -> String {
    format!("once-{}", KEYS.fetch_add(1, Ordering::Relaxed))
}

/// What was answered.
#[derive(Debug, Clone)]
pub struct ApiResponse {
    /// The HTTP status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; null if it is not JSON.
    pub body: Value,
    /// The body as it came.
    pub text: String,
}

impl ApiResponse {
    /// The body, if the status is as expected.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self.body
    }

    /// The body of a problem, if its status and code are as expected and it says everything a problem must.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Value {
        assert_eq!(
            (self.status.as_u16(), self.code()),
            (status, code),
            "{}",
            self.text
        );
        self.is_a_problem();
        self.body
    }

    /// Fails unless this is a problem in full.
    #[track_caller]
    pub fn is_a_problem(&self) {
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{}",
            self.text
        );
        assert_eq!(self.body["status"], self.status.as_u16(), "{}", self.text);
        for member in ["type", "title", "detail", "instance", "code", "trace_id"] {
            assert!(self.body[member].is_string(), "{member} in {}", self.text);
        }
        if self.status == StatusCode::UNPROCESSABLE_ENTITY && self.body["code"] == "invalid" {
            for error in self.body["errors"].as_array().expect("errors") {
                for member in ["pointer", "code", "message"] {
                    assert!(error[member].is_string(), "{member} in {}", self.text);
                }
            }
        }
    }

    /// The problem's code, or nothing.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or("")
    }

    /// A header's value, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("")
    }

    /// The pointers of a 422, sorted.
    pub fn pointers(&self) -> Vec<String> {
        let errors = self.body["errors"].as_array().cloned().unwrap_or_default();
        let mut pointers: Vec<String> = errors
            .iter()
            .map(|error| error["pointer"].as_str().unwrap_or("").to_owned())
            .collect();
        pointers.sort();
        pointers
    }
}

/// Somebody who speaks to the platform.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    origin: String,
    token: Option<String>,
}

impl Client {
    /// Nobody yet.
    pub fn anonymous(url: &str) -> Self {
        // The words of refusals that tests look at; a test of languages says another one.
        let spoken = (ACCEPT_LANGUAGE, HeaderValue::from_static("en"));
        let http = reqwest::Client::builder()
            .default_headers(HeaderMap::from_iter([spoken]))
            .timeout(ANSWER_PATIENCE)
            .build()
            .unwrap();
        Self {
            http,
            origin: url.trim_end_matches('/').to_owned(),
            token: None,
        }
    }

    /// The same with an access token.
    pub fn with_token(&self, token: &str) -> Self {
        Self {
            token: Some(token.to_owned()),
            ..self.clone()
        }
    }

    /// The access token; nothing of somebody who has not signed in.
    pub fn token(&self) -> &str {
        self.token.as_deref().unwrap_or_default()
    }

    /// A query.
    pub async fn get(&self, path: &str) -> ApiResponse {
        self.send(Method::GET, path, None, &[]).await
    }

    /// A query that insists on being at least as fresh as `position`.
    pub async fn get_after(&self, path: &str, position: i64) -> ApiResponse {
        self.send(Method::GET, path, None, &[("Read-After", &position.to_string())])
            .await
    }

    /// A command.
    pub async fn post(&self, path: &str, body: Value) -> ApiResponse {
        self.send(Method::POST, path, Some(body.to_string()), &[]).await
    }

    /// A command that moves money, under a fresh idempotency key: pressed once.
    pub async fn post_once(&self, path: &str, body: Value) -> ApiResponse {
        self.post_keyed(path, &fresh_key(), body).await
    }

    /// A command under an idempotency key.
    pub async fn post_keyed(&self, path: &str, key: &str, body: Value) -> ApiResponse {
        self.send(
            Method::POST,
            path,
            Some(body.to_string()),
            &[("Idempotency-Key", key)],
        )
        .await
    }

    /// Repeats a command under its key until it is answered, as a good client does: no answer, 503 and 429 are none.
    /// Answers how many repeats it took.
    pub async fn insist(&self, path: &str, key: &str, body: Value) -> (ApiResponse, u32) {
        let deadline = Instant::now() + PATIENCE;
        let headers = [("Idempotency-Key", key)];
        for repeats in 0.. {
            let asked = self.try_send(Method::POST, path, Some(body.to_string()), &headers);
            match tokio::time::timeout(REPEAT_AFTER, asked).await {
                Ok(Ok(answer)) if !matches!(answer.status.as_u16(), 429 | 503) => return (answer, repeats),
                Ok(Ok(_) | Err(_)) | Err(_) => {}
            }
            assert!(Instant::now() < deadline, "{path} was never answered");
            tokio::time::sleep(REPEAT_PAUSE).await;
        }
        unreachable!("the deadline comes first")
    }

    /// Any request below `/api/v1`; fails the test if no answer comes.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
        headers: &[(&str, &str)],
    ) -> ApiResponse {
        self.try_send(method, path, body, headers).await.unwrap()
    }

    /// Any request below `/api/v1`; no answer is an answer too.
    pub async fn try_send(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
        headers: &[(&str, &str)],
    ) -> Result<ApiResponse, reqwest::Error> {
        self.try_send_to(method, &format!("/api/v1{path}"), body, headers)
            .await
    }

    /// Sends a file as it is, below `/api/v1`.
    pub async fn upload(&self, path: &str, media_type: &str, bytes: Vec<u8>) -> ApiResponse {
        let path = format!("/api/v1{path}");
        let request = self.request(Method::POST, &path, None, &[("content-type", media_type)]);
        answered(request.body(bytes).send().await.unwrap()).await.unwrap()
    }

    /// A query anywhere on the server.
    pub async fn fetch(&self, path: &str) -> ApiResponse {
        self.try_send_to(Method::GET, path, None, &[]).await.unwrap()
    }

    /// Any request to any path of the server.
    pub async fn try_send_to(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
        headers: &[(&str, &str)],
    ) -> Result<ApiResponse, reqwest::Error> {
        let response = self.request(method, path, body, headers).send().await?;
        answered(response).await
    }

    /// A request about to be sent, for whoever reads the answer as it comes.
    pub fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
        headers: &[(&str, &str)],
    ) -> reqwest::RequestBuilder {
        let mut request = self.http.request(method, format!("{}{path}", self.origin));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request
    }
}

async fn answered(response: reqwest::Response) -> Result<ApiResponse, reqwest::Error> {
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.text().await?;
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    Ok(ApiResponse {
        status,
        headers,
        body,
        text,
    })
}
