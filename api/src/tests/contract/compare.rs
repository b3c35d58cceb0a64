//! Which changes from one description to another can break a client that was written by the first: operation by operation.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use super::schema::{Comparison, Direction};
use super::shape::{entries, resolved};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// A promise that is no longer kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Breaking {
    /// The operation, with its parameter or answer, or the schema, with its field.
    pub place: String,
    pub what: &'static str,
}

impl fmt::Display for Breaking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.place, self.what)
    }
}

/// All of them, each once, however many operations share the schema.
pub fn breaking(old: &Value, new: &Value) -> BTreeSet<Breaking> {
    let mut comparison = Comparison::new(old, new);
    for (path, item) in entries(&old["paths"]) {
        for method in METHODS {
            let place = format!("{} {path}", method.to_uppercase());
            match (item.get(method), new["paths"][path].get(method)) {
                (Some(before), Some(after)) => operation(&mut comparison, &place, before, after),
                (Some(_), None) => comparison.find(&place, "is gone"),
                (None, _) => {}
            }
        }
    }
    comparison.found
}

fn operation<'d>(comparison: &mut Comparison<'d>, place: &str, old: &'d Value, new: &'d Value) {
    if is_public(comparison.old, old) && !is_public(comparison.new, new) {
        comparison.find(place, "needs a token now");
    }
    parameters(comparison, place, old, new);
    body(comparison, place, old, new);
    for (status, before) in entries(&old["responses"]).filter(|(status, _)| status.starts_with('2')) {
        let place = format!("{place} {status}");
        match new["responses"].get(status) {
            Some(after) => answer(comparison, &place, before, after),
            None => comparison.find(&place, "is no longer answered"),
        }
    }
}

/// Whether it takes no token: by its own word, else by that of the whole description.
fn is_public(description: &Value, operation: &Value) -> bool {
    let own = operation.get("security").or(description.get("security"));
    let ways = own.and_then(Value::as_array);
    ways.is_none_or(|ways| ways.is_empty() || ways.iter().any(|way| *way == serde_json::json!({})))
}

fn parameters<'d>(comparison: &mut Comparison<'d>, place: &str, old: &'d Value, new: &'d Value) {
    let (before, after) = (named(comparison.old, old), named(comparison.new, new));
    for (name, parameter) in &before {
        let place = format!("{place} {name}");
        match after.iter().find(|(other, _)| other == name) {
            Some((_, now)) => {
                if parameter["required"] != true && now["required"] == true {
                    comparison.find(&place, "is required now");
                }
                comparison.schema(Direction::Request, &place, &parameter["schema"], &now["schema"]);
            }
            // Unknown ones are refused.
            None => comparison.find(&place, "is no longer taken"),
        }
    }
    let is_new = |name: &String| before.iter().all(|(known, _)| known != name);
    for (name, parameter) in after.iter().filter(|(name, _)| is_new(name)) {
        if parameter["required"] == true {
            comparison.find(&format!("{place} {name}"), "is required now");
        }
    }
}

/// `?limit`, `{id}` and `If-Match` of an operation.
fn named<'d>(description: &'d Value, operation: &'d Value) -> Vec<(String, &'d Value)> {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let named = parameters.map(|parameter| {
        let parameter = resolved(description, parameter);
        let name = parameter["name"].as_str().unwrap();
        match parameter["in"].as_str().unwrap() {
            "query" => (format!("?{name}"), parameter),
            "path" => (format!("{{{name}}}"), parameter),
            _ => (name.to_owned(), parameter),
        }
    });
    named.collect()
}

fn body<'d>(comparison: &mut Comparison<'d>, place: &str, old: &'d Value, new: &'d Value) {
    let (before, after) = (&old["requestBody"], &new["requestBody"]);
    if before["required"] != true && after["required"] == true {
        comparison.find(place, "needs a body now");
    }
    for (media, content) in entries(&before["content"]) {
        let place = format!("{place} {media}");
        match after["content"].get(media) {
            Some(now) => comparison.schema(Direction::Request, &place, &content["schema"], &now["schema"]),
            None => comparison.find(&place, "is no longer taken"),
        }
    }
}

fn answer<'d>(comparison: &mut Comparison<'d>, place: &str, old: &'d Value, new: &'d Value) {
    let (old, new) = (resolved(comparison.old, old), resolved(comparison.new, new));
    for (name, _) in entries(&old["headers"]) {
        if new["headers"].get(name).is_none() {
            comparison.find(&format!("{place} {name}"), "is no longer answered");
        }
    }
    for (media, content) in entries(&old["content"]) {
        let place = format!("{place} {media}");
        match new["content"].get(media) {
            Some(now) => comparison.schema(Direction::Answer, &place, &content["schema"], &now["schema"]),
            None => comparison.find(&place, "is no longer answered"),
        }
    }
}
