//! The errors of each operation: those that come of what it takes and who may call it are added, and all get the problem document's shape.

use utoipa::ToSchema;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::{ContentBuilder, HttpMethod, Ref, RefOr, ResponseBuilder};

use super::{app_scopes, headers, parameters, requires_key, takes};
use crate::base_path::BASE;
use crate::problem::{Code, MEDIA_TYPE, ProblemDocument};

/// What whoever brings no token hears, or one that is none, or is none any more.
const NO_TOKEN: [Code; 4] = [
    Code::TokenMissing,
    Code::InvalidToken,
    Code::TokenExpired,
    Code::TokenRevoked,
];

/// Adds every error the operation can answer, each as a problem document.
pub fn add_errors(path: &str, method: &HttpMethod, operation: &mut Operation) {
    let placed =
        |place: &ParameterIn| parameters(operation).any(|parameter| parameter.parameter_in == *place);
    // An action that takes no field still reads a body.
    let body = operation.request_body.is_some() || *method == HttpMethod::Post;
    let command = takes(operation, "Idempotency-Key");
    let conditional = takes(operation, "If-Match");
    let reads = takes(operation, "Read-After");
    // A query refuses what it does not know, also where it takes nothing.
    let asks = *method == HttpMethod::Get && path.starts_with(BASE);
    let takes_values = asks || placed(&ParameterIn::Query) || placed(&ParameterIn::Header);
    let mut errors: Vec<(u16, String)> = Vec::new();
    let mut add = |when: bool, codes: &[Code]| {
        if when && let Some(first) = codes.first() {
            let words: Vec<String> = codes.iter().map(|code| format!("`{}`", code.as_str())).collect();
            errors.push((first.status().as_u16(), words.join(", ")));
        }
    };
    let secured = operation.security.is_some();
    if path.ends_with("/oauth/token") {
        return add_errors_of_oauth(operation);
    }
    if app_scopes::is_by_apps(operation) {
        // Of an app: the operation's own, and that its patient is none.
        let codes = [Code::Forbidden, Code::ForbiddenToApps, Code::InsufficientScope];
        add(true, &codes);
        add(true, &[Code::NotFound]);
    }
    if requires_key(path) {
        add(true, &[Code::MalformedJson, Code::IdempotencyKeyRequired]);
    }
    add(body || command, &[Code::MalformedJson]);
    let no_ticket = [&NO_TOKEN[..], &[Code::InvalidTicket]].concat();
    add(takes(operation, "ticket"), &no_ticket);
    let stale = [Code::Unavailable, Code::NotFresh, Code::NeedsNewerCode];
    add(path.ends_with("/me/events"), &stale);
    add(secured, &NO_TOKEN);
    add(secured, &[Code::Forbidden]);
    // What was never named is not there.
    let unnamed = *method == HttpMethod::Get
        && ["/me/payout-destination", "/me/calendar"]
            .iter()
            .any(|end| path.ends_with(end));
    let names =
        path.contains('{') || path.ends_with("/me") || (command && path.ends_with("/payments")) || unnamed;
    add(names, &[Code::NotFound]);
    add(body || command, &[Code::RequestTimeout]);
    let exports = path.ends_with("/exports/{name}");
    let positions = reads || exports || takes(operation, "Last-Event-ID") || path.ends_with("/admin/events");
    add(positions, &[Code::UnknownPosition]);
    add(conditional, &[Code::VersionMismatch]);
    add(body || command, &[Code::BodyTooLarge]);
    add(body || command, &[Code::UnsupportedMediaType]);
    add(command, &[Code::Invalid, Code::IdempotencyKeyReused]);
    add((body || takes_values) && !command, &[Code::Invalid]);
    let is_document =
        path.contains("/documents") && (*method == HttpMethod::Get || path.ends_with("/documents"));
    let lasts =
        is_document || exports || path.ends_with("/reports/{name}") || takes(operation, "Last-Event-ID");
    add(lasts, &[Code::RateLimited, Code::TooManyStreams]);
    add(true, &[Code::RateLimited]);
    add(true, &[Code::Internal]);
    add(command, &[Code::Busy, Code::Unavailable, Code::NeedsNewerCode]);
    add(reads, &[Code::Unavailable, Code::NotFresh]);
    add(!command && !reads, &[Code::Unavailable]);
    for (status, codes) in errors {
        add_error(operation, status, &codes);
    }
    shape_declared_errors(operation);
}

/// Where the framework has a form of its own (RFC 6749, section 5.2), it stands with the operation.
fn add_errors_of_oauth(operation: &mut Operation) {
    let ours = [
        Code::RequestTimeout,
        Code::BodyTooLarge,
        Code::RateLimited,
        Code::Internal,
        Code::Unavailable,
    ];
    for code in ours {
        add_error(operation, code.status().as_u16(), &format!("`{}`", code.as_str()));
    }
    shape_declared_errors(operation);
    if let Some(RefOr::T(response)) = operation.responses.responses.get_mut("401") {
        headers::add_basic_challenge(response);
    }
}

fn add_error(operation: &mut Operation, status: u16, codes: &str) {
    let responses = &mut operation.responses.responses;
    let is_read = status == 409 && responses.contains_key("409");
    if !is_read {
        let description = codes.to_owned();
        responses
            .entry(status.to_string())
            .or_insert_with(|| RefOr::T(ResponseBuilder::new().description(description).build()));
    }
}

/// Gives every error response the problem document's shape, its codes for machines, and the headers that come with its status. An example
/// of each would say no more than that of the document does.
fn shape_declared_errors(operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        if !status.starts_with(['4', '5']) || !response.content.is_empty() {
            continue;
        }
        let codes: Vec<&str> = response.description.split('`').skip(1).step_by(2).collect();
        response.extensions = Some(ExtensionsBuilder::new().add("x-problem-codes", codes).build());
        let content = ContentBuilder::new()
            .schema(Some(RefOr::Ref(Ref::from_schema_name(ProblemDocument::name()))))
            .build();
        response.content.insert(MEDIA_TYPE.to_owned(), RefOr::T(content));
        headers::add_error_headers(status, response);
    }
}
