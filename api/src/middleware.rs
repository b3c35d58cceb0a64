//! What happens around every request: trace id, rate limits, time limit, caught panics, problems written down, headers,
//! one log line and the metrics.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};

use crate::address::Address;
use crate::app::App;
use crate::compression;
use crate::headers;
use crate::language::{Language, is_for_a_person};
use crate::problem::{Code, MEDIA_TYPE, Problem, page};
use crate::routes::webhooks::is_from_provider;
use crate::trace::TraceId;
use crate::version::{self, LEAVING};

/// The trace id of an answer.
pub const TOT_TRACE_ID: HeaderName = HeaderName::from_static("tot-trace-id");
/// What a request is called that matched no route: paths are free text and do not belong into labels.
const NO_ROUTE: &str = "none";

/// The one layer around all routes.
pub async fn wrap_request(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let trace_id = TraceId::of(request.headers());
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let path = request.uri().path().to_owned();
    let reader = Reader::of(&request);
    request.extensions_mut().insert(trace_id.clone());
    compression::withhold_from_tokens(&path, request.headers_mut());
    let address = Address::of(
        request.extensions(),
        request.headers(),
        app.settings().trusted_proxies,
    );

    // A provider tells everybody's payments from a handful of addresses.
    let admitted = if is_from_provider(&app, &path, address.0) {
        Ok(())
    } else {
        app.throttles().request(address.0)
    };
    let response = match admitted {
        Ok(()) => answer(next, request, app.settings().answer_within).await,
        Err(problem) => problem.into_response(),
    };
    let mut response = written(response, &app.settings().public_url, &path, &trace_id, reader);
    compression::tag_variant(response.headers_mut());
    headers::secure(&path, &app, response.headers_mut());
    if let Ok(value) = HeaderValue::from_str(trace_id.as_str()) {
        response.headers_mut().insert(TOT_TRACE_ID, value);
    }
    let route = route.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
    version::declare(LEAVING, &method, route, response.headers_mut());
    report(&method, route, response.status(), began.elapsed(), &trace_id);
    response
}

/// Who will read a problem, if one is answered.
#[derive(Clone, Copy)]
struct Reader {
    language: Language,
    /// Reads a page; else a program, which reads a document.
    is_a_person: bool,
}

impl Reader {
    fn of(request: &Request) -> Self {
        Self {
            language: Language::accepted(request.headers()),
            is_a_person: is_for_a_person(request.method(), request.headers()),
        }
    }
}

/// The answer, or the problem that stands for its absence.
async fn answer(next: Next, request: Request, within: Duration) -> Response {
    // Whatever a handler broke off with is dropped with it: nothing is used again after a panic.
    let served = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(within, served).await {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => {
            let words = panic
                .downcast_ref::<&str>()
                .map(|text| (*text).to_owned())
                .or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_default();
            Problem::internal(&Panicked(words)).into_response()
        }
        Err(_late) => {
            let seconds = within.as_secs();
            let problem = Problem::new(Code::Unavailable, format!("no answer within {seconds} s"));
            problem
                .in_russian(format!("нет ответа за {seconds} с"))
                .into_response()
        }
    }
}

/// A handler panicked.
#[derive(Debug, thiserror::Error)]
#[error("panicked: {0}")]
struct Panicked(String);

/// Writes a problem down where one was answered; an error without one becomes a plain one, so that no error answer
/// is anything else.
fn written(
    mut response: Response,
    public_url: &str,
    path: &str,
    trace_id: &TraceId,
    reader: Reader,
) -> Response {
    let problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem,
        None if is_bare_error(&response) => Problem::plain(code_for(response.status())),
        None => return response,
    };
    if let Some(cause) = problem.cause() {
        if problem.code().status() == StatusCode::SERVICE_UNAVAILABLE {
            tracing::warn!(trace.id = %trace_id, code = problem.code().as_str(), fault = cause, "out of reach");
        } else {
            tracing::error!(trace.id = %trace_id, code = problem.code().as_str(), fault = cause, "fault");
        }
    }
    let mut document = match reader.is_a_person {
        true => page::occurrence(&problem, trace_id.as_str(), reader.language),
        false => problem.write(public_url, path, trace_id.as_str(), reader.language),
    };
    if let Some(allow) = response.headers_mut().remove(header::ALLOW) {
        document.headers_mut().insert(header::ALLOW, allow);
    }
    document
}

fn is_bare_error(response: &Response<Body>) -> bool {
    let error = response.status().is_client_error() || response.status().is_server_error();
    let problem = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value == MEDIA_TYPE);
    error && !problem
}

/// The code for an error that a library answered on its own.
fn code_for(status: StatusCode) -> Code {
    Code::ALL
        .into_iter()
        .find(|code| code.status() == status && code.stands_for_status())
        .unwrap_or(Code::Internal)
}

/// One line and two figures per request: no query, no address, no body, no token.
fn report(method: &Method, route: &str, status: StatusCode, took: Duration, trace_id: &TraceId) {
    tracing::info!(
        trace.id = %trace_id,
        http.method = method.as_str(),
        http.route = route,
        http.status = status.as_u16(),
        duration_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        "served"
    );
    let labels = [
        ("method", method_label(method).to_owned()),
        ("route", route.to_owned()),
        ("status", status.as_str().to_owned()),
    ];
    metrics::counter!("tot_http_requests_total", &labels).increment(1);
    metrics::histogram!("tot_http_request_duration_seconds", &labels).record(took);
}

/// The method as a label; invented ones are all the same to us.
fn method_label(method: &Method) -> &str {
    let known = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
    ];
    if known.contains(method) {
        method.as_str()
    } else {
        "OTHER"
    }
}
