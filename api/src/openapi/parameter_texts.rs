//! What each parameter takes that is neither a word of a closed set nor of a known format: the shape of its text, the bounds of its number.

use projections::LIMIT_MAX;
use utoipa::openapi::path::{Operation, Parameter};
use utoipa::openapi::schema::{KnownFormat, Schema, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{Paths, RefOr};

use super::numbers::{bound, is_integer};
use super::operations;
use super::profile_texts;
use super::text_fields::shape_text;
use super::texts::{self, TextShape};
use crate::routes::doctors::list::WITHIN_KM_MAX;

/// A parameter's name, wherever it stands, and the shape of its text.
type TextParameter = (&'static str, fn() -> TextShape);

const TEXTS: [TextParameter; 20] = [
    ("Idempotency-Key", texts::idempotency_key),
    ("If-Match", texts::if_match),
    ("Tot-Client-Address", texts::client_address),
    ("actor", texts::parameter),
    ("address_hash", texts::trace_id),
    ("as_of", texts::moment),
    ("correlation", texts::parameter),
    ("cursor", texts::cursor),
    ("id", texts::stream_id),
    ("languages", texts::language),
    ("near", profile_texts::point),
    ("partition_key", texts::parameter),
    ("process", texts::parameter),
    ("q", texts::sought),
    ("specialization", texts::specialization),
    ("stream", texts::stream),
    ("target", texts::trail_target),
    ("ticket", texts::parameter),
    ("token", texts::calendar_token),
    ("trace_id", texts::trace_id),
];

/// The lists whose cursor is the id of their last entry.
const BY_ID: [&str; 2] = ["admin_list_accounts", "doctors_list"];

/// A parameter's name, wherever it stands, the least and the most that it may be.
const NUMBERS: [(&str, i64, i64); 11] = [
    ("Last-Event-ID", 0, i64::MAX),
    ("Read-After", 0, i64::MAX),
    ("after", 0, i64::MAX),
    ("from_position", 1, i64::MAX),
    ("from_version", 0, i64::MAX),
    ("last_event_id", 0, i64::MAX),
    ("limit", 1, LIMIT_MAX as i64),
    ("number", 0, u32::MAX as i64),
    ("to_version", 0, i64::MAX),
    ("version", 1, u32::MAX as i64),
    ("within_km", 1, WITHIN_KM_MAX as i64),
];

/// Of reports alone, `limit` counts rows.
const ROWS: (&str, &str, i64) = ("reports_report", "limit", reports::ROWS_MAX as i64);

/// Writes shapes and bounds into the parameters. None is ever null: what is absent is not sent.
pub fn add(paths: &mut Paths) {
    for item in paths.paths.values_mut() {
        for (_, operation) in operations(item) {
            let id = operation.operation_id.clone().unwrap_or_default();
            for parameter in own(operation) {
                shape(&id, parameter);
            }
        }
    }
}

fn own(operation: &mut Operation) -> impl Iterator<Item = &mut Parameter> {
    let parameters = operation.parameters.iter_mut().flatten();
    parameters.filter_map(|parameter| match parameter {
        RefOr::T(parameter) => Some(parameter),
        RefOr::Ref(_) => None,
    })
}

fn shape(operation_id: &str, parameter: &mut Parameter) {
    let name = parameter.name.clone();
    let Some(schema) = &mut parameter.schema else {
        return;
    };
    if let RefOr::T(Schema::Object(object)) = schema {
        if let SchemaType::Array(kinds) = &mut object.schema_type {
            kinds.retain(|kind| *kind != Type::Null);
            if let [only] = kinds.as_slice() {
                object.schema_type = SchemaType::Type(only.clone());
            }
        }
        if object.enum_values.is_some() || (object.format.is_some() && !is_integer(object)) {
            return;
        }
        if is_integer(object) {
            let bounds = NUMBERS.iter().find(|(known, ..)| *known == name);
            if (operation_id, name.as_str()) == (ROWS.0, ROWS.1) {
                bound(object, 1, ROWS.2);
            } else if let Some((_, least, most)) = bounds {
                bound(object, *least, *most);
            }
            return;
        }
        if name == "cursor" && BY_ID.contains(&operation_id) {
            object.format = Some(SchemaFormat::KnownFormat(KnownFormat::Uuid));
            return;
        }
    }
    if let Some((_, text)) = TEXTS.iter().find(|(known, _)| *known == name) {
        shape_text(schema, &text());
    }
}
