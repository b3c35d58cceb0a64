//! Types that generators of clients read rightly: whole numbers of 64 bits, and nothing that is both left out and null.

use utoipa::openapi::path::{Operation, Parameter};
use utoipa::openapi::schema::{KnownFormat, Object, Schema, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{RefOr, Required};

/// Makes the types of parameters and headers plain.
pub fn make_plain(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter {
            drop_null(parameter);
            if let Some(RefOr::T(Schema::Object(schema))) = &mut parameter.schema {
                widen(schema);
            }
        }
    }
    for response in operation.responses.responses.values_mut() {
        let RefOr::T(response) = response else { continue };
        for header in response.headers.values_mut() {
            if let RefOr::T(header) = header
                && let Some(RefOr::T(Schema::Object(schema))) = &mut header.schema
            {
                widen(schema);
            }
        }
    }
}

/// A parameter that may be left out is never null.
fn drop_null(parameter: &mut Parameter) {
    if parameter.required == Required::False
        && let Some(RefOr::T(Schema::Object(schema))) = &mut parameter.schema
        && let SchemaType::Array(types) = &mut schema.schema_type
    {
        types.retain(|kind| *kind != Type::Null);
        if let [only] = types.as_slice() {
            schema.schema_type = SchemaType::Type(only.clone());
        }
    }
}

/// Positions outgrow 32 bits, which generators take where no format is told.
fn widen(schema: &mut Object) {
    if schema.schema_type == SchemaType::Type(Type::Integer) && schema.format.is_none() {
        schema.format = Some(SchemaFormat::KnownFormat(KnownFormat::Int64));
    }
}
