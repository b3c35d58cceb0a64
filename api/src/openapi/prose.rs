//! What a schema says by itself need not be said again in words.

use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{Array, ArrayItems, Object, Schema};
use utoipa::openapi::{Components, Paths, RefOr};

use super::operations;

/// Takes away what enums, lengths, the shape of pages and the example of the whole say, too.
pub fn shorten_schemas(components: &mut Components) {
    for (name, schema) in &mut components.schemas {
        let RefOr::T(Schema::Object(object)) = schema else {
            continue;
        };
        let is_page = name.starts_with("PageView_");
        if is_page {
            // What a page is stands in the description of the API.
            object.description = None;
        }
        let shown = object.example.clone().unwrap_or_default();
        for (property, schema) in &mut object.properties {
            match schema {
                RefOr::T(Schema::Object(text)) => {
                    shorten(property, text, is_page);
                    if shown.get(property).is_some() {
                        // The example of the whole shows it, too.
                        text.example = None;
                    }
                }
                RefOr::T(Schema::Array(list)) if is_page => list.description = None,
                RefOr::T(_) | RefOr::Ref(_) => {}
            }
        }
    }
}

fn shorten(property: &str, text: &mut Object, is_page: bool) {
    let words = text.description.as_deref().unwrap_or_default();
    let is_said = (text.enum_values.is_some() && is_a_list_of_words(words))
        || (text.max_length.is_some() && is_a_length(words))
        || (is_page && property == "next");
    if is_said {
        text.description = None;
    }
    if property == "next" || text.enum_values.is_some() {
        // A cursor's example would lead nowhere, and each word of a set is one.
        text.example = None;
    }
}

/// The same, of parameters.
pub fn shorten_parameters(paths: &mut Paths) {
    for item in paths.paths.values_mut() {
        for (_, operation) in operations(item) {
            shorten_parameters_of(operation);
        }
    }
}

fn shorten_parameters_of(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(parameter) = parameter else { continue };
        let words = parameter.description.as_deref().unwrap_or_default();
        if let Some(RefOr::T(Schema::Object(text))) = &mut parameter.schema
            && text.enum_values.is_some()
        {
            text.examples.clear();
            if is_a_list_of_words(words) {
                parameter.description = None;
            }
        } else if let Some(RefOr::T(Schema::Array(Array {
            items: ArrayItems::RefOrSchema(item),
            ..
        }))) = &mut parameter.schema
            && let RefOr::T(Schema::Object(text)) = item.as_mut()
        {
            text.examples.clear();
        }
    }
}

/// `` `a`, `b` or `c`. `` and nothing else.
fn is_a_list_of_words(words: &str) -> bool {
    let mut between = words.split('`').step_by(2);
    !words.is_empty() && between.all(|part| matches!(part.trim(), "" | "," | "or" | "."))
}

/// `2 to 50 characters.` and nothing else.
fn is_a_length(words: &str) -> bool {
    let Some((least, most)) = words
        .strip_suffix(" characters.")
        .and_then(|numbers| numbers.split_once(" to "))
    else {
        return false;
    };
    [least, most]
        .iter()
        .all(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}
