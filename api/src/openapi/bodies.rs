//! Which bodies may be left out: those of which every field may be, since no bytes at all count as an empty object.

use utoipa::openapi::path::Operation;
use utoipa::openapi::{Components, Paths, RefOr, Required, Schema};

use super::operations;

/// Of which one field must be given, whichever.
const ONE_OF_ITS_FIELDS: [&str; 3] = ["InvitationBody", "ProofBody", "ReplayBody"];

/// Says so of each operation that takes such a body.
pub fn let_be_absent(paths: &mut Paths, components: &Components) {
    for item in paths.paths.values_mut() {
        for (_, operation) in operations(item) {
            if takes_nothing_for_sure(operation, components)
                && let Some(RefOr::T(body)) = &mut operation.request_body
            {
                body.required = Some(Required::False);
            }
        }
    }
}

fn takes_nothing_for_sure(operation: &Operation, components: &Components) -> bool {
    let Some(RefOr::T(body)) = &operation.request_body else {
        return false;
    };
    body.content.values().all(|content| {
        let RefOr::T(content) = content else { return false };
        let Some(RefOr::Ref(schema)) = &content.schema else {
            return false;
        };
        let name = schema.ref_location.rsplit('/').next().unwrap_or_default();
        match components.schemas.get(name) {
            Some(RefOr::T(Schema::Object(object))) => {
                object.required.is_empty() && !ONE_OF_ITS_FIELDS.contains(&name)
            }
            Some(_) | None => false,
        }
    })
}
