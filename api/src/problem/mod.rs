//! Error answers: RFC 9457 problem documents with a stable code, made anywhere and written in one place.

mod apps;
pub mod field_error;
pub mod mapping;
pub mod page;
mod patient_limits;
mod russian;
#[cfg(test)]
mod tests;
mod webhooks;

use std::borrow::Cow;
use std::sync::Arc;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use domain::money::Money;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::language::Language;
use crate::problem::field_error::FieldError;
use crate::representation::amount::Sum;

/// The media type of every error answer.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// Seconds a client is asked to wait after a 503.
const RETRY_AFTER_S: u32 = 1;

/// What whoever writes a program meets, and nobody who uses it.
const PROGRAMS_MISTAKES: [Code; 8] = [
    Code::CrossSiteRequest,
    Code::IdempotencyKeyRequired,
    Code::IdempotencyKeyReused,
    Code::InvalidTicket,
    Code::MethodNotAllowed,
    Code::NotFound,
    Code::TokenMissing,
    Code::UnsupportedMediaType,
];

/// A "no" on its way to the client; [`crate::middleware`] writes it down, with the trace id and the path it knows.
#[derive(Clone, Debug)]
pub struct Problem(Box<Content>);

/// What a problem says; boxed, because most results hold none.
#[derive(Clone, Debug)]
struct Content {
    code: Code,
    detail: Cow<'static, str>,
    /// The same in Russian; the code's title where there is nothing to add.
    detail_ru: Option<Cow<'static, str>>,
    errors: Vec<FieldError>,
    members: Vec<(&'static str, Value)>,
    headers: HeaderMap,
    cause: Option<Arc<str>>,
    /// It is refused for who the caller is, which the answer does not tell.
    is_denial: bool,
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
    /// For `POST /auth/login/code`.
    sign_in_token: Option<String>,
    /// Seconds for which it is good.
    expires_in: Option<i64>,
    /// From when on it is possible.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<String>,
}

/// The document itself, as written.
#[derive(Serialize)]
struct Document<'a> {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: Cow<'a, str>,
    instance: &'a str,
    code: &'static str,
    trace_id: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    #[serde(flatten)]
    members: serde_json::Map<String, Value>,
}

impl Problem {
    /// A problem of this code; `detail` is one English sentence about this occurrence, without personal data.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        let mut problem = Self(Box::new(Content {
            code,
            detail: detail.into(),
            detail_ru: None,
            errors: Vec::new(),
            members: Vec::new(),
            headers: HeaderMap::new(),
            cause: None,
            is_denial: false,
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

    /// A problem of this code that says no more than its title; what a program did wrong is told with its mend.
    pub fn plain(code: Code) -> Self {
        if PROGRAMS_MISTAKES.contains(&code) {
            let [russian, english] = Language::ALL.map(|language| code.mend(language));
            return Self::new(code, english).in_russian(russian);
        }
        Self::new(code, code.title(Language::English))
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

    /// Adds what it says about this occurrence in Russian.
    pub fn in_russian(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.0.detail_ru = Some(detail.into());
        self
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

    /// The same, where it is refused for who the caller is although the answer does not say so: for the audit trail.
    pub fn for_somebody_else(mut self) -> Self {
        self.0.is_denial = true;
        self
    }

    /// Whether it is refused for who the caller is although the answer does not say so.
    pub const fn is_denial(&self) -> bool {
        self.0.is_denial
    }

    /// The stable code.
    pub const fn code(&self) -> Code {
        self.0.code
    }

    /// A sentence about this occurrence.
    pub fn detail(&self, language: Language) -> Cow<'_, str> {
        match (language, &self.0.detail_ru, self.0.errors.as_slice()) {
            (Language::English, _, _) => Cow::Borrowed(&self.0.detail),
            (Language::Russian, Some(detail), _) => Cow::Borrowed(detail),
            (Language::Russian, None, []) => Cow::Borrowed(self.0.code.title(language)),
            (Language::Russian, None, [only]) => {
                let only = only.in_language(language);
                Cow::Owned(format!("{}: {}", only.pointer, only.message))
            }
            (Language::Russian, None, several) => {
                Cow::Owned(format!("ошибок: {}, каждая названа в errors", several.len()))
            }
        }
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
    pub fn write(&self, public_url: &str, instance: &str, trace_id: &str, language: Language) -> Response {
        let document = Document {
            r#type: format!("{public_url}/problems/{}", self.0.code.as_str()),
            title: self.0.code.title(language),
            status: self.0.code.status().as_u16(),
            detail: self.detail(language),
            instance,
            code: self.0.code.as_str(),
            trace_id,
            errors: self
                .0
                .errors
                .iter()
                .map(|fault| fault.in_language(language))
                .collect(),
            members: self
                .0
                .members
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect(),
        };
        // A document of strings and numbers always serialises; an empty body is still a truthful status.
        let body = serde_json::to_vec(&document).unwrap_or_default();
        self.answer(Body::from(body), HeaderValue::from_static(MEDIA_TYPE), language)
    }

    /// The answer with this body: status, headers and language are the problem's.
    pub fn answer(&self, body: Body, kind: HeaderValue, language: Language) -> Response {
        let mut response = Response::new(body);
        *response.status_mut() = self.0.code.status();
        let headers = response.headers_mut();
        headers.clone_from(&self.0.headers);
        headers.insert(header::CONTENT_TYPE, kind);
        language.declare(headers);
        headers.append(header::VARY, HeaderValue::from_static("accept"));
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
    english: Told,
    russian: Told,
}

/// What a page says in one language.
struct Told {
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

    /// A short summary, the same for every occurrence.
    pub const fn title(self, language: Language) -> &'static str {
        self.told(language).title
    }

    /// The first sentence of what its page says to do.
    fn mend(self, language: Language) -> String {
        let heading = match language {
            Language::Russian => "## Что делать",
            Language::English => "## What to do",
        };
        let (_, told) = self.page(language).split_once(heading).unwrap_or_default();
        let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
        match told.split_once(". ") {
            Some((first, _)) => format!("{first}."),
            None => told,
        }
    }

    /// The page that explains it, in Markdown.
    pub const fn page(self, language: Language) -> &'static str {
        self.told(language).page
    }

    const fn told(self, language: Language) -> Told {
        match language {
            Language::Russian => self.row().russian,
            Language::English => self.row().english,
        }
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
