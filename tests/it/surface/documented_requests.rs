//! Requests that documents show: to one address, called the same everywhere, and with bodies that the API takes.

use std::collections::BTreeSet;

use serde_json::Value;

use super::source_layout::files_ending;

const DESCRIPTION: &str = include_str!("../../../api/openapi.json");
/// What `$TOT` is in every document: where the platform is, without the beginning of the API's paths.
const ADDRESS: &str = "TOT=http://localhost:3000";
const BASE: &str = "/api/v1/";
/// How a body begins: of curl, and of a browser's fetch.
const BODIES: [&str; 2] = ["-d '{", "JSON.stringify({"];

/// The code that a document shows, block by block.
fn blocks(text: &str) -> impl Iterator<Item = &str> {
    text.split("```").skip(1).step_by(2)
}

#[test]
fn the_platforms_address_has_one_name_and_one_form() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (document, text) in files_ending(".md") {
        for line in blocks(&text).flat_map(str::lines).map(str::trim) {
            let named = line.starts_with("TOT=") && line != ADDRESS;
            let twice = line.contains("localhost:3000/api/v1/") || line.contains("$TOT_URL");
            let bare = line
                .split("$TOT/")
                .skip(1)
                .any(|path| !path.starts_with(BASE.trim_start_matches('/')) && !path.starts_with("api/docs"));
            seen += usize::from(line.contains("$TOT/"));
            if named || twice || bare {
                wrong.push(format!("{}: {line}", document.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(seen > 15, "{seen}");
}

#[test]
fn every_body_that_a_document_shows_is_one_that_the_api_takes() {
    let described: Value = serde_json::from_str(DESCRIPTION).unwrap();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (document, text) in files_ending(".md") {
        for block in blocks(&text) {
            for request in block.split(BASE).skip(1) {
                let path = request.split(['"', '\'', '`', ' ', '?', '\n']).next().unwrap();
                let Some(body) = BODIES.iter().find_map(|begins| request.split_once(begins)) else {
                    continue;
                };
                let schema = body_of(&described, path);
                let Some(schema) = schema else {
                    wrong.push(format!("{}: nothing takes a body at {path}", document.display()));
                    continue;
                };
                let (given, known) = (members(body.1), names(&schema["properties"]));
                let required = schema["required"].as_array().into_iter().flatten();
                let missing: Vec<&str> = required
                    .filter_map(Value::as_str)
                    .filter(|name| !given.contains(*name))
                    .collect();
                let odd: Vec<&String> = given.iter().filter(|name| !known.contains(*name)).collect();
                if !missing.is_empty() || !odd.is_empty() {
                    let document = document.display();
                    wrong.push(format!("{document}: {path} lacks {missing:?}, and has {odd:?}"));
                }
                seen += 1;
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(seen >= 4, "{seen}");
}

/// The schema of what is sent to this path, whose parameters may stand there as a shell's variables.
fn body_of(described: &Value, path: &str) -> Option<Value> {
    let paths = described["paths"].as_object().unwrap();
    let fits = |template: &str| {
        let (wanted, shown) = (template.trim_start_matches(BASE).split('/'), path.split('/'));
        let (wanted, shown): (Vec<_>, Vec<_>) = (wanted.collect(), shown.collect());
        let same = |(wanted, shown): (&&str, &&str)| wanted.starts_with('{') || wanted == shown;
        wanted.len() == shown.len() && wanted.iter().zip(&shown).all(same)
    };
    let (_, operations) = paths.iter().find(|(template, _)| fits(template))?;
    let sent = ["post", "put", "patch"].iter().find_map(|method| {
        operations[method]["requestBody"]["content"]["application/json"]["schema"].as_object()
    });
    let sent = Value::Object(sent?.clone());
    let Some(reference) = sent["$ref"].as_str() else {
        return Some(sent);
    };
    described.pointer(reference.trim_start_matches('#')).cloned()
}

fn names(properties: &Value) -> BTreeSet<String> {
    properties
        .as_object()
        .into_iter()
        .flat_map(|all| all.keys().cloned())
        .collect()
}

/// The names of an object's own members, in JSON or in JavaScript, from behind its opening brace on.
fn members(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let (mut depth, mut quoted, mut word) = (1, None, String::new());
    for letter in text.chars() {
        match (quoted, letter) {
            (Some(quote), _) if letter == quote => quoted = None,
            (Some(_), _) => word.push(letter),
            (None, '"') => {
                quoted = Some('"');
                word.clear();
            }
            (None, '{' | '[') => depth += 1,
            (None, '}' | ']') => depth -= 1,
            (None, ':') if depth == 1 => drop(found.insert(std::mem::take(&mut word))),
            (None, ',') => word.clear(),
            (None, _) if letter.is_ascii_alphanumeric() || letter == '_' => word.push(letter),
            (None, _) => {}
        }
        if depth == 0 {
            break;
        }
    }
    found
}
