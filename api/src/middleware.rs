//! What happens around every request: trace id, rate limits, time limit, caught panics, problems written down, headers,
//! one log line and the metrics.

use std::num::NonZeroU32;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::ids::AppId;
use futures::FutureExt;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use identity::{Bearer, RATE_MAX};
use traces::{Attribute, Context, Span};
use uuid::Uuid;

use crate::address::Address;
use crate::app::App;
use crate::base_path::BASE;
use crate::compression;
use crate::headers;
use crate::language::{Language, is_for_a_person};
use crate::problem::{Code, MEDIA_TYPE, Problem, page};
use crate::routes::calendar::without_token;
use crate::routes::oauth::OauthAnswer;
use crate::routes::webhooks::is_from_provider;
use crate::security_events::origin::RequestOrigin;
use crate::security_events::record_outcome;
use crate::trace::{TraceId, trace_parent};
use crate::version::{self, LEAVING};

/// The trace id of an answer.
pub const TOT_TRACE_ID: HeaderName = HeaderName::from_static("tot-trace-id");
/// What a request is called that matched no route: paths are free text and do not belong into labels.
const NO_ROUTE: &str = "none";

/// What an app may ask in a minute at most, whatever its own limit is: an admin can set no higher one.
const APP_REQUESTS_MAX: NonZeroU32 = NonZeroU32::new(RATE_MAX).unwrap();

/// The one layer around all routes.
pub async fn wrap_request(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let parent = trace_parent(request.headers());
    let trace_id = TraceId::of(parent);
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let template = route.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
    let path = request.uri().path().to_owned();
    let reader = Reader::of(&request);
    let (context, mut span) = Context::of_request(trace_id.id(), parent, || {
        format!("{} {template}", method_label(&method))
    });
    note_subjects(&context, template, &path);
    request.extensions_mut().insert(trace_id.clone());
    compression::withhold_from_tokens(&path, request.headers_mut());
    let address = Address::of(
        request.extensions(),
        request.headers(),
        app.settings().trusted_proxies,
    );

    let asked = (method_label(&method), route.clone());
    let origin = RequestOrigin::new(&app, asked, address, trace_id.clone());
    request.extensions_mut().insert(origin.clone());

    // A provider tells everybody's payments from a handful of addresses.
    let admitted = if is_from_provider(&app, &path, address.0) {
        Ok(())
    } else {
        // An app has limits of its own, which are asked of it once it is let in, and may never be higher than this one.
        let limited = app.throttles().request(address.0).await;
        match (limited, app_of(&app, &request)) {
            (Err(_), Some(id)) if asks_for_an_app(&path) => {
                app.throttles().of_app("apps", id, APP_REQUESTS_MAX).await
            }
            (limited, _) => limited,
        }
    };
    let response = match admitted {
        Ok(()) => {
            let answer = answer(next, request, app.settings().answer_within);
            context.clone().scope(answer).await
        }
        Err(problem) => problem.into_response(),
    };
    let response = record_outcome(&app, &origin, &path, response).await;
    let public_url = &app.settings().public_url;
    let mut response = context
        .clone()
        .sync_scope(|| written(response, public_url, without_token(&path), &trace_id, reader));
    compression::tag_variant(response.headers_mut());
    headers::secure(&path, &app, response.headers_mut());
    if let Ok(value) = HeaderValue::from_str(trace_id.as_str()) {
        response.headers_mut().insert(TOT_TRACE_ID, value);
    }
    version::declare(LEAVING, &method, template, response.headers_mut());
    let served = Served {
        method: method_label(&method),
        route: template,
        status: response.status(),
        took: began.elapsed(),
    };
    served.describe(&mut span);
    context.sync_scope(|| served.report(&trace_id));
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

/// Says which booking or payment a request is about, if its path does.
fn note_subjects(context: &Context, template: &str, path: &str) {
    let mut collection = "";
    for (part, given) in template.split('/').zip(path.split('/')) {
        if part.starts_with('{')
            && let Ok(id) = Uuid::parse_str(given)
        {
            match collection {
                "bookings" => context.note_booking(id),
                "payments" => context.note_payment(id),
                _ => {}
            }
        }
        collection = part;
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

/// The app whose token a request brings, by the token alone.
fn app_of(app: &App, request: &Request) -> Option<AppId> {
    let value = request.headers().get(header::AUTHORIZATION);
    let token = value.and_then(|value| value.to_str().ok()?.split_once(' '));
    let bearer = token.map(|(_, token)| app.people().bearer(token.trim(), app.now()));
    match bearer {
        Some(Ok(Bearer::App(access))) => Some(access.app_id),
        _ => None,
    }
}

/// Whether every operation there asks who it is that asks, and so meets an app's own limits.
fn asks_for_an_app(path: &str) -> bool {
    let path = path.strip_prefix(BASE).unwrap_or_default();
    ["/bookings", "/payments", "/apps/me"].iter().any(|prefix| {
        path.strip_prefix(prefix)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

fn is_bare_error(response: &Response<Body>) -> bool {
    let error = response.status().is_client_error() || response.status().is_server_error();
    let problem = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value == MEDIA_TYPE);
    error && !problem && response.extensions().get::<OauthAnswer>().is_none()
}

/// The code for an error that a library answered on its own.
fn code_for(status: StatusCode) -> Code {
    Code::ALL
        .into_iter()
        .find(|code| code.status() == status && code.stands_for_status())
        .unwrap_or(Code::Internal)
}

/// A request and its answer, as they are told.
struct Served<'a> {
    method: &'static str,
    route: &'a str,
    status: StatusCode,
    took: Duration,
}

impl Served<'_> {
    /// One line and two figures per request: no query, no address, no body, no token.
    fn report(&self, trace_id: &TraceId) {
        tracing::info!(
            trace.id = %trace_id,
            http.method = self.method,
            http.route = self.route,
            http.status = self.status.as_u16(),
            duration_us = u64::try_from(self.took.as_micros()).unwrap_or(u64::MAX),
            "served"
        );
        let labels = [
            ("method", self.method.to_owned()),
            ("route", self.route.to_owned()),
            ("status", self.status.as_str().to_owned()),
        ];
        metrics::counter!("tot_http_requests_total", &labels).increment(1);
        metrics::histogram!("tot_http_request_duration_seconds", &labels).record(self.took);
    }

    /// The same in a span.
    fn describe(&self, span: &mut Span) {
        if !span.is_recorded() {
            return;
        }
        span.set(Attribute::HttpMethod(self.method));
        span.set(Attribute::HttpRoute(self.route.into()));
        span.set(Attribute::HttpStatus(self.status.as_u16()));
        if self.status.is_server_error() {
            span.fail("server_error");
        }
    }
}

/// The method as a label; invented ones are all the same to us.
fn method_label(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "OTHER",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_says_which_booking_or_payment_a_request_is_about() {
        let (booking, doctor) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let fields = |template: &str, path: &str| {
            let (context, _span) = Context::of_request(traces::TraceId::random(), None, String::new);
            note_subjects(&context, template, path);
            let fields = context.fields().filter(|(name, _)| *name != "trace.id");
            fields
                .map(|(name, id)| format!("{name} {id}"))
                .collect::<Vec<_>>()
        };
        let base = "/api/v1";
        assert_eq!(
            fields(
                &format!("{base}/bookings/{{id}}/cancel"),
                &format!("{base}/bookings/{booking}/cancel")
            ),
            [format!("booking.id {booking}")]
        );
        assert_eq!(
            fields(
                &format!("{base}/payments/{{id}}"),
                &format!("{base}/payments/{booking}")
            ),
            [format!("payment.id {booking}")]
        );
        for (template, path) in [
            (
                format!("{base}/doctors/{{id}}/slots"),
                format!("{base}/doctors/{doctor}/slots"),
            ),
            (
                format!("{base}/bookings/{{id}}"),
                format!("{base}/bookings/nobody"),
            ),
            (NO_ROUTE.to_owned(), format!("{base}/bookings/{booking}")),
        ] {
            assert!(fields(&template, &path).is_empty(), "{template}");
        }
    }

    #[test]
    fn an_app_passes_the_limit_of_an_address_only_where_it_meets_its_own() {
        for path in [
            "/api/v1/bookings",
            "/api/v1/bookings/1/cancel",
            "/api/v1/payments",
            "/api/v1/apps/me/patients",
        ] {
            assert!(asks_for_an_app(path), "{path}");
        }
        for path in [
            "/api/v1/doctors",
            "/api/v1/bookingsx",
            "/api/v1/oauth/token",
            "/bookings",
            "/api/docs/apps",
        ] {
            assert!(!asks_for_an_app(path), "{path}");
        }
    }
}
