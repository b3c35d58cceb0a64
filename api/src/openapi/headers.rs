//! The headers of answers, as they are sent.

use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{HttpMethod, RefOr, Response};

use super::takes;
use crate::base_path::BASE;

/// The commands that answer where to read what they made or moved.
fn tells_a_location(path: &str) -> bool {
    let telling = [
        "/admin/price-lists",
        "/admin/reconciliations",
        "/bookings",
        "/payments",
        "/payments/{id}/refund",
        "/wallet/deposits",
        "/wallet/withdrawals",
    ];
    path.strip_prefix(BASE)
        .is_some_and(|path| telling.contains(&path))
}

/// The reads of one aggregate, which has a version.
fn tells_a_version(path: &str) -> bool {
    let telling = ["/bookings/{id}", "/payments/{id}", "/payouts/{id}", "/wallet"];
    path.strip_prefix(BASE)
        .is_some_and(|path| telling.contains(&path))
}

/// The reads that answer with a file, or can.
fn sends_a_file(path: &str) -> bool {
    let sending = ["/exports/{name}", "/admin/reconciliations/{id}"];
    path.strip_prefix(BASE)
        .is_some_and(|path| sending.contains(&path))
}

/// Adds one header to an answer.
pub fn add_header(response: &mut Response, name: &str, words: &str, kind: Type) {
    let header = HeaderBuilder::new()
        .schema(Some(ObjectBuilder::new().schema_type(kind).build()))
        .description(Some(words))
        .build();
    response.headers.insert(name.to_owned(), header.into());
}

/// Adds to what succeeds the headers that are sent with it.
pub fn add_headers(path: &str, method: &HttpMethod, operation: &mut Operation) {
    let (command, read) = (
        takes(operation, "Idempotency-Key"),
        takes(operation, "Read-After"),
    );
    let Some(RefOr::T(response)) = operation.responses.responses.get_mut("200") else {
        return;
    };
    let mut add = |name: &str, words: &str, kind: Type| add_header(response, name, words, kind);
    if *method == HttpMethod::Post && tells_a_location(path) {
        add("Location", "Where to read it", Type::String);
    }
    if *method == HttpMethod::Get && tells_a_version(path) {
        add("ETag", "The aggregate's version", Type::String);
        add("Tot-As-Of", "The position the answer is true at", Type::Integer);
    }
    if *method == HttpMethod::Get && sends_a_file(path) {
        add("Content-Disposition", "The file's name", Type::String);
    }
    if command {
        add(
            "Tot-Position",
            "The position of the command's last fact",
            Type::Integer,
        );
        add("ETag", "The aggregate's version", Type::String);
        add(
            "Idempotent-Replayed",
            "`true` when this is the first outcome of an earlier, identical command",
            Type::String,
        );
    }
    if read && *method == HttpMethod::Get {
        add("Tot-As-Of", "The position the answer is true at", Type::Integer);
    }
}
