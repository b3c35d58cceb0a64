//! The headers of answers, as they are sent.

use std::collections::BTreeMap;

use utoipa::openapi::extensions::{Extensions, ExtensionsBuilder};
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{KnownFormat, Object, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{HttpMethod, RefOr, Response};

use super::texts::{self, TextShape};
use super::{is_command, takes};
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
    let sending = [
        "/exports/{name}",
        "/admin/reconciliations/{id}",
        "/reports/{name}",
        "/me/application/documents/{id}",
        "/admin/accounts/{id}/documents/{document_id}",
    ];
    path.strip_prefix(BASE)
        .is_some_and(|path| sending.contains(&path))
}

/// The reads whose file ends with a link to the rest.
fn sends_a_link(path: &str) -> bool {
    path.strip_prefix(BASE) == Some("/admin/ledger/accounts/{account}/entries")
}

/// Text of this shape.
fn text(shape: TextShape) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(shape.pattern)
        .build()
}

/// One word and no other.
fn word(only: &str) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some([only]))
        .build()
}

/// A whole number of 64 bits, from `least` on.
fn whole(least: i64) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .minimum(Some(least))
        .build()
}

fn header(words: &str, schema: Object) -> Header {
    HeaderBuilder::new()
        .schema(Some(schema))
        .description(Some(words))
        .build()
}

/// Adds to an error the headers that come with its status.
pub fn add_error_headers(status: &str, response: &mut Response) {
    let lacks_scope = response.description.contains("`insufficient_scope`");
    let mut add = |name: &str, words: &str, schema: Object| {
        response
            .headers
            .insert(name.to_owned(), header(words, schema).into());
    };
    match status {
        "429" => {
            add("Retry-After", "Seconds to wait", whole(1));
            add(
                "RateLimit",
                "What is left of the limit that was met",
                text(TextShape::default()),
            );
            add("RateLimit-Policy", "That limit", text(TextShape::default()));
        }
        "503" => add("Retry-After", "Seconds to wait", whole(1)),
        "401" => add("WWW-Authenticate", "How to sign in", word("Bearer")),
        "403" if lacks_scope => {
            add(
                "WWW-Authenticate",
                "Which scope is missing",
                text(TextShape::default()),
            );
        }
        _ => {}
    }
}

/// Adds to the answer for whom nobody knows what RFC 6749, section 5.2, has sent with it.
pub fn add_basic_challenge(response: &mut Response) {
    let challenge = header("How to sign in", text(TextShape::default()));
    response
        .headers
        .insert("WWW-Authenticate".to_owned(), challenge.into());
}

/// What is sent with every answer, whatever it is: said once for the whole description, not with each of a thousand answers.
pub fn of_every_answer() -> Extensions {
    let trace = header("Names the request in our logs", text(texts::trace_id()));
    let headers = BTreeMap::from([("Tot-Trace-Id", trace)]);
    ExtensionsBuilder::new()
        .add(
            "x-headers-of-every-answer",
            serde_json::to_value(headers).unwrap_or_default(),
        )
        .build()
}

/// Adds to what succeeds the headers that are sent with it.
pub fn add_headers(path: &str, method: &HttpMethod, operation: &mut Operation) {
    let (command, read) = (
        is_command(path, method, operation),
        takes(operation, "Read-After"),
    );
    let Some(RefOr::T(response)) = operation.responses.responses.get_mut("200") else {
        return;
    };
    let mut add = |name: &str, words: &str, schema: Object| {
        response
            .headers
            .insert(name.to_owned(), header(words, schema).into());
    };
    let is_get = *method == HttpMethod::Get;
    if *method == HttpMethod::Post && tells_a_location(path) {
        add("Location", "Where to read it", text(TextShape::default()));
    }
    if is_get && sends_a_file(path) {
        add(
            "Content-Disposition",
            "The file's name",
            text(TextShape::default()),
        );
    }
    if is_get && sends_a_link(path) {
        add(
            "Link",
            "Of a file: where the rest of it is",
            text(TextShape::default()),
        );
    }
    if is_get && path.ends_with(".ics") {
        add("ETag", "Names what is sent", text(TextShape::default()));
        add(
            "Last-Modified",
            "Since when it has been the same",
            text(TextShape::default()),
        );
    }
    if command {
        add(
            "Tot-Position",
            "The position of the command's last fact",
            whole(1),
        );
        add(
            "Idempotent-Replayed",
            "Present when this is the first outcome of an earlier, identical command",
            word("true"),
        );
    }
    // An account is read without a read model: as of what, nobody need tell.
    let is_of_account = ["/me/application", "/me/profile"]
        .iter()
        .any(|own| path.ends_with(own));
    if command || (is_get && (tells_a_version(path) || is_of_account)) {
        add("ETag", "The aggregate's version", text(texts::etag()));
    }
    if is_get && (read || tells_a_version(path)) {
        add("Tot-As-Of", "The position the answer is true at", whole(0));
    }
}
