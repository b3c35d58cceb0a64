//! Personal words on their way to the vault: sealed here, kept by the same append that records the fact.

use domain::ids::{AccountId, PrivateId};
use domain::people::PrivateRef;
use event_store::PrivateRow;
use serde_json::{Map, Value};

/// Seals `body` as a row about `subject`, and names the row for the fact.
pub(crate) fn seal(
    kind: &'static str,
    subject: AccountId,
    body: Map<String, Value>,
    id: PrivateId,
) -> (PrivateRow, PrivateRef) {
    let (sealed, reference) = identity::vault::seal(kind, subject, Value::Object(body), id);
    let row = PrivateRow {
        id: sealed.id.uuid(),
        subject_id: sealed.subject_id.uuid(),
        kind,
        salt: sealed.salt,
        body: sealed.body,
    };
    (row, reference)
}
