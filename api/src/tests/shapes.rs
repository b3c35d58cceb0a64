//! Nothing that a request takes is without a shape, no number without bounds; and what answers leave out is said alike everywhere.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::description::{description, operations, resolved, served};

/// Where schemas are declared.
const SOURCES: [&str; 2] = [
    concat!(env!("CARGO_MANIFEST_DIR"), "/src"),
    concat!(env!("CARGO_MANIFEST_DIR"), "/../history/src"),
];

fn is_of(schema: &Value, kind: &str) -> bool {
    let kinds = &schema["type"];
    kinds == kind
        || kinds
            .as_array()
            .is_some_and(|kinds| kinds.iter().any(|known| known == kind))
}

/// What is wrong with a schema of a request, or of a part of one.
fn shapeless(schema: &Value) -> Option<&'static str> {
    let has = |name: &str| !schema[name].is_null();
    let is_known = matches!(schema["format"].as_str(), Some("uuid" | "date" | "date-time"));
    if is_of(schema, "string") && !(has("enum") || has("pattern") || has("maxLength") || is_known) {
        return Some("is text of any form and length");
    }
    let numeric = is_of(schema, "integer") || is_of(schema, "number");
    let least = has("minimum") || has("exclusiveMinimum");
    if numeric && !(least && has("maximum")) {
        return Some("is a number without bounds");
    }
    if is_of(schema, "array") && !has("maxItems") {
        return Some("is a list of any length");
    }
    let is_open = is_of(schema, "object") && schema["additionalProperties"] != false;
    is_open.then_some("is an object that takes any field")
}

/// Every schema within this one.
fn within<'d>(described: &'d Value, schema: &'d Value, name: &str, found: &mut Vec<(String, &'d Value)>) {
    let schema = resolved(described, schema);
    found.push((name.to_owned(), schema));
    for (property, schema) in schema["properties"].as_object().into_iter().flatten() {
        within(described, schema, &format!("{name}/{property}"), found);
    }
    if schema["items"].is_object() {
        within(described, &schema["items"], &format!("{name}/0"), found);
    }
    for key in ["oneOf", "allOf", "anyOf"] {
        for schema in schema[key].as_array().into_iter().flatten() {
            within(described, schema, name, found);
        }
    }
}

#[test]
fn all_that_a_request_takes_has_a_shape() {
    let description = description();
    let (mut seen, mut wrong) = (0, BTreeSet::new());
    for (_, _, operation) in operations(&description) {
        let mut found = Vec::new();
        let id = operation["operationId"].as_str().unwrap();
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        if body.is_object() {
            within(&description, body, id, &mut found);
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let parameter = resolved(&description, parameter);
            let name = format!("{id} {}", parameter["name"]);
            assert!(!is_of(&parameter["schema"], "null"), "{name} is null");
            // How often a parameter may stand in a query, the length of its value bounds.
            let schema = &parameter["schema"];
            let schema = if schema["items"].is_object() {
                &schema["items"]
            } else {
                schema
            };
            within(&description, schema, &name, &mut found);
        }
        seen += found.len();
        wrong.extend(
            found
                .iter()
                .filter_map(|(name, schema)| Some(format!("{name} {}", shapeless(schema)?))),
        );
    }
    assert!(seen > 400, "{seen}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_number_of_an_answer_and_every_header_is_bounded() {
    for described in served() {
        let mut found = Vec::new();
        for (name, schema) in described["components"]["schemas"].as_object().unwrap() {
            if !name.ends_with("Notice") {
                within(&described, schema, name, &mut found);
            }
        }
        for (name, schema) in found {
            let bounded = !is_of(schema, "integer") || schema["minimum"].is_i64();
            assert!(bounded, "{name} is a number without bounds");
        }
        for (name, header) in described["components"]["headers"]
            .as_object()
            .into_iter()
            .flatten()
        {
            assert!(header["schema"]["type"].is_string(), "{name}");
            assert!(
                header["schema"]["type"] != "integer" || header["schema"]["minimum"].is_i64(),
                "{name} is a number without bounds"
            );
        }
    }
}

/// Either a property is always there, and may be null; or it may be left out, and never is null.
#[test]
fn what_an_answer_leaves_out_is_never_null() {
    let (mut nullable, mut left_out) = (0, 0);
    for (name, schema) in description()["components"]["schemas"].as_object().unwrap() {
        if name.ends_with("Body") || name.ends_with("Form") {
            continue;
        }
        let parts = schema["allOf"].as_array();
        for object in parts.map_or(vec![schema], |parts| parts.iter().collect()) {
            let required = &object["required"];
            for (property, shape) in object["properties"].as_object().into_iter().flatten() {
                let mut options = shape["oneOf"].as_array().into_iter().flatten();
                let mut words = shape["enum"].as_array().into_iter().flatten();
                let is_null = is_of(shape, "null")
                    || options.any(|option| is_of(option, "null"))
                    || words.any(Value::is_null);
                let always = required
                    .as_array()
                    .is_some_and(|names| names.iter().any(|known| known == property));
                assert!(always || !is_null, "{name}.{property} is left out and null");
                nullable += usize::from(is_null);
                left_out += usize::from(!always);
            }
        }
    }
    assert!(nullable > 60 && left_out > 40, "{nullable} {left_out}");
}

/// What a page shows people who look for a first request is one, and what it shows of an answer is one of ours.
#[test]
fn every_example_is_what_it_is_an_example_of() {
    let (mut shown, mut wrong) = (0, Vec::new());
    for described in served() {
        for (name, schema) in described["components"]["schemas"].as_object().unwrap() {
            let Some(example) = schema.get("example") else {
                continue;
            };
            let whole = serde_json::json!({
                "components": described["components"],
                "$ref": format!("#/components/schemas/{name}"),
            });
            let options = jsonschema::options().should_validate_formats(true);
            let validator = options.build(&whole).unwrap();
            wrong.extend(
                validator
                    .iter_errors(example)
                    .map(|fault| format!("{name}: {fault}")),
            );
            shown += 1;
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(shown > 60, "{shown}");
}

/// The names of the fields that a source says are left out, by schema.
fn left_out_in(source: &str, found: &mut BTreeMap<String, BTreeSet<String>>) {
    for declared in source.split("ToSchema)]").skip(1) {
        let declared = declared.split("\n}\n").next().unwrap();
        let Some((attributes, fields)) = declared.split_once("pub struct ") else {
            continue;
        };
        let renamed = attributes.split("#[schema(as = ").nth(1);
        let name = renamed
            .unwrap_or(fields)
            .split(|letter: char| !letter.is_alphanumeric())
            .next();
        for after in fields.split("skip_serializing_if").skip(1) {
            let field = after.split("pub ").nth(1).unwrap().split(':').next().unwrap();
            let field = field.trim_start_matches("r#").to_owned();
            found.entry(name.unwrap().to_owned()).or_default().insert(field);
        }
    }
}

#[test]
fn what_sources_leave_out_is_known_to_be_left_out() {
    let mut found = BTreeMap::new();
    let mut folders: Vec<_> = SOURCES.map(std::path::PathBuf::from).into();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("tests") {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                left_out_in(&std::fs::read_to_string(&path).unwrap(), &mut found);
            }
        }
    }
    assert!(found.len() > 12, "{found:?}");
    let described = description();
    for (name, schema) in described["components"]["schemas"].as_object().unwrap() {
        let properties = schema["properties"].as_object().into_iter().flatten();
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let optional: BTreeSet<String> = properties
            .map(|(property, _)| property.clone())
            .filter(|property| !required.iter().any(|known| known == property))
            .collect();
        // Of a problem, the wire is described by one type and written by another.
        if name.ends_with("Body") || name.ends_with("Form") || name == "Problem" {
            continue;
        }
        let told = found.get(name).cloned().unwrap_or_default();
        assert_eq!(optional, told, "{name}: amend `LEFT_OUT` in openapi/left_out.rs");
    }
}
