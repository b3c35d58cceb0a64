//! The idempotency keys that were used, with the first answer under each.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use crate::clock::after;

/// How long a key is remembered; afterwards it makes a new request.
const REMEMBERED_FOR: Duration = Duration::from_secs(24 * 60 * 60);

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
}
