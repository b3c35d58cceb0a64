//! The parts of the description: named, told once, and none more than is needed.

use std::collections::BTreeSet;

use serde_json::Value;

use super::description::{description, description_of_webhooks, operations, resolved, served, spelled_out};
use crate::base_path::BASE;

/// Where schemas are declared.
const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
/// The longest that one audience's may be, in bytes, as it is served.
const DESCRIPTION_BYTES_MAX: usize = 150_000;

/// Whoever tries an operation out sends what a page fills in by itself: nothing that need not be sent.
#[test]
fn no_optional_parameter_is_filled_in() {
    let description = description();
    let mut shown = 0;
    for (method, path, operation) in operations(&description) {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let parameter = resolved(&description, parameter);
            if parameter["required"] != true {
                let what = format!("{method} {path} {}", parameter["name"]);
                let schema = &parameter["schema"];
                for filled in [&parameter["example"], &schema["example"], &schema["default"]] {
                    assert!(filled.is_null(), "{what}: {filled}");
                }
                shown += usize::from(schema["examples"].is_array());
            }
        }
    }
    assert!(shown > 10, "{shown}");
}

#[test]
fn an_operation_is_named_after_its_tag_and_what_it_does() {
    let description = description();
    let ids: BTreeSet<String> = operations(&description)
        .iter()
        .map(|(_, _, operation)| operation["operationId"].as_str().unwrap().to_owned())
        .collect();
    for id in [
        "bookings_request",
        "bookings_cancel",
        "payments_start",
        "admin_search",
        "platform_livez",
    ] {
        assert!(ids.contains(id), "{id}: {ids:?}");
    }
}

/// What generators read, and what a slow line carries.
#[test]
fn the_description_is_short_and_refers_to_nothing_that_is_not_there() {
    for description in served() {
        let title = &description["info"]["title"];
        let bytes = description.to_string().len();
        assert!(bytes <= DESCRIPTION_BYTES_MAX, "{title}: {bytes} bytes");
        let mut pending = vec![&description];
        while let Some(part) = pending.pop() {
            resolved(&description, part);
            match part {
                Value::Object(fields) => pending.extend(fields.values()),
                Value::Array(items) => pending.extend(items),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            }
        }
    }
}

/// Everything is described to somebody, told as in the whole, with no component that is not named.
#[test]
fn every_operation_is_described_to_those_who_may_call_it() {
    let whole = description();
    let mut told = BTreeSet::new();
    let audiences = [
        "apps",
        "doctors",
        "clinics",
        "account",
        "admins",
        "operators",
        "analysts",
        "providers",
    ];
    for (audience, described) in audiences.into_iter().zip(served()) {
        for (method, path, operation) in operations(&described) {
            let places: Vec<&str> = path
                .strip_prefix(BASE)
                .unwrap_or("/admin/events")
                .split('/')
                .collect();
            let owed: &[&str] = match places[1..] {
                ["exports" | "reports", ..] | ["admin", "ledger", ..] => &["analysts"],
                [
                    "admin",
                    "events" | "intents" | "payouts" | "price-lists" | "projections" | "reconciliations"
                    | "streams",
                    ..,
                ] => &["operators"],
                ["admin", ..] => &["admins"],
                ["webhooks", ..] => &["providers"],
                [
                    "auth",
                    "email" | "passkey" | "passkeys" | "password" | "password-resets" | "phone"
                    | "recovery-codes" | "second-factor" | "sessions" | "totp",
                    ..,
                ]
                | ["clinic", ..]
                | [
                    "me",
                    "application" | "apps" | "clinic" | "consents" | "data" | "data-reads" | "erasure"
                    | "invitations" | "profile",
                    ..,
                ]
                | ["consents"] => &["account"],
                _ => &["apps", "doctors", "clinics"],
            };
            assert!(owed.contains(&audience), "{audience}: {method} {path}");
            if audience != "providers" {
                assert_eq!(operation, whole["paths"][&path][&method], "{method} {path}");
                told.insert((method, path));
            }
        }
        let text = described.to_string();
        for kind in ["schemas", "responses", "parameters", "headers"] {
            for (name, component) in described["components"][kind].as_object().into_iter().flatten() {
                let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
                assert!(name.chars().all(is_plain), "{audience}: a component named {name}");
                let reference = format!("\"#/components/{kind}/{name}\"");
                assert!(text.contains(&reference), "{audience}: nothing refers to {name}");
                if audience != "providers" {
                    assert_eq!(component, &whole["components"][kind][name], "{name}");
                }
            }
        }
    }
    assert_eq!(told.len(), operations(&whole).len());
    assert!(!operations(&description_of_webhooks()).is_empty());
}

/// Generators make one type of each set of words: `BookingStatus`, whatever says it or asks for it.
#[test]
fn every_set_of_words_has_one_name() {
    let description = description();
    let (mut sets, mut unnamed) = (BTreeSet::new(), BTreeSet::new());
    let mut pending: Vec<(String, &Value)> = vec![("".into(), &description)];
    while let Some((place, part)) = pending.pop() {
        let is_named = place
            .strip_prefix("/components/schemas/")
            .is_some_and(|name| !name.contains('/'));
        let words = part["enum"].as_array().into_iter().flatten();
        let words: Vec<&str> = words.filter_map(Value::as_str).collect();
        if words.len() > 1 && !is_named {
            unnamed.insert(place.clone());
        }
        if !words.is_empty() && is_named {
            assert!(sets.insert(words), "{place} is another name of a set");
        }
        match part {
            Value::Object(fields) => {
                pending.extend(
                    fields
                        .iter()
                        .map(|(name, field)| (format!("{place}/{name}"), field)),
                );
            }
            Value::Array(items) => pending.extend(items.iter().map(|item| (format!("{place}/-"), item))),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    assert!(unnamed.is_empty(), "{unnamed:#?}");
    assert!(sets.len() > 60, "{}", sets.len());
    let schemas = &description["components"]["schemas"];
    let status = "#/components/schemas/BookingStatus";
    assert_eq!(schemas["BookingView"]["properties"]["status"]["$ref"], status);
    let list = &description["paths"]["/api/v1/bookings"]["get"]["parameters"];
    let filter = list
        .as_array()
        .unwrap()
        .iter()
        .find(|parameter| parameter["name"] == "status");
    assert_eq!(filter.unwrap()["schema"]["items"]["$ref"], status);
    assert_eq!(schemas["BookingStatus"]["x-open"], true);
}

/// What is told of a parameter as one of so many words is said as such.
#[test]
fn a_parameter_that_takes_one_of_some_words_says_which() {
    let description = spelled_out();
    let mut closed = 0;
    for (method, path, operation) in operations(&description) {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let parameter = resolved(&description, parameter);
            let told = parameter["description"].as_str().unwrap_or_default();
            let listed = told.starts_with('`') && told.contains("` or `");
            let schema = &parameter["schema"];
            let known = schema["enum"].as_array().or(schema["items"]["enum"].as_array());
            let what = format!("{method} {path} {}: {told}", parameter["name"]);
            assert!(!listed || known.is_some(), "{what}");
            for word in known.into_iter().flatten().filter_map(Value::as_str) {
                assert!(
                    !listed || told.contains(&format!("`{word}`")),
                    "{what} leaves out {word}"
                );
            }
            closed += usize::from(known.is_some());
        }
    }
    assert!(closed >= 15, "{closed}");
}

/// Of two schemas of one name the later one would silently take the other's place.
#[test]
fn no_two_schemas_share_a_name() {
    let (mut seen, mut folders) = (BTreeSet::new(), vec![std::path::PathBuf::from(SOURCES)]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.extend(Some(path).filter(|folder| !folder.ends_with("tests")));
                continue;
            }
            let source = std::fs::read_to_string(&path).unwrap();
            for declared in source.split("ToSchema)]").skip(1) {
                let name = declared.split("pub struct ").nth(1).unwrap_or_default();
                let name: String = name
                    .chars()
                    .take_while(|letter| letter.is_alphanumeric())
                    .collect();
                assert!(
                    seen.insert(name.clone()),
                    "{}: {name} is another schema, too",
                    path.display()
                );
            }
        }
    }
    assert!(seen.len() > 80, "{}", seen.len());
}
