//! The description of the API: what every operation has in common is added here, once.

mod app_scopes;
mod audiences;
mod bodies;
mod closed_parameters;
mod closed_sets;
mod copies;
mod errors;
mod examples;
mod headers;
mod left_out;
mod media;
mod named_sets;
mod named_texts;
mod numbers;
mod parameter_texts;
pub mod paths;
mod plain_types;
mod profile_texts;
mod prose;
mod sharing;
mod text_fields;
mod texts;

pub use audiences::Descriptions;
use serde_json::Value;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Schema, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::server::ServerBuilder;
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    Components, ContactBuilder, HttpMethod, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, RefOr,
    Required,
};
use utoipa::{PartialSchema, ToSchema};

use crate::base_path::BASE;
use crate::problem::ProblemDocument;

/// Info, tags and security, before any operation.
pub fn head(version: &str) -> OpenApi {
    let license = LicenseBuilder::new()
        .name("Apache-2.0")
        .identifier(Some("Apache-2.0"))
        .build();
    let info = InfoBuilder::new()
        .title("TOT — Твоя Точка Опоры")
        .version(version)
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
    components.add_security_scheme(app_scopes::SCHEME, app_scopes::scheme());
    let tags = [
        ("auth", "Signing up, in and out"),
        ("doctors", "Who can come, and when"),
        ("tariffs", "What a visit costs"),
        ("bookings", "Visits: asked for, moved, carried out"),
        ("calendar", "Visits in other calendars"),
        ("payments", "Paying for visits"),
        ("wallet", "Money kept ready"),
        ("payouts", "Money on its way to bank accounts"),
        (
            "webhook_endpoints",
            "Being told what happens, by Standard Webhooks",
        ),
        ("webhooks", "For payment providers alone"),
        (
            "apps",
            "Third parties' programs, which act for patients who agreed",
        ),
        ("admin", "The log, its read models, intents, accounts"),
        ("exports", "Views and the log as files"),
        ("reports", "Questions of analysts, answered"),
        ("platform", "The platform about itself"),
    ];
    let tags = tags.map(|(name, words)| TagBuilder::new().name(name).description(Some(words)).build());
    let mut head = OpenApiBuilder::new()
        .info(info)
        .servers(Some([ServerBuilder::new()
            .url("/")
            .description(Some("The platform that serves this description"))
            .build()]))
        .components(Some(components))
        .tags(Some(tags))
        .build();
    head.extensions = Some(headers::of_every_answer());
    head
}

/// Adds what every operation has in common: errors, conditional headers, response headers, ids; what each text and number may be; and
/// takes the description apart by audience.
pub fn finish(mut described: OpenApi) -> Descriptions {
    add_common(&mut described);
    audiences::split(&described)
}

fn add_common(described: &mut OpenApi) {
    add_schemas(described);
    let mut by_apps = 0;
    for (path, item) in &mut described.paths.paths {
        for (method, operation) in operations(item) {
            operation.operation_id = Some(operation_id(operation));
            by_apps += usize::from(app_scopes::add(operation));
            add_parameters(path, &method, operation);
            errors::add_errors(path, &method, operation);
            media::name_binaries(operation);
            headers::add_headers(path, &method, operation);
            plain_types::make_plain(operation);
            examples::prefill_nothing(operation);
            // Said, not left out: generators and judges take silence for an oversight.
            operation.security.get_or_insert_default();
        }
    }
    debug_assert_eq!(by_apps, app_scopes::KNOWN, "apps may call what is not there");
    let components = described.components.get_or_insert_with(Components::new);
    let unnamed = closed_parameters::add(&mut described.paths);
    debug_assert!(unnamed.is_empty(), "no such parameters: {unnamed:?}");
    parameter_texts::add(&mut described.paths);
    prose::shorten_parameters(&mut described.paths);
    sharing::share(&mut described.paths, components);
    copies::name(components);
    let mut missing = closed_sets::add(components);
    missing.extend(text_fields::add(components));
    missing.extend(numbers::add(components));
    debug_assert!(missing.is_empty(), "no such properties: {missing:?}");
    left_out::add(components);
    bodies::let_be_absent(&mut described.paths, components);
    prose::shorten_schemas(components);
    named_texts::name(components);
    let wrong = named_sets::name(&mut described.paths, components);
    debug_assert!(
        wrong.is_empty(),
        "sets without names, or names without sets: {wrong:?}"
    );
    secure_all_but_some(described);
}

/// What holds for nearly every operation is said once: it takes a token, unless it says that it takes none.
fn secure_all_but_some(described: &mut OpenApi) {
    let by_token = vec![SecurityRequirement::new("bearer", Vec::<String>::new())];
    for item in described.paths.paths.values_mut() {
        for (_, operation) in operations(item) {
            if operation.security.as_ref() == Some(&by_token) {
                operation.security = None;
            }
        }
    }
    described.security = Some(by_token);
}

/// A description as it is served: without what OpenAPI takes for granted.
pub fn written(described: &OpenApi) -> Value {
    let mut written = serde_json::to_value(described).unwrap_or_default();
    let mut pending = vec![&mut written];
    while let Some(part) = pending.pop() {
        match part {
            Value::Object(fields) => {
                if fields.contains_key("in") && fields.get("required") == Some(&Value::Bool(false)) {
                    fields.remove("required");
                }
                pending.extend(fields.values_mut());
            }
            Value::Array(items) => pending.extend(items),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    written
}

/// What a price list holds, published or shown.
const WITHIN_BODIES: [&str; 5] = [
    "CancellationView",
    "CancellationsView",
    "PercentsView",
    "StepView",
    "VisitTimesView",
];

fn add_schemas(described: &mut OpenApi) {
    let components = described.components.get_or_insert_with(Components::new);
    let mut schemas = vec![(ProblemDocument::name().into_owned(), ProblemDocument::schema())];
    ProblemDocument::schemas(&mut schemas);
    components.schemas.extend(schemas);
    // Unknown fields of requests are refused; answers may say more one day.
    for (name, schema) in &mut components.schemas {
        if let RefOr::T(Schema::Object(object)) = schema
            && (name.ends_with("Body") || WITHIN_BODIES.contains(&name.as_str()))
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

/// Every operation there is: its path, its method and its id.
pub fn operation_ids(described: &Descriptions) -> Vec<(String, &'static str, String)> {
    let descriptions = [described.whole.clone(), described.webhooks.clone()];
    let paths = descriptions.into_iter().flat_map(|one| one.paths.paths);
    paths
        .flat_map(|(path, mut item)| {
            let of_path = operations(&mut item).map(|(method, operation)| {
                let id = operation.operation_id.clone().unwrap_or_default();
                (path.clone(), method_word(&method), id)
            });
            of_path.collect::<Vec<_>>()
        })
        .collect()
}

const fn method_word(method: &HttpMethod) -> &'static str {
    match method {
        HttpMethod::Get => "GET",
        HttpMethod::Post => "POST",
        HttpMethod::Put => "PUT",
        HttpMethod::Delete => "DELETE",
        HttpMethod::Options => "OPTIONS",
        HttpMethod::Head => "HEAD",
        HttpMethod::Patch => "PATCH",
        HttpMethod::Trace => "TRACE",
    }
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
    let beside = [
        "/auth/",
        "/me/application/documents",
        "/me/calendar",
        "/me/apps",
        "/me/consents",
        "/me/erasure",
        "/admin/apps",
        "/apps/me",
        "/oauth/",
        "/clinic/invitations",
        "/me/invitations/{id}/decline",
        "/admin/projections/",
        "/admin/reconciliations",
        "/webhook-endpoints",
    ];
    matches!(method, HttpMethod::Post | HttpMethod::Patch)
        && operation.security.is_some()
        && !path.ends_with("/admin/accounts")
        && !path.ends_with("/reset-factor")
        && !path.ends_with("/erasure")
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

/// Whether the operation takes an idempotency key: commands of the log do, and what draws secrets or sends something.
fn takes_key(path: &str, method: &HttpMethod, operation: &Operation) -> bool {
    let keyed = [
        "/webhook-endpoints",
        "/webhook-endpoints/{id}/rotate-secret",
        "/webhook-endpoints/{id}/test",
    ];
    let below = path.strip_prefix(BASE).unwrap_or_default();
    is_command(path, method, operation) || (*method == HttpMethod::Post && keyed.contains(&below))
}

fn header_parameter(name: &str, words: &str, example: Value, kind: Type) -> Parameter {
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
    if takes_key(path, method, operation) {
        let mut key = header_parameter(
            "Idempotency-Key",
            "The same key with the same request answers the first outcome again; with another request it is refused.",
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
