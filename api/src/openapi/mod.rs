//! The description of the API: what every operation has in common is added here, once.

mod closed_parameters;
mod closed_sets;
mod copies;
mod examples;
mod headers;
mod sharing;
mod webhooks;

use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Schema, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::server::ServerBuilder;
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    Components, ContactBuilder, ContentBuilder, HttpMethod, InfoBuilder, LicenseBuilder, OpenApi,
    OpenApiBuilder, Ref, RefOr, Required, ResponseBuilder,
};
use utoipa::{PartialSchema, ToSchema};

use crate::base_path::BASE;
use crate::problem::{Code, MEDIA_TYPE, ProblemDocument};

/// Info, tags and security, before any operation.
pub fn head() -> OpenApi {
    let license = LicenseBuilder::new()
        .name("Apache-2.0")
        .identifier(Some("Apache-2.0"))
        .build();
    let info = InfoBuilder::new()
        .title("TOT — Твоя Точка Опоры")
        .version("1")
        .description(Some(include_str!("openapi.md")))
        .contact(Some(ContactBuilder::new().name(Some("TOT")).build()))
        .license(Some(license))
        .build();
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("The `access_token` of `POST /api/v1/auth/login`."))
        .build();
    let mut components = Components::new();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    let tags = [
        ("auth", "Signing up, in and out"),
        ("doctors", "Who can come, and when"),
        ("tariffs", "What a visit costs"),
        ("bookings", "Visits: asked for, moved, carried out"),
        ("payments", "Paying for visits"),
        ("wallet", "Money kept ready"),
        ("payouts", "Money on its way to bank accounts"),
        ("webhooks", "For payment providers alone"),
        ("admin", "The log, its read models, intents, accounts"),
        ("exports", "Views and the log as files"),
        ("reports", "Questions of analysts, answered"),
        ("platform", "The platform about itself"),
    ];
    let tags = tags.map(|(name, words)| TagBuilder::new().name(name).description(Some(words)).build());
    OpenApiBuilder::new()
        .info(info)
        .servers(Some([ServerBuilder::new()
            .url("/")
            .description(Some("The platform that serves this description"))
            .build()]))
        .components(Some(components))
        .tags(Some(tags))
        .build()
}

/// The descriptions of the API.
pub struct Descriptions {
    /// For apps and everybody else.
    pub api: OpenApi,
    /// For payment providers.
    pub webhooks: OpenApi,
}

/// Adds what every operation has in common: errors, conditional headers, response headers, ids; and sets apart what providers call.
pub fn finish(mut described: OpenApi) -> Descriptions {
    add_common(&mut described);
    let webhooks = webhooks::split(&mut described);
    Descriptions {
        api: described,
        webhooks,
    }
}

fn add_common(described: &mut OpenApi) {
    add_schemas(described);
    for (path, item) in &mut described.paths.paths {
        for (method, operation) in operations(item) {
            operation.operation_id = Some(operation_id(operation));
            add_parameters(path, &method, operation);
            add_errors(path, &method, operation);
            headers::add_headers(path, &method, operation);
            examples::prefill_nothing(operation);
            // Said, not left out: generators and judges take silence for an oversight.
            operation.security.get_or_insert_default();
        }
    }
    let components = described.components.get_or_insert_with(Components::new);
    let unnamed = closed_parameters::add(&mut described.paths);
    debug_assert!(unnamed.is_empty(), "no such parameters: {unnamed:?}");
    sharing::share(&mut described.paths, components);
    let missing = closed_sets::add(components);
    debug_assert!(missing.is_empty(), "no such properties: {missing:?}");
    copies::name(components);
}

fn add_schemas(described: &mut OpenApi) {
    let components = described.components.get_or_insert_with(Components::new);
    let mut schemas = vec![(ProblemDocument::name().into_owned(), ProblemDocument::schema())];
    ProblemDocument::schemas(&mut schemas);
    components.schemas.extend(schemas);
    // Unknown fields of requests are refused.
    for (name, schema) in &mut components.schemas {
        if let RefOr::T(Schema::Object(object)) = schema
            && name.ends_with("Body")
        {
            object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
        }
    }
}

/// Every operation of a path.
pub fn operations(item: &mut PathItem) -> impl Iterator<Item = (HttpMethod, &mut Operation)> {
    [
        (HttpMethod::Get, item.get.as_mut()),
        (HttpMethod::Post, item.post.as_mut()),
        (HttpMethod::Put, item.put.as_mut()),
        (HttpMethod::Patch, item.patch.as_mut()),
        (HttpMethod::Delete, item.delete.as_mut()),
    ]
    .into_iter()
    .filter_map(|(method, operation)| operation.map(|operation| (method, operation)))
}

/// `bookings_cancel`: its tag and the name of its handler, which generators make methods of.
fn operation_id(operation: &Operation) -> String {
    let tag = operation.tags.iter().flatten().next();
    let handler = operation.operation_id.as_deref().unwrap_or_default();
    match tag {
        Some(tag) => format!("{tag}_{handler}"),
        None => handler.to_owned(),
    }
}

/// Whether the operation is a command of the log, which takes an idempotency key and a version.
fn is_command(path: &str, method: &HttpMethod, operation: &Operation) -> bool {
    // These change people or the machinery, not the log.
    let beside = ["/auth/", "/admin/projections/", "/admin/reconciliations"];
    matches!(method, HttpMethod::Post | HttpMethod::Patch)
        && operation.security.is_some()
        && !path.ends_with("/admin/accounts")
        && !beside.iter().any(|part| path.contains(part))
}

/// The commands that must carry an idempotency key: they move money with no booking and no payment under way to guard
/// it. Their handlers take [`crate::extract::request::Keyed`]; a test over HTTP holds the two lists together.
fn requires_key(path: &str) -> bool {
    let keyed = [
        "/payments/{id}/refund",
        "/wallet/deposits",
        "/wallet/withdrawals",
        "/admin/wallets/{owner}/deposits",
        "/admin/payouts/run",
    ];
    path.strip_prefix(BASE).is_some_and(|path| keyed.contains(&path))
}

fn header_parameter(name: &str, words: &str, example: serde_json::Value, kind: Type) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(words))
        .schema(Some(ObjectBuilder::new().schema_type(kind).build()))
        .example(Some(example))
        .build()
}

fn add_parameters(path: &str, method: &HttpMethod, operation: &mut Operation) {
    let mut more = Vec::new();
    if is_command(path, method, operation) {
        let mut key = header_parameter(
            "Idempotency-Key",
            "At most 64 visible ASCII characters. The same key with the same request answers the first outcome again; \
             with another request it is refused.",
            "7f6f0a1c-booking-1".into(),
            Type::String,
        );
        if requires_key(path) {
            key.required = Required::True;
        }
        more.push(key);
    }
    // What a command creates has no version yet.
    if is_command(path, method, operation) && path.contains("{id}") {
        more.push(header_parameter(
            "If-Match",
            "The `ETag` the caller saw: the command is refused if the version is another one by now.",
            "\"3\"".into(),
            Type::String,
        ));
    }
    if *method == HttpMethod::Get && reads_a_model(path) {
        more.push(header_parameter(
            "Read-After",
            "A position the answer must not be older than, as a command answered it. Waits up to two seconds.",
            42.into(),
            Type::Integer,
        ));
    }
    if !more.is_empty() {
        operation
            .parameters
            .get_or_insert_default()
            .extend(more.into_iter().map(RefOr::T));
    }
}

/// Whether a GET answers from a read model, which may lag behind the log.
fn reads_a_model(path: &str) -> bool {
    let models = [
        "/bookings",
        "/bookings/{id}",
        "/open-calls",
        "/payments",
        "/payments/{id}",
        "/wallet/entries",
        "/doctors/{id}/slots",
        "/doctors/{id}/blocks",
        "/doctors/{id}/days",
        "/admin/anomalies",
    ];
    path.strip_prefix(BASE).is_some_and(|path| models.contains(&path))
}

/// The parameters of an operation.
pub fn parameters(operation: &Operation) -> impl Iterator<Item = &Parameter> {
    operation
        .parameters
        .as_deref()
        .unwrap_or_default()
        .iter()
        .filter_map(|parameter| match parameter {
            RefOr::T(parameter) => Some(parameter),
            RefOr::Ref(_) => None,
        })
}

fn takes(operation: &Operation, name: &str) -> bool {
    parameters(operation).any(|parameter| parameter.name == name)
}

/// Adds every error the operation can answer, each as a problem document.
fn add_errors(path: &str, method: &HttpMethod, operation: &mut Operation) {
    let placed =
        |place: &ParameterIn| parameters(operation).any(|parameter| parameter.parameter_in == *place);
    let body = operation.request_body.is_some();
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
    if requires_key(path) {
        add(true, &[Code::MalformedJson, Code::IdempotencyKeyRequired]);
    }
    add(body || command, &[Code::MalformedJson]);
    add(
        secured,
        &[
            Code::TokenMissing,
            Code::InvalidToken,
            Code::TokenExpired,
            Code::TokenRevoked,
        ],
    );
    add(secured, &[Code::Forbidden]);
    let names = path.contains('{') || path.ends_with("/me") || (command && path.ends_with("/payments"));
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
    let lasts = exports || path.ends_with("/reports/{name}") || takes(operation, "Last-Event-ID");
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

/// Gives every error response the problem document's shape and an example of its first code.
fn shape_declared_errors(operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        if !status.starts_with(['4', '5']) {
            continue;
        }
        let codes: Vec<&str> = response.description.split('`').skip(1).step_by(2).collect();
        let code = codes
            .first()
            .and_then(|word| Code::parse(word))
            .unwrap_or(Code::Internal);
        response.extensions = Some(ExtensionsBuilder::new().add("x-problem-codes", codes).build());
        let content = ContentBuilder::new()
            .schema(Some(RefOr::Ref(Ref::from_schema_name(ProblemDocument::name()))))
            .example(Some(ProblemDocument::example(code)))
            .build();
        response.content.insert(MEDIA_TYPE.to_owned(), RefOr::T(content));
        if matches!(status.as_str(), "429" | "503") {
            headers::add_header(response, "Retry-After", "Seconds to wait", Type::Integer);
        }
        if status == "401" {
            headers::add_header(response, "WWW-Authenticate", "`Bearer`", Type::String);
        }
    }
}
