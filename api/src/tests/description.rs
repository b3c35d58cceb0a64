//! The surface as a whole: its description is complete, and what is described is what is served.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::Descriptions;
use crate::base_path::BASE;
use crate::openapi::written;
use crate::problem::Code;

/// Where the committed description lies.
const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
/// Where the handlers are.
const ROUTES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/routes");
/// Set it to write the description anew after a change that is meant.
pub const BLESS: &str = "TOT_BLESS";

/// All but what providers call.
pub fn description() -> Value {
    written(&crate::openapi().whole)
}

/// The same with each set of words, and each text of one meaning, in the place of its name.
pub fn spelled_out() -> Value {
    let mut described = description();
    let schemas = described["components"]["schemas"].as_object().unwrap();
    let sets = schemas.iter().filter(|(_, schema)| schema["type"] == "string");
    let sets = sets
        .map(|(name, set)| (format!("#/components/schemas/{name}"), set.clone()))
        .collect();
    spell_out(&mut described["paths"], &sets);
    spell_out(&mut described["components"], &sets);
    described
}

fn spell_out(part: &mut Value, sets: &BTreeMap<String, Value>) {
    let set_of = |part: &Value| sets.get(part["$ref"].as_str()?).cloned();
    let or_null = match part["oneOf"].as_array().map(Vec::as_slice) {
        Some([null, only]) if null["type"] == "null" => set_of(only),
        Some(_) | None => None,
    };
    let or_null = or_null.map(|mut set| {
        set["type"] = serde_json::json!(["string", "null"]);
        if let Some(words) = set.get_mut("enum").and_then(Value::as_array_mut) {
            words.push(Value::Null);
        }
        set
    });
    match (set_of(part).or(or_null), part) {
        (Some(mut set), part) => {
            if let Some(words) = part.get("description") {
                set["description"] = words.clone();
            }
            *part = set;
        }
        (None, Value::Object(fields)) => fields.values_mut().for_each(|field| spell_out(field, sets)),
        (None, Value::Array(items)) => items.iter_mut().for_each(|item| spell_out(item, sets)),
        (None, Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => {}
    }
}

/// Whether it takes a token: all do that do not say that they take none.
pub fn takes_a_token(operation: &Value) -> bool {
    operation["security"] != serde_json::json!([])
}

/// As it is served: for patients' apps, doctors, clinics, whoever has an account, admins, operators, analysts and payment providers.
pub fn served() -> [Value; 8] {
    let Descriptions {
        apps,
        doctors,
        clinics,
        accounts,
        admins,
        operators,
        analysts,
        webhooks,
        ..
    } = crate::openapi();
    [
        apps, doctors, clinics, accounts, admins, operators, analysts, webhooks,
    ]
    .map(|description| written(&description))
}

pub fn description_of_webhooks() -> Value {
    let [.., webhooks] = served();
    webhooks
}

/// Every operation: method, path, description.
pub fn operations(description: &Value) -> Vec<(String, String, Value)> {
    let paths = description["paths"].as_object().unwrap();
    let mut operations = Vec::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().unwrap() {
            if ["get", "post", "put", "patch", "delete"].contains(&method.as_str()) {
                operations.push((method.clone(), path.clone(), operation.clone()));
            }
        }
    }
    operations
}

/// What stands there, or where it refers to.
pub fn resolved<'d>(description: &'d Value, part: &'d Value) -> &'d Value {
    match part["$ref"].as_str() {
        Some(reference) => description
            .pointer(reference.trim_start_matches('#'))
            .unwrap_or_else(|| panic!("{reference} leads nowhere")),
        None => part,
    }
}

/// Follows references until a schema with an example turns up; the parts of a composed one count.
fn has_example(description: &Value, schema: &Value) -> bool {
    if schema.get("example").is_some() || schema.get("examples").is_some() {
        return true;
    }
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        let name = name.rsplit('/').next().unwrap();
        return has_example(description, &description["components"]["schemas"][name]);
    }
    let parts = |key: &str| {
        schema
            .get(key)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    if ["allOf", "oneOf", "anyOf"]
        .iter()
        .any(|key| parts(key).iter().any(|part| has_example(description, part)))
    {
        return true;
    }
    // A page's example is its entries' example.
    let items = &schema["properties"]["items"]["items"];
    !items.is_null() && has_example(description, items)
}

#[test]
fn the_committed_description_is_the_one_that_is_served() {
    let mut text = serde_json::to_string_pretty(&description()).unwrap();
    text.push('\n');
    if std::env::var_os(BLESS).is_some() {
        std::fs::write(COMMITTED, &text).unwrap();
    }
    let committed = std::fs::read_to_string(COMMITTED).unwrap_or_default();
    assert!(
        committed == text,
        "the API changed; if that is meant: {BLESS}=1 cargo nextest run -p api the_committed_description"
    );
}

#[test]
fn the_route_list_says_behind_each_handler_what_it_serves() {
    let described: BTreeSet<String> = operations(&description())
        .into_iter()
        .chain(operations(&description_of_webhooks()))
        .map(|(method, path, _)| format!("{} {}", method.to_uppercase(), path.replace(BASE, "")))
        .collect();
    let mut listed = BTreeSet::new();
    for line in include_str!("../router.rs").lines() {
        let Some((handler, operation)) = line
            .trim()
            .strip_prefix(".routes(routes!(")
            .and_then(|rest| rest.split_once(")) // "))
        else {
            continue;
        };
        let (module, function) = handler.rsplit_once("::").unwrap();
        let file = format!("{ROUTES}/{}.rs", module.replace("::", "/"));
        let source = std::fs::read_to_string(&file).unwrap();
        let (above, _) = source.split_once(&format!("pub async fn {function}(")).unwrap();
        let (method, path) = operation.split_once(' ').unwrap();
        let declared = format!("{}, path = \"{path}\"", method.to_lowercase());
        let declaration = above.rsplit("#[utoipa::path(").next().unwrap();
        assert!(
            declaration.starts_with(&declared),
            "{line}: {file} says otherwise"
        );
        listed.insert(operation.to_owned());
    }
    assert_eq!(listed, described);
}

#[test]
fn every_operation_says_what_it_does_shows_an_example_and_names_its_errors() {
    let description = description();
    let operations = operations(&description);
    assert!(operations.len() > 40, "{}", operations.len());
    let mut ids = BTreeSet::new();
    for (method, path, operation) in &operations {
        let name = format!("{method} {path}");
        let text = |field: &str| operation[field].as_str().unwrap_or_default();
        assert!(!text("summary").is_empty(), "{name} has no summary");
        assert!(!text("description").is_empty(), "{name} has no description");
        assert!(ids.insert(text("operationId").to_owned()), "{name} shares its id");
        assert!(
            !operation["tags"].as_array().unwrap().is_empty(),
            "{name} has no tag"
        );
        let responses = operation["responses"].as_object().unwrap();
        for status in ["200", "429", "500", "503"] {
            assert!(responses.contains_key(status), "{name} does not say {status}");
        }
        let success = resolved(&description, &responses["200"]);
        for (media, content) in success["content"].as_object().unwrap() {
            // A file that is no text shows nothing.
            let is_binary = content.as_object().unwrap().is_empty();
            let shown = is_binary
                || content.get("example").is_some()
                || has_example(&description, &content["schema"]);
            assert!(shown, "{name} shows no example of its {media}");
        }
        // A form of OAuth, whose faults have a form of its own.
        if path.ends_with("/oauth/token") {
            continue;
        }
        if let Some(body) = operation.get("requestBody") {
            for content in body["content"].as_object().unwrap().values() {
                let is_binary = content.as_object().unwrap().is_empty();
                assert!(
                    is_binary || has_example(&description, &content["schema"]),
                    "{name} shows no example of its body"
                );
            }
            for status in ["400", "413", "415", "422"] {
                assert!(
                    responses.contains_key(status),
                    "{name} takes a body and does not say {status}"
                );
            }
        }
        if takes_a_token(operation) {
            assert!(
                responses.contains_key("401"),
                "{name} takes a token and does not say 401"
            );
            assert!(
                responses.contains_key("403"),
                "{name} takes a token and does not say 403"
            );
        }
        if path.contains('{') {
            assert!(
                responses.contains_key("404"),
                "{name} names something and does not say 404"
            );
        }
    }
}

/// Prose that lists the words of a closed set lists all of them, and no others.
#[test]
fn what_is_told_of_a_closed_set_is_what_the_code_knows() {
    let mut sets = 0;
    for (name, schema) in spelled_out()["components"]["schemas"].as_object().unwrap() {
        let none = serde_json::Map::new();
        for (property, shape) in schema["properties"].as_object().unwrap_or(&none) {
            let Some(known) = shape["enum"].as_array() else {
                continue;
            };
            sets += 1;
            let known: Vec<&str> = known.iter().filter_map(Value::as_str).collect();
            let prose = shape["description"].as_str().unwrap_or_default();
            let told: Vec<&str> = prose.split('`').skip(1).step_by(2).collect();
            if told.iter().any(|word| known.contains(word)) {
                let strange: Vec<&&str> = told.iter().filter(|word| !known.contains(*word)).collect();
                let untold: Vec<&&str> = known.iter().filter(|word| !told.contains(*word)).collect();
                assert!(
                    strange.is_empty() && untold.is_empty(),
                    "{name}.{property}: {strange:?} are told, {untold:?} are not"
                );
            }
        }
    }
    assert!(sets > 35, "{sets}");
}

#[test]
fn a_list_and_a_command_name_what_they_hold() {
    let schemas = &description()["components"]["schemas"];
    let item = &schemas["PageView_BookingView"]["properties"]["items"]["items"];
    assert_eq!(item["$ref"], "#/components/schemas/BookingView");
    let answered = &schemas["Positioned_BookingView"]["allOf"][0];
    assert_eq!(answered["$ref"], "#/components/schemas/BookingView");
    for (name, schema) in schemas.as_object().unwrap() {
        assert!(
            !name.starts_with("Page") || !schema.to_string().contains("\"example\":{"),
            "{name}"
        );
        assert!(name.starts_with(char::is_uppercase), "a schema named {name}");
    }
}

#[test]
fn every_described_error_is_a_problem_with_known_codes() {
    let description = description();
    for (method, path, operation) in operations(&description) {
        for (status, response) in operation["responses"].as_object().unwrap() {
            let of_oauth = path.ends_with("/oauth/token") && ["400", "401"].contains(&status.as_str());
            if !status.starts_with(['4', '5']) || of_oauth {
                continue;
            }
            let response = resolved(&description, response);
            let name = format!("{method} {path} {status}");
            let content = &response["content"]["application/problem+json"];
            assert_eq!(
                content["schema"]["$ref"], "#/components/schemas/Problem",
                "{name}"
            );
            let words = response["description"].as_str().unwrap();
            let codes: Vec<&str> = words.split('`').skip(1).step_by(2).collect();
            assert!(!codes.is_empty(), "{name} names no code");
            assert_eq!(response["x-problem-codes"], serde_json::json!(codes), "{name}");
            for word in codes {
                let code =
                    Code::parse(word).unwrap_or_else(|| panic!("{name} names {word}, which is no code"));
                assert_eq!(code.status().as_str(), status, "{name} names {word}");
            }
        }
    }
}

#[test]
fn every_business_code_is_named_by_some_operation() {
    let described = format!("{} {}", description(), description_of_webhooks());
    // These are said by the surface itself, whatever the operation, or only to readers of the log's machinery.
    let elsewhere = [Code::MethodNotAllowed, Code::PeriodClosed, Code::NoSuchHold];
    for code in Code::ALL.into_iter().filter(|code| !elsewhere.contains(code)) {
        assert!(
            described.contains(&format!("`{}`", code.as_str())),
            "{} is named nowhere",
            code.as_str()
        );
    }
}

#[test]
fn commands_take_a_key_and_a_version_and_answer_a_position() {
    let description = description();
    let mut commands = 0;
    for (method, path, operation) in operations(&description) {
        let success = resolved(&description, &operation["responses"]["200"]);
        let answers_position = success["content"]["application/json"]["schema"]["$ref"]
            .as_str()
            .is_some_and(|name| name.contains("Positioned"));
        if !answers_position {
            continue;
        }
        commands += 1;
        let parameters = operation["parameters"].as_array().unwrap();
        let takes = |header: &str| {
            parameters
                .iter()
                .any(|parameter| resolved(&description, parameter)["name"] == header)
        };
        assert!(takes("Idempotency-Key"), "{method} {path} takes no key");
        assert_eq!(
            takes("If-Match"),
            path.contains("{id}"),
            "{method} {path}: only what is there has a version"
        );
        let headers = success["headers"].as_object().unwrap();
        assert!(
            headers.contains_key("Tot-Position") && headers.contains_key("ETag"),
            "{method} {path}"
        );
    }
    assert!(commands >= 15, "{commands}");
}

#[test]
fn the_description_is_openapi_3_1_and_names_the_token() {
    let description = description();
    assert!(description["openapi"].as_str().unwrap().starts_with("3.1"));
    assert_eq!(
        description["components"]["securitySchemes"]["bearer"]["scheme"],
        "bearer"
    );
    assert_eq!(description["security"], serde_json::json!([{"bearer": []}]));
    assert!(description_of_webhooks()["security"].is_null());
}
