//! Texts of one meaning that bodies take in several places go by one name: their patterns are long, and need be told but once.

use std::collections::BTreeMap;

use utoipa::openapi::schema::{Object, Schema, SchemaType, Type};
use utoipa::openapi::{Components, RefOr};

use super::named_sets::reference;
use super::texts::{self, TextShape};

/// A name, and the shape of the texts that go by it.
type NamedText = (&'static str, fn() -> TextShape);

const NAMES: [NamedText; 7] = [
    ("ClinicName", texts::clinic_name),
    ("Email", texts::email),
    ("FreeText", texts::words),
    ("Note", texts::cancellation_note),
    ("PersonName", texts::person_name),
    ("Phone", texts::phone),
    ("Specialization", texts::specialization),
];

/// Puts a reference into the place of each such text of a body.
pub fn name(components: &mut Components) {
    let shapes = NAMES.map(|(name, shape)| (name, shape()));
    let mut named: BTreeMap<&'static str, Object> = BTreeMap::new();
    let bodies = components
        .schemas
        .iter_mut()
        .filter(|(name, _)| name.ends_with("Body"));
    for (_, schema) in bodies {
        let RefOr::T(Schema::Object(body)) = schema else {
            continue;
        };
        for place in body.properties.values_mut() {
            let RefOr::T(Schema::Object(text)) = &*place else {
                continue;
            };
            let shape = shapes.iter().find(|(_, shape)| is_of(text, shape));
            let Some((name, _)) = shape else { continue };
            let is_nullable = text.schema_type != SchemaType::Type(Type::String);
            let told = text.description.clone();
            named.entry(*name).or_insert_with(|| plain(text));
            *place = reference(name, is_nullable, told);
        }
    }
    components.schemas.extend(
        named
            .into_iter()
            .map(|(name, text)| (name.to_owned(), RefOr::T(Schema::Object(text)))),
    );
}

fn is_of(text: &Object, shape: &TextShape) -> bool {
    text.pattern.is_some()
        && text.pattern == shape.pattern
        && text.max_length == shape.chars.map(|(_, most)| most)
}

/// The text itself, without what is told of one place.
fn plain(text: &Object) -> Object {
    let mut plain = text.clone();
    plain.schema_type = SchemaType::Type(Type::String);
    plain.description = None;
    plain.example = None;
    plain
}
