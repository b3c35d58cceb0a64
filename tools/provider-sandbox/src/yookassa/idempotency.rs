//! Idempotence-Key: the same request twice within 24 hours is one request; the same key for another request is refused.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::clock::after;
use crate::state::unsettled::KeyScope;
use crate::yookassa::errors::Refusal;
use crate::yookassa::{Call, Operation};

/// How long a key is remembered; afterwards it makes a new request.
const REMEMBERED_FOR: Duration = Duration::from_secs(24 * 60 * 60);
/// The longest key.
const KEY_CHARS_MAX: usize = 64;

/// What a key stands for.
#[derive(Debug, Clone)]
pub struct Remembered {
    /// When it was first used.
    at: Timestamp,
    digest: [u8; 32],
    /// The first answer: status and body, kept as text (a big rehearsal keeps many).
    status: u16,
    body: String,
}

/// All keys that were used.
#[derive(Debug, Default)]
pub struct KeyStore {
    keys: HashMap<String, Remembered>,
}

/// What is known of a request.
#[derive(Debug)]
pub enum Known {
    /// Nothing: carry it out.
    New,
    /// It was carried out, with this answer.
    Before((u16, Value)),
    /// The key belongs to another request.
    KeyReused,
}

impl KeyStore {
    /// What is known of this request at this time.
    pub fn look_up(&self, slot: &str, digest: &[u8; 32], now: Timestamp) -> Known {
        match self.keys.get(slot) {
            Some(known) if now >= after(known.at, REMEMBERED_FOR) => Known::New,
            Some(known) if known.digest == *digest => {
                let body = serde_json::from_str(&known.body).unwrap_or_default();
                Known::Before((known.status, body))
            }
            Some(_) => Known::KeyReused,
            None => Known::New,
        }
    }

    /// Remembers an answer.
    pub fn remember(&mut self, slot: String, digest: [u8; 32], now: Timestamp, answer: &(u16, Value)) {
        self.keys.insert(
            slot,
            Remembered {
                at: now,
                digest,
                status: answer.0,
                body: answer.1.to_string(),
            },
        );
    }

    /// How many keys are remembered.
    pub fn len(&self) -> usize {
        self.keys.len()
    }
}

/// The key of a request, checked.
///
/// # Errors
/// 400 when it is absent, too long or has a forbidden character.
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
pub fn slot(scope: KeyScope, operation: Operation, key: &str) -> String {
    match scope {
        KeyScope::Shop => key.to_owned(),
        KeyScope::Endpoint => format!("{} {key}", operation.name()),
    }
}

/// The digest of a request: what is asked of which object, with which data.
pub fn digest_of(call: &Call) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(call.operation.name());
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
