//! One schema for each thing, whatever generic type wraps it.

use utoipa::openapi::schema::{Array, ArrayItems, Schema};
use utoipa::openapi::{Components, Ref, RefOr};

/// What a command answers beside a representation.
const POSITIONED: &str = "Positioned";

/// What generics copy into themselves (`PageView_BookingView`, `Positioned_BookingView`) they name instead, so that there is one class
/// of each.
pub fn name(components: &mut Components) {
    let names: Vec<String> = components.schemas.keys().cloned().collect();
    let mut named = Vec::new();
    for (name, schema) in &mut components.schemas {
        let Some((outer, inner)) = name.split_once('_') else {
            continue;
        };
        if let (POSITIONED, RefOr::T(Schema::AllOf(positioned))) = (outer, &mut *schema)
            && let Some(position) = positioned.items.get_mut(1)
        {
            // That there is a position is said once.
            positioned.description = None;
            let reference = RefOr::Ref(Ref::from_schema_name(POSITIONED));
            named.push((POSITIONED.to_owned(), std::mem::replace(position, reference)));
        }
        if let Some(copy) = copy_in(outer, schema) {
            let reference = RefOr::Ref(Ref::from_schema_name(inner));
            let copied = std::mem::replace(copy, reference);
            if !names.iter().any(|known| known == inner) {
                named.push((inner.to_owned(), copied));
            }
        }
    }
    components.schemas.extend(named);
}

/// What a page lists, or what a command's answer is besides its position.
fn copy_in<'s>(outer: &str, schema: &'s mut RefOr<Schema>) -> Option<&'s mut RefOr<Schema>> {
    let RefOr::T(schema) = schema else { return None };
    if let Schema::AllOf(positioned) = schema {
        return positioned.items.first_mut().filter(|_| outer == POSITIONED);
    }
    let Schema::Object(page) = schema else { return None };
    let RefOr::T(Schema::Array(Array {
        items: ArrayItems::RefOrSchema(item),
        ..
    })) = page.properties.get_mut("items")?
    else {
        return None;
    };
    Some(item.as_mut()).filter(|_| outer == "PageView")
}
