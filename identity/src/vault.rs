//! The erasable vault: what facts may not hold, sealed into rows that facts point at by id and digest.
//!
//! One function seals, one opens: encryption per person goes into these two and nowhere else. Rows are written by the
//! log's append, in the commit of the command they belong to.

use std::collections::HashMap;
use std::fmt;

use domain::ids::{AccountId, PrivateId};
use domain::people::PrivateRef;
use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::{PgPool, Row};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::random;
use crate::refusal::IdentityError;

const SALT_BYTES: usize = 32;

/// A row ready to be written with the command it belongs to.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone)]
pub struct Sealed {
    pub id: PrivateId,
    pub subject_id: AccountId,
    /// What it is, for instance `booking_details`.
    pub kind: &'static str,
    /// Keeps a digest from being guessed back into a short body.
    pub salt: Vec<u8>,
    /// The data, in the form in which it is stored.
    pub body: Value,
}

/// A row that is still there.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone)]
pub struct Opened {
    pub subject_id: AccountId,
    pub kind: String,
    pub body: Value,
    salt: Vec<u8>,
}

/// Seals `body` for the row `id`; the reference is what the fact may hold. Numbers in `body` are integers: decimals
/// travel as text. Text may not contain U+0000, which the database cannot store; the door refuses it.
pub fn seal(kind: &'static str, subject: AccountId, body: Value, id: PrivateId) -> (Sealed, PrivateRef) {
    let salt = random::bytes::<SALT_BYTES>().to_vec();
    let reference = PrivateRef {
        id,
        digest: digest(&salt, &body),
    };
    let sealed = Sealed {
        id,
        subject_id: subject,
        kind,
        salt,
        body,
    };
    (sealed, reference)
}

/// Opens the rows that are still there; erased ones are simply absent.
pub async fn open(pool: &PgPool, ids: &[PrivateId]) -> Result<HashMap<PrivateId, Opened>, IdentityError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    // One row is by far the commonest question, and its plan is kept; how many an array holds, only a new plan sees.
    let rows = if let [only] = ids {
        sqlx::query("select id, subject_id, kind, salt, body from identity.vault where id = $1")
            .bind(only.uuid())
            .fetch_all(pool)
            .await?
    } else {
        let numbers: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
        sqlx::query("select id, subject_id, kind, salt, body from identity.vault where id = any($1)")
            .bind(numbers)
            .fetch_all(pool)
            .await?
    };
    let mut opened = HashMap::with_capacity(rows.len());
    for row in rows {
        let contents = Opened {
            subject_id: AccountId::from_uuid(row.try_get("subject_id")?),
            kind: row.try_get("kind")?,
            body: row.try_get("body")?,
            salt: row.try_get("salt")?,
        };
        opened.insert(PrivateId::from_uuid(row.try_get("id")?), contents);
    }
    Ok(opened)
}

impl Opened {
    /// Whether this is, to the letter, what the fact with this reference was recorded with.
    pub fn is_what(&self, reference: &PrivateRef) -> bool {
        let digest = digest(&self.salt, &self.body);
        digest.as_bytes().ct_eq(reference.digest.as_bytes()).into()
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealed")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// SHA-256 over salt and canonical body, in lower-case hex.
fn digest(salt: &[u8], body: &Value) -> String {
    let mut hash = Sha256::new();
    hash.update(salt);
    hash.update(canonical(body));
    hex::encode(hash.finalize())
}

/// JSON without spaces and with members sorted by their names' bytes: `jsonb` keeps no order, so the digest may not
/// depend on one.
fn canonical(body: &Value) -> String {
    match body {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => body.to_string(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(canonical).collect();
            format!("[{}]", items.join(","))
        }
        Value::Object(members) => {
            let mut members: Vec<(&String, &Value)> = members.iter().collect();
            members.sort_by_key(|(name, _)| name.as_bytes());
            let member = |(name, value): (&String, &Value)| {
                format!("{}:{}", Value::String(name.clone()), canonical(value))
            };
            let members: Vec<String> = members.into_iter().map(member).collect();
            format!("{{{}}}", members.join(","))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_canonical_form_sorts_members_and_keeps_arrays() {
        let body = json!({"b": [2, 1, {"z": null, "a": true}], "a": "ул. \"Мира\"\n1", "я": -5});
        assert_eq!(
            canonical(&body),
            "{\"a\":\"ул. \\\"Мира\\\"\\n1\",\"b\":[2,1,{\"a\":true,\"z\":null}],\"я\":-5}"
        );
    }

    #[test]
    fn the_digest_is_sha_256_of_salt_and_body() {
        // printf 'salt{"a":1}' | sha256sum
        let expected = "38df60ba354b2e5e7df624bb10feb2b4b8b465ef6523fd28e321b537cba57566";
        assert_eq!(digest(b"salt", &json!({"a": 1})), expected);
    }

    #[test]
    fn the_same_body_sealed_twice_has_two_digests() {
        let (subject, id) = (
            AccountId::from_uuid(Uuid::nil()),
            PrivateId::from_uuid(Uuid::nil()),
        );
        let (_, first) = seal("note", subject, json!({"note": "x"}), id);
        let (_, second) = seal("note", subject, json!({"note": "x"}), id);
        assert_ne!(first.digest, second.digest);
    }
}
