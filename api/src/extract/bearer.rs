//! The access token that a request brings.

use http::header;
use http::request::Parts;

use crate::problem::{Code, Problem};

/// The token of `Authorization: Bearer …`.
pub fn bearer(parts: &Parts) -> Result<&str, Problem> {
    let value = parts.headers.get(header::AUTHORIZATION);
    value
        .and_then(|value| value.to_str().ok()?.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or_else(|| Problem::plain(Code::TokenMissing))
}
