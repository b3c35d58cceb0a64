//! Error answers: RFC 9457 problem documents with a stable code, made anywhere and written in one place.

pub mod field_error;
pub mod mapping;
pub mod page;

use std::borrow::Cow;
use std::sync::Arc;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use domain::money::Money;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::problem::field_error::FieldError;
use crate::representation::amount::Sum;

/// The media type of every error answer.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// Seconds a client is asked to wait after a 503.
const RETRY_AFTER_S: u32 = 1;

/// A "no" on its way to the client; [`crate::middleware`] writes it down, with the trace id and the path it knows.
#[derive(Clone, Debug)]
pub struct Problem(Box<Content>);

/// What a problem says; boxed, because most results hold none.
#[derive(Clone, Debug)]
struct Content {
    code: Code,
    detail: Cow<'static, str>,
    errors: Vec<FieldError>,
    members: Vec<(&'static str, Value)>,
    headers: HeaderMap,
    cause: Option<Arc<str>>,
}

/// An error answer, RFC 9457.
#[derive(Clone, Debug, ToSchema)]
#[schema(as = Problem)]
#[expect(dead_code, reason = "describes the wire; Document is what is written")]
pub struct ProblemDocument {
    /// Leads to a page that explains the code.
    #[schema(example = "http://localhost:3000/problems/slot_taken")]
    r#type: String,
    /// A short summary, the same for every occurrence.
    #[schema(example = "This time is taken")]
    title: String,
    /// The HTTP status.
    #[schema(example = 409)]
    status: u16,
    /// A sentence about this occurrence.
    #[schema(example = "this time is taken")]
    detail: String,
    /// The path that was asked for.
    #[schema(example = "/api/v1/bookings")]
    instance: String,
    /// The stable word to switch on.
    #[schema(example = "slot_taken")]
    code: String,
    /// Names this request in our logs.
    #[schema(example = "4bf92f3577b34da6a3ce929d0e0e4736")]
    trace_id: String,
    /// Every fault of the request, when `code` is `invalid`.
    errors: Option<Vec<FieldError>>,
    /// The right price, when `code` is `price_changed`.
    price: Option<Sum>,
    /// The version of the price list it stands in, when `code` is `price_changed`.
    price_list_version: Option<u32>,
    /// The true fee, when `code` is `fee_changed`.
    fee: Option<Sum>,
    /// What can be spent, when `code` is `insufficient_funds`.
    available: Option<Sum>,
}

/// The document itself, as written.
#[derive(Serialize)]
struct Document<'a> {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: &'a str,
    instance: &'a str,
    code: &'static str,
    trace_id: &'a str,
    #[serde(skip_serializing_if = "<[FieldError]>::is_empty")]
    errors: &'a [FieldError],
    #[serde(flatten)]
    members: serde_json::Map<String, Value>,
}

impl Problem {
    /// A problem of this code; `detail` is one sentence about this occurrence, without personal data.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        let mut problem = Self(Box::new(Content {
            code,
            detail: detail.into(),
            errors: Vec::new(),
            members: Vec::new(),
            headers: HeaderMap::new(),
            cause: None,
        }));
        if code.status() == StatusCode::SERVICE_UNAVAILABLE {
            problem = problem.retry_after(RETRY_AFTER_S);
        }
        if code.status() == StatusCode::UNAUTHORIZED {
            problem
                .0
                .headers
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        problem
    }

    /// A problem of this code that says no more than its title.
    pub fn plain(code: Code) -> Self {
        Self::new(code, code.title())
    }

    /// All faults of a request at once.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [only] => format!("{} {}", only.pointer, only.message),
            several => format!("{} faults, each listed in errors", several.len()),
        };
        let mut problem = Self::new(Code::Invalid, detail);
        problem.0.errors = errors;
        problem
    }

    /// An error of ours: its whole source chain goes to the log (once, with the trace id), never to the client.
    pub fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        Self::plain(Code::Internal).because(error)
    }

    /// Something the answer depends on cannot be reached; the reason goes to the log.
    pub fn unavailable(error: &(dyn std::error::Error + 'static)) -> Self {
        Self::plain(Code::Unavailable).because(error)
    }

    /// Keeps the source chain of `error` for the log.
    pub fn because(mut self, error: &(dyn std::error::Error + 'static)) -> Self {
        let mut chain = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            chain.push_str(": ");
            chain.push_str(&cause.to_string());
            source = cause.source();
        }
        self.0.cause = Some(chain.into());
        self
    }

    /// Adds a member that tells the client an amount, such as the right price.
    pub fn with_money(mut self, name: &'static str, money: Money) -> Self {
        let amount = serde_json::json!({"amount": money.decimal(), "currency": money.currency.code()});
        self.0.members.push((name, amount));
        self
    }

    /// Adds a member of its own.
    pub fn with_member(mut self, name: &'static str, value: Value) -> Self {
        self.0.members.push((name, value));
        self
    }

    /// Adds a response header.
    pub fn with_header(mut self, name: header::HeaderName, value: HeaderValue) -> Self {
        self.0.headers.insert(name, value);
        self
    }

    /// Tells the client to wait so many seconds.
    pub fn retry_after(self, seconds: u32) -> Self {
        self.with_header(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// The stable code.
    pub const fn code(&self) -> Code {
        self.0.code
    }

    /// A sentence about this occurrence.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// Every fault of the request, if it was invalid.
    pub fn errors(&self) -> &[FieldError] {
        &self.0.errors
    }

    /// What the log should know and the client should not.
    pub fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    /// The finished answer. `public_url` is where the platform is reached from outside, `instance` the path asked for.
    pub fn write(&self, public_url: &str, instance: &str, trace_id: &str) -> Response {
        let document = Document {
            r#type: format!("{public_url}/problems/{}", self.0.code.as_str()),
            title: self.0.code.title(),
            status: self.0.code.status().as_u16(),
            detail: &self.0.detail,
            instance,
            code: self.0.code.as_str(),
            trace_id,
            errors: &self.0.errors,
            members: self
                .0
                .members
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect(),
        };
        // A document of strings and numbers always serialises; an empty body is still a truthful status.
        let body = serde_json::to_vec(&document).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.0.code.status();
        *response.headers_mut() = self.0.headers.clone();
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.0.code.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

// Each code is a page of `docs/problems`, which says its title and status: the build makes enum and table from them.
include!(concat!(env!("OUT_DIR"), "/codes.rs"));

/// What a page says of its code.
struct Row {
    word: &'static str,
    status: u16,
    title: &'static str,
    page: &'static str,
}

impl Code {
    /// The stable word of the contract.
    pub const fn as_str(self) -> &'static str {
        self.row().word
    }

    /// The HTTP status it is answered with.
    pub fn status(self) -> StatusCode {
        StatusCode::from_u16(self.row().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// A short English summary, the same for every occurrence.
    pub const fn title(self) -> &'static str {
        self.row().title
    }

    /// The page that explains it, in Markdown.
    pub const fn page(self) -> &'static str {
        self.row().page
    }

    /// Whether this code says no more than its status does, so that it can stand for any error of that status.
    pub const fn stands_for_status(self) -> bool {
        matches!(
            self,
            Self::MalformedJson
                | Self::TokenMissing
                | Self::Forbidden
                | Self::NotFound
                | Self::MethodNotAllowed
                | Self::RequestTimeout
                | Self::NotNow
                | Self::VersionMismatch
                | Self::BodyTooLarge
                | Self::UnsupportedMediaType
                | Self::Invalid
                | Self::RateLimited
                | Self::Internal
                | Self::Unavailable
        )
    }

    /// The code named by `word`.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_in_the_folder_is_a_code_and_says_what_the_code_answers() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/problems");
        let mut pages = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let code = Code::parse(path.file_stem().unwrap().to_str().unwrap()).unwrap();
            let text = std::fs::read_to_string(&path).unwrap();
            let answer = Problem::plain(code).write("", "/", "t");
            let status = answer.status().as_u16();
            let head = format!(
                "# {}\n\n`{}` · HTTP status {status}\n",
                code.title(),
                code.as_str()
            );
            assert!(text.starts_with(&head), "{}: {head}", path.display());
            assert_eq!(code.page(), text);
            pages += 1;
        }
        assert_eq!(pages, Code::ALL.len());
    }

    #[test]
    fn a_written_problem_has_every_member_of_the_contract() {
        let problem = Problem::new(Code::PriceChanged, "the price is now 2000.00 RUB")
            .with_money("price", Money::kopecks(200_000));
        let response = problem.write("http://tot.example", "/api/v1/bookings", "abc");
        assert_eq!(response.status(), 409);
        assert_eq!(response.headers()[header::CONTENT_TYPE], MEDIA_TYPE);
        let body = futures::executor::block_on(axum::body::to_bytes(response.into_body(), 10_000)).unwrap();
        let document: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(
            document,
            serde_json::json!({
                "type": "http://tot.example/problems/price_changed",
                "title": "The price is another one",
                "status": 409,
                "detail": "the price is now 2000.00 RUB",
                "instance": "/api/v1/bookings",
                "code": "price_changed",
                "trace_id": "abc",
                "price": {"amount": "2000.00", "currency": "RUB"},
            })
        );
    }

    #[test]
    fn a_503_says_when_to_come_back_and_a_401_says_how_to_sign_in() {
        let busy = Problem::plain(Code::Busy).write("", "/", "t");
        assert_eq!(busy.headers()[header::RETRY_AFTER], "1");
        let missing = Problem::plain(Code::TokenMissing).write("", "/", "t");
        assert_eq!(missing.headers()[header::WWW_AUTHENTICATE], "Bearer");
    }
}
