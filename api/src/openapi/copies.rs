//! One schema for each thing, whatever generic type wraps it.

use utoipa::openapi::schema::{Array, ArrayItems, Schema};
use utoipa::openapi::{Components, Ref, RefOr};

/// What generics copy into themselves (`PageView_BookingView`, `Positioned_BookingView`) they name instead, so that there is one class
/// of each.
pub fn name(components: &mut Components) {
    let names: Vec<String> = components.schemas.keys().cloned().collect();
    let mut named = Vec::new();
    for (name, schema) in &mut components.schemas {
        let Some((outer, inner)) = name.split_once('_') else {
            continue;
        };
        let copy = match schema {
            RefOr::T(Schema::Object(page)) if outer == "PageView" => {
                page.properties.get_mut("items").and_then(items_of)
            }
            RefOr::T(Schema::AllOf(positioned)) if outer == "Positioned" => positioned.items.first_mut(),
            _ => None,
        };
        if let Some(copy) = copy {
            let reference = RefOr::Ref(Ref::from_schema_name(inner));
            let copied = std::mem::replace(copy, reference);
            if !names.iter().any(|known| known == inner) {
                named.push((inner.to_owned(), copied));
            }
        }
    }
    components.schemas.extend(named);
}

fn items_of(list: &mut RefOr<Schema>) -> Option<&mut RefOr<Schema>> {
    match list {
        RefOr::T(Schema::Array(Array {
            items: ArrayItems::RefOrSchema(item),
            ..
        })) => Some(item),
        _ => None,
    }
}
