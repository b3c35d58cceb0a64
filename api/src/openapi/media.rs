//! Files that are no text: a media type says all there is to say of them (OpenAPI 3.1, "Considerations for File Uploads" and its registry
//! of formats).

use utoipa::openapi::path::Operation;
use utoipa::openapi::{Content, RefOr};

/// What is sent of them, or taken.
const BINARIES: [&str; 4] = [
    "application/pdf",
    "application/vnd.apache.parquet",
    "image/jpeg",
    "image/png",
];

/// Whether an answer of this kind is bytes and no text.
pub fn is_binary(media_type: &str) -> bool {
    BINARIES.contains(&media_type)
}

/// Describes what an operation answers, or takes, as bytes by its media type alone.
pub fn name_binaries(operation: &mut Operation) {
    if let Some(RefOr::T(body)) = &mut operation.request_body {
        for (media_type, content) in &mut body.content {
            if is_binary(media_type) {
                *content = RefOr::T(Content::default());
            }
        }
    }
    for response in operation.responses.responses.values_mut() {
        let RefOr::T(response) = response else { continue };
        for (media_type, content) in &mut response.content {
            if is_binary(media_type) {
                *content = RefOr::T(Content::default());
            }
        }
    }
}
