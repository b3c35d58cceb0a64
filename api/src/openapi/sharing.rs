//! What many operations say is told once: errors that say nothing but their codes, answers that differ in nothing but what led to them,
//! parameters and headers stand among the components.

use std::collections::BTreeMap;

use utoipa::openapi::header::Header;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::{Components, Paths, Ref, RefOr, Required, Response};

use super::operations;
use crate::problem::Code;

/// Errors that nearly every operation can answer go by their status, since each operation names them; some by names of their own; others by
/// their codes.
const ERROR_NAMES: [(&[Code], &str); 17] = [
    (&[Code::MalformedJson], "400"),
    (
        &[
            Code::TokenMissing,
            Code::InvalidToken,
            Code::TokenExpired,
            Code::TokenRevoked,
        ],
        "401",
    ),
    (&[Code::Forbidden], "403"),
    (
        &[Code::Forbidden, Code::ForbiddenToApps, Code::InsufficientScope],
        "ForbiddenAlsoToApps",
    ),
    (&[Code::NotFound], "404"),
    (&[Code::RequestTimeout], "408"),
    (&[Code::VersionMismatch], "412"),
    (&[Code::BodyTooLarge], "413"),
    (&[Code::UnsupportedMediaType], "415"),
    (&[Code::Invalid], "422"),
    (&[Code::RateLimited], "429"),
    (&[Code::Internal], "500"),
    (&[Code::Unavailable], "503"),
    (&[Code::Invalid, Code::IdempotencyKeyReused], "InvalidCommand"),
    (
        &[Code::MalformedJson, Code::IdempotencyKeyRequired],
        "MalformedOrKeyless",
    ),
    (
        &[Code::Busy, Code::Unavailable, Code::NeedsNewerCode],
        "CommandUnavailable",
    ),
    (&[Code::Unavailable, Code::NotFresh], "ReadUnavailable"),
];

/// Moves to the components what more than one operation says in the same words.
pub fn share(paths: &mut Paths, components: &mut Components) {
    share_errors(paths, components);
    share_successes(paths, components);
    share_parameters(paths, components);
    share_headers(paths, components);
}

/// What several operations answer alike, whatever led to it, goes by the name of its schema.
fn share_successes(paths: &mut Paths, components: &mut Components) {
    let mut found = Repeated::default();
    each_success(paths, |response| {
        if let RefOr::T(own) = response
            && let Some(name) = schema_name(own)
        {
            found.count(name, undescribed(own));
        }
    });
    let shared = found.most_repeated();
    each_success(paths, |response| {
        if let RefOr::T(own) = response
            && let Some(name) = schema_name(own)
            && shared.get(&name) == Some(&undescribed(own))
        {
            *response = RefOr::Ref(Ref::from_response_name(&name));
        }
    });
    components.responses.extend(
        shared
            .into_iter()
            .map(|(name, response)| (name, RefOr::T(response))),
    );
}

fn each_success(paths: &mut Paths, mut visit: impl FnMut(&mut RefOr<Response>)) {
    for item in paths.paths.values_mut() {
        for (_, operation) in operations(item) {
            operation
                .responses
                .responses
                .get_mut("200")
                .into_iter()
                .for_each(&mut visit);
        }
    }
}

/// `BookingView`, of `Positioned_BookingView`.
fn schema_name(response: &Response) -> Option<String> {
    let RefOr::T(content) = response.content.get("application/json")? else {
        return None;
    };
    let Some(RefOr::Ref(schema)) = &content.schema else {
        return None;
    };
    let name = schema.ref_location.rsplit('/').next()?;
    Some(name.strip_prefix("Positioned_").unwrap_or(name).to_owned())
}

/// The same answer, whatever led to it.
fn undescribed(response: &Response) -> Response {
    let mut response = response.clone();
    response.description = "As it is now".to_owned();
    response
}

fn share_errors(paths: &mut Paths, components: &mut Components) {
    let mut found = Repeated::default();
    each_error(paths, |name, error| {
        if let RefOr::T(error) = error {
            found.count(name, error.clone());
        }
    });
    let shared = found.most_repeated();
    each_error(paths, |name, error| {
        if shared.contains_key(&name) {
            *error = RefOr::Ref(Ref::from_response_name(&name));
        }
    });
    components
        .responses
        .extend(shared.into_iter().map(|(name, error)| (name, RefOr::T(error))));
}

/// Every error that says nothing but its codes, with its name.
fn each_error(paths: &mut Paths, mut visit: impl FnMut(String, &mut RefOr<Response>)) {
    let operations = paths.paths.values_mut().flat_map(operations);
    for (status, error) in operations.flat_map(|(_, operation)| &mut operation.responses.responses) {
        if let RefOr::T(own) = error
            && let Some(name) = error_name(status, &own.description)
        {
            visit(name, error);
        }
    }
}

/// `429`, `NotNowOrTooLate`; nothing for what is more than a list of codes.
fn error_name(status: &str, description: &str) -> Option<String> {
    let codes = description.split(", ").map(|word| {
        let code = word.strip_prefix('`')?.strip_suffix('`')?;
        Code::parse(code)
    });
    let codes = codes.collect::<Option<Vec<_>>>()?;
    if !status.starts_with(['4', '5']) {
        return None;
    }
    if let Some((_, name)) = ERROR_NAMES.iter().find(|(known, _)| *known == codes) {
        return Some((*name).to_owned());
    }
    let words: Vec<String> = codes.iter().map(|code| pascal(code.as_str())).collect();
    Some(words.join("Or"))
}

/// A parameter that stands in several operations goes to the components under its name; of those that share a name the one in the most
/// operations does.
fn share_parameters(paths: &mut Paths, components: &mut Components) {
    let mut found = Repeated::default();
    each_parameter(paths, |parameter| {
        if let RefOr::T(parameter) = parameter {
            found.count(parameter_name(parameter), parameter.clone());
        }
    });
    let shared = found.most_repeated();
    each_parameter(paths, |parameter| {
        if let RefOr::T(own) = parameter {
            let name = parameter_name(own);
            if shared.get(&name) == Some(own) {
                *parameter = RefOr::Ref(Ref::new(format!("#/components/parameters/{name}")));
            }
        }
    });
    components.parameters.extend(
        shared
            .into_iter()
            .map(|(name, parameter)| (name, RefOr::T(parameter))),
    );
}

fn each_parameter(paths: &mut Paths, mut visit: impl FnMut(&mut RefOr<Parameter>)) {
    for item in paths.paths.values_mut() {
        for (_, operation) in operations(item) {
            operation.parameters.iter_mut().flatten().for_each(&mut visit);
        }
    }
}

/// `IdempotencyKey`, `BookingId`: an id in a path is named after what it is the id of.
fn parameter_name(parameter: &Parameter) -> String {
    let described = parameter.description.as_deref().unwrap_or_default();
    let of = match (&parameter.parameter_in, described.strip_prefix("The ")) {
        (ParameterIn::Path, Some(thing)) => pascal(thing),
        _ => String::new(),
    };
    let is_header = parameter.parameter_in == ParameterIn::Header;
    let required = match parameter.required {
        Required::True if is_header => "Required",
        Required::True | Required::False => "",
    };
    format!("{required}{of}{}", pascal(&parameter.name))
}

fn share_headers(paths: &mut Paths, components: &mut Components) {
    let mut found = Repeated::default();
    let responses = &mut components.responses;
    each_header(paths, responses, |name, header| {
        if let RefOr::T(header) = header {
            found.count(pascal(name), header.clone());
        }
    });
    let shared = found.most_repeated();
    each_header(paths, responses, |name, header| {
        let name = pascal(name);
        if let RefOr::T(own) = header
            && shared.get(&name) == Some(own)
        {
            *header = RefOr::Ref(Ref::new(format!("#/components/headers/{name}")));
        }
    });
    components
        .headers
        .extend(shared.into_iter().map(|(name, header)| (name, RefOr::T(header))));
}

fn each_header(
    paths: &mut Paths,
    shared: &mut BTreeMap<String, RefOr<Response>>,
    mut visit: impl FnMut(&str, &mut RefOr<Header>),
) {
    let operations = paths.paths.values_mut().flat_map(operations);
    let own = operations.flat_map(|(_, operation)| operation.responses.responses.values_mut());
    for response in own.chain(shared.values_mut()) {
        if let RefOr::T(response) = response {
            for (name, header) in &mut response.headers {
                visit(name, header);
            }
        }
    }
}

/// How often each thing stands under a name.
struct Repeated<T>(BTreeMap<String, Vec<(T, usize)>>);

impl<T> Default for Repeated<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: PartialEq> Repeated<T> {
    fn count(&mut self, name: String, thing: T) {
        let things = self.0.entry(name).or_default();
        match things.iter_mut().find(|(known, _)| *known == thing) {
            Some((_, times)) => *times += 1,
            None => things.push((thing, 1)),
        }
    }

    /// Under each name the one thing that stands there most often, and more than once.
    fn most_repeated(self) -> BTreeMap<String, T> {
        let names = self.0.into_iter().filter_map(|(name, things)| {
            let (thing, times) = things.into_iter().max_by_key(|(_, times)| *times)?;
            (times > 1).then_some((name, thing))
        });
        names.collect()
    }
}

/// `Idempotency-Key`, `not_found` and `price list` alike: `IdempotencyKey`, `NotFound`, `PriceList`. What no name of a component may hold
/// is left out: `doctor's account` is `DoctorsAccount`.
fn pascal(words: &str) -> String {
    let named: String = words
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || ['_', '-', ' '].contains(letter))
        .collect();
    named
        .split(['_', '-', ' '])
        .map(|word| {
            let (first, rest) = word.split_at(word.len().min(1));
            first.to_uppercase() + rest
        })
        .collect::<String>()
        // Of other letters, such as that of `doctor's`, no component is named.
        .replace(|letter: char| !letter.is_ascii_alphanumeric(), "")
}
