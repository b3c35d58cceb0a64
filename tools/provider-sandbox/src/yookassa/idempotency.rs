//! Idempotence-Key: the same request twice within 24 hours is one request; the same key for another request is refused.

use sha2::{Digest as _, Sha256};

use crate::state::unsettled::KeyScope;
use crate::yookassa::Call;
use crate::yookassa::errors::Refusal;

/// The longest key.
const KEY_CHARS_MAX: usize = 64;

/// The key of a request, checked: 400 when it is absent, too long or has a forbidden character.
pub fn checked(key: Option<&str>) -> Result<&str, Refusal> {
    let key = key.ok_or_else(|| Refusal::field("Idempotence-Key", "Idempotence key is missing"))?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || (b'+'..=b'_').contains(&byte);
    if key.is_empty() || key.len() > KEY_CHARS_MAX || !key.bytes().all(fits) {
        return Err(Refusal::field(
            "Idempotence-Key",
            "Idempotence key must have 1 to 64 characters of [0-9a-zA-Z+-_.]",
        ));
    }
    Ok(key)
}

/// Where a key is looked up.
pub fn slot(scope: KeyScope, operation: &str, key: &str) -> String {
    match scope {
        KeyScope::Shop => key.to_owned(),
        KeyScope::Endpoint => format!("{operation} {key}"),
    }
}

/// The digest of a request: what is asked of which object, with which data.
pub fn digest_of(call: &Call) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(call.operation.name);
    digest.update([0]);
    digest.update(&call.id);
    digest.update([0]);
    // Parsed and written again: white space and the order of fields are not data.
    digest.update(call.body.to_string());
    digest.finalize().into()
}

/// 400 for a key that belongs to another request (the words integrations have seen).
pub fn key_reused() -> Refusal {
    Refusal::field("Idempotence-Key", "Idempotence key duplicated")
}
