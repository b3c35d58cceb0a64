//! The erasable vault: what facts may not hold, sealed into rows that facts point at by id and digest.
//!
//! One function seals, one opens, under the key of the person a row is about: outside they are ciphertext, bound to the row's id,
//! its kind and the person. The digest that facts hold is over the plain body and a salt, which is sealed with it: a short body cannot
//! be guessed back by whoever has facts and rows. Rows are written by the log's append, in the commit of the command they belong to.

use std::collections::HashMap;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::ids::{AccountId, PrivateId};
use domain::people::PrivateRef;
use jiff::Timestamp;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use sqlx::Row;
use sqlx::postgres::PgRow;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::People;
use super::rows::instant;
use super::subject_keys::SubjectKey;
use crate::keys::master::MasterKeyError;
use crate::refusal::IdentityError;
use crate::{place, random};

/// Bytes of a digest's salt.
pub(crate) const SALT_BYTES: usize = 32;
/// The member of a stored body that holds salt and canonical body, sealed, in base64.
const SEALED: &str = "sealed";
/// The member that the database takes out again and carries out, of an edit of an account.
const CARRIED_OUT: &str = "carried_out";

const ROWS: &str = "select v.id, v.subject_id, v.kind, v.body, dk.wrapped from identity.vault v \
     join identity.data_keys dk on dk.subject_id = v.subject_id";

/// A row ready to be written with the command it belongs to.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone)]
pub struct Sealed {
    pub id: PrivateId,
    pub subject_id: AccountId,
    /// What it is, for instance `booking_details`.
    pub kind: &'static str,
    /// Empty: the salt is sealed with the body.
    pub salt: Vec<u8>,
    /// What is stored: the seal, and beside it the coarse place where the data have one.
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
/// travel as text. The database is asked for the subject's key where this process does not know it yet.
///
/// # Errors
/// [`IdentityError::Sealing`], and faults of the database.
pub async fn seal(
    people: &People,
    kind: &'static str,
    subject: AccountId,
    body: Value,
    id: PrivateId,
) -> Result<(Sealed, PrivateRef), IdentityError> {
    let key = people.subject_key(subject).await?;
    let salt = random::bytes::<SALT_BYTES>();
    let reference = PrivateRef {
        id,
        digest: digest(&salt, &body),
    };
    let sealed = Sealed {
        id,
        subject_id: subject,
        kind,
        salt: Vec::new(),
        body: stored(&key, (id.uuid(), subject, kind), &salt, &body)?,
    };
    Ok((sealed, reference))
}

/// Opens the rows that are still there; erased ones are simply absent, and so are those of somebody whose key is erased.
///
/// # Errors
/// [`IdentityError::Sealing`] for a row that was changed or moved behind our back, and faults of the database.
pub async fn open(people: &People, ids: &[PrivateId]) -> Result<HashMap<PrivateId, Opened>, IdentityError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    // One row is by far the commonest question, and its plan is kept; how many an array holds, only a new plan sees.
    let rows = if let [only] = ids {
        sqlx::query(&format!("{ROWS} where v.id = $1"))
            .bind(only.uuid())
            .fetch_all(people.pool())
            .await?
    } else {
        let numbers: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
        sqlx::query(&format!("{ROWS} where v.id = any($1)"))
            .bind(numbers)
            .fetch_all(people.pool())
            .await?
    };
    let mut opened = HashMap::with_capacity(rows.len());
    for row in rows {
        opened.insert(
            PrivateId::from_uuid(row.try_get("id")?),
            opened_row(people, &row)?,
        );
    }
    Ok(opened)
}

/// The rows of this person, by their ids, behind `after`: each with its id and since when it has been kept.
///
/// # Errors
/// [`IdentityError::Sealing`] for a row that was changed or moved behind our back, and faults of the database.
pub async fn of_subject(
    people: &People,
    subject: AccountId,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<(Uuid, Timestamp, Opened)>, IdentityError> {
    let rows = sqlx::query(
        "select v.id, v.subject_id, v.kind, v.body, v.created_at, dk.wrapped from identity.vault v \
         join identity.data_keys dk on dk.subject_id = v.subject_id \
         where v.subject_id = $1 and ($2::uuid is null or v.id > $2) order by v.id limit $3",
    )
    .bind(subject.uuid())
    .bind(after)
    .bind(limit)
    .fetch_all(people.pool())
    .await?;
    let opened = rows.iter().map(|row| {
        Ok((
            row.try_get("id")?,
            instant(row, "created_at")?,
            opened_row(people, row)?,
        ))
    });
    opened.collect()
}

fn opened_row(people: &People, row: &PgRow) -> Result<Opened, IdentityError> {
    let (id, kind): (Uuid, String) = (row.try_get("id")?, row.try_get("kind")?);
    let subject_id = AccountId::from_uuid(row.try_get("subject_id")?);
    let wrapped: Vec<u8> = row.try_get("wrapped")?;
    let key = SubjectKey::unwrap(people.master_keys(), subject_id, &wrapped)?;
    let stored: Value = row.try_get("body")?;
    let sealed = stored.get(SEALED).and_then(Value::as_str);
    let sealed = sealed.and_then(|text| STANDARD.decode(text).ok());
    let sealed = sealed.ok_or(MasterKeyError::DoesNotOpen)?;
    let plain = key.open(&context((id, subject_id, &kind)), &sealed)?;
    let (salt, body) = plain
        .split_at_checked(SALT_BYTES)
        .ok_or(MasterKeyError::DoesNotOpen)?;
    Ok(Opened {
        subject_id,
        kind,
        body: serde_json::from_slice(body).map_err(|_| MasterKeyError::DoesNotOpen)?,
        salt: salt.to_vec(),
    })
}

/// What a row holds: salt and body sealed, bound to id, subject and kind, and the coarse place beside it.
pub(crate) fn stored(
    key: &SubjectKey,
    row: (Uuid, AccountId, &str),
    salt: &[u8],
    body: &Value,
) -> Result<Value, MasterKeyError> {
    let plain = [salt, canonical(body).as_bytes()].concat();
    let sealed = key.seal(&context(row), &plain)?;
    let mut stored = place::field_of(body);
    stored.insert(SEALED.to_owned(), STANDARD.encode(sealed).into());
    Ok(Value::Object(stored))
}

fn context((id, subject, kind): (Uuid, AccountId, &str)) -> Vec<u8> {
    [
        b"vault ".as_slice(),
        id.as_bytes(),
        subject.uuid().as_bytes(),
        kind.as_bytes(),
    ]
    .concat()
}

impl Sealed {
    /// Has the database carry this out when the row is written, and keep nothing of it in the row.
    pub(crate) fn carry_out(&mut self, change: &Map<String, Value>) {
        if let Value::Object(stored) = &mut self.body {
            stored.insert(CARRIED_OUT.to_owned(), Value::Object(change.clone()));
        }
    }
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
}
