//! Examples that show and do not fill in: pages that try requests out send whatever a parameter's `example` says.

use serde_json::Value;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder};
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{RefOr, Required};

/// Moves the example of each optional parameter into its schema's `examples`, which such pages show and do not send.
pub fn prefill_nothing(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(own) = parameter
            && own.required == Required::False
            && let Some(example) = example_of(own)
        {
            let mut shown = ParameterBuilder::from(own.clone()).example(None).build();
            if let Some(RefOr::T(Schema::Object(schema))) = &mut shown.schema {
                schema.examples.push(example);
            }
            *own = shown;
        }
    }
}

/// As it is written: the field itself is the library's own.
fn example_of(parameter: &Parameter) -> Option<Value> {
    let mut written = serde_json::to_value(parameter).ok()?;
    written.get_mut("example").map(Value::take)
}
