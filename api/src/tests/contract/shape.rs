//! A schema as far as it promises anything: references followed, parts joined, `null` told apart.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// What explains and promises nothing.
const PROSE: [&str; 5] = ["description", "example", "examples", "summary", "title"];
/// How deep parts of parts are followed.
const DEPTH_MAX: usize = 16;

/// What a value may look like.
#[derive(Debug, Default)]
pub struct Shape<'d> {
    /// Without `null`; none for any.
    pub types: Option<BTreeSet<&'d str>>,
    pub is_nullable: bool,
    /// Words as JSON; none for any.
    pub words: Option<BTreeSet<String>>,
    /// Whether clients keep a place for words that are not told.
    pub is_open: bool,
    pub properties: BTreeMap<&'d str, &'d Value>,
    /// The components whose properties they are, of those that are joined from components.
    owners: BTreeMap<&'d str, &'d str>,
    pub required: BTreeSet<&'d str>,
    pub items: Option<&'d Value>,
    pub additional: Option<&'d Value>,
    /// Of `oneOf` and `anyOf`, without `null`, if there are several.
    pub variants: Vec<&'d Value>,
    /// `minimum`, `maxLength` …, `format` and `pattern`.
    pub bounds: BTreeMap<&'d str, &'d Value>,
}

/// Bounds that grow tighter upwards, and those that do so downwards.
pub const LOWER: [&str; 4] = ["minimum", "exclusiveMinimum", "minLength", "minItems"];
pub const UPPER: [&str; 4] = ["maximum", "exclusiveMaximum", "maxLength", "maxItems"];

impl<'d> Shape<'d> {
    pub fn of(description: &'d Value, schema: &'d Value) -> Self {
        let mut shape = Self::default();
        shape.add(description, schema, None, 0);
        shape
    }

    /// A field's place: in its own component, else in the schema at `place`.
    pub fn place_of(&self, name: &str, place: &str) -> String {
        let owner = self.owners.get(name).copied().unwrap_or(place);
        format!("{owner}.{name}")
    }

    fn add(&mut self, description: &'d Value, schema: &'d Value, owner: Option<&'d str>, depth: usize) {
        assert!(depth < DEPTH_MAX, "{schema} goes round in circles");
        let owner = reference(schema).or(owner);
        let schema = resolved(description, schema);
        self.add_types(&schema["type"]);
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.add(description, part, owner, depth + 1);
        }
        let choices = ["oneOf", "anyOf"]
            .into_iter()
            .filter_map(|key| schema[key].as_array());
        let (nulls, others): (Vec<_>, Vec<_>) =
            choices.flatten().partition(|choice| choice["type"] == "null");
        self.is_nullable |= !nulls.is_empty();
        match others.as_slice() {
            [only] => self.add(description, only, owner, depth + 1),
            several => self.variants.extend(several),
        }
        self.is_open |= schema["x-open"] == true;
        if let Some(words) = schema["enum"].as_array() {
            let words = words.iter().filter(|word| !word.is_null());
            self.words = Some(words.map(Value::to_string).collect());
        }
        for (name, property) in entries(&schema["properties"]) {
            self.properties.insert(name, property);
            self.owners.extend(owner.map(|owner| (name, owner)));
        }
        let required = schema["required"].as_array().into_iter().flatten();
        self.required.extend(required.filter_map(Value::as_str));
        self.items = schema.get("items").or(self.items);
        self.additional = schema.get("additionalProperties").or(self.additional);
        for key in LOWER.into_iter().chain(UPPER).chain(["format", "pattern"]) {
            if let Some(value) = schema.get(key) {
                self.bounds.insert(key, value);
            }
        }
    }

    fn add_types(&mut self, types: &'d Value) {
        let named = types.as_str().into_iter();
        let named = named.chain(types.as_array().into_iter().flatten().filter_map(Value::as_str));
        for name in named {
            if name == "null" {
                self.is_nullable = true;
            } else {
                self.types.get_or_insert_default().insert(name);
            }
        }
    }
}

/// The name of the component that a schema is, or is unless it is null.
pub fn component(schema: &Value) -> Option<&str> {
    let choices = schema["oneOf"].as_array().or(schema["anyOf"].as_array());
    let choices: Vec<&Value> = choices
        .into_iter()
        .flatten()
        .filter(|one| one["type"] != "null")
        .collect();
    match choices.as_slice() {
        [only] => reference(only),
        _ => reference(schema),
    }
}

/// The name of the component that a schema refers to.
fn reference(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix("#/components/schemas/")
}

/// What stands there, or where it refers to.
pub fn resolved<'d>(description: &'d Value, mut part: &'d Value) -> &'d Value {
    for _ in 0..DEPTH_MAX {
        let Some(to) = part["$ref"].as_str() else {
            return part;
        };
        part = description
            .pointer(to.trim_start_matches('#'))
            .unwrap_or_else(|| panic!("{to} leads nowhere"));
    }
    panic!("{part} goes round in circles")
}

pub fn entries(object: &Value) -> impl Iterator<Item = (&str, &Value)> {
    object
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.as_str(), value))
}

/// Leaves out what promises nothing. What is directly below `properties` are names, whatever they are called.
pub fn without_prose(part: &mut Value, are_names: bool) {
    match part {
        Value::Object(fields) => {
            if !are_names {
                fields.retain(|key, _| !PROSE.contains(&key.as_str()));
            }
            for (key, value) in fields {
                without_prose(value, key == "properties" && !are_names);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| without_prose(item, false)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
