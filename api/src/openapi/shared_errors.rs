//! Errors told once: answers that say nothing but their codes stand among the components.

use std::collections::BTreeMap;

use utoipa::openapi::path::Operation;
use utoipa::openapi::{Ref, RefOr, Response};

use crate::problem::Code;

/// Moves errors that say nothing but their codes to the components, where each is told once.
pub fn share(operation: &mut Operation, shared: &mut BTreeMap<String, RefOr<Response>>) {
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(error) = response else { continue };
        if let Some(name) = shared_name(status, &error.description) {
            let reference = RefOr::Ref(Ref::from_response_name(&name));
            shared.insert(name, std::mem::replace(response, reference));
        }
    }
}

/// `RateLimited`, `InvalidOrIdempotencyKeyReused`; nothing for what is more than a list of codes.
fn shared_name(status: &str, description: &str) -> Option<String> {
    let codes = description.split(", ").map(|word| {
        let code = word.strip_prefix('`')?.strip_suffix('`')?;
        Code::parse(code).map(|code| pascal(code.as_str()))
    });
    let codes = codes.collect::<Option<Vec<_>>>()?;
    status.starts_with(['4', '5']).then(|| codes.join("Or"))
}

fn pascal(code: &str) -> String {
    code.split('_')
        .map(|word| {
            let (first, rest) = word.split_at(word.len().min(1));
            first.to_uppercase() + rest
        })
        .collect()
}
