//! An entry of the audit trail as JSON, and where it stands as a cursor: the command line shows both, too.

use domain::ids::{AccountId, AppId};
use identity::{AuditEntry, AuditPlace, AuditSource};
use jiff::Timestamp;
use projections::{Cursor, CursorRefusal, List};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// An event of security.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "at": "2026-11-30T10:00:00.123456Z",
    "kind": "read",
    "channel": "http",
    "account_id": "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69",
    "app_id": null,
    "role": "admin",
    "os_user": null,
    "operation": "admin_search",
    "what": "search_by_phone",
    "target_type": null,
    "target": null,
    "subject_ids": ["019a8f0e-7000-7c3e-9a51-1f2d3c4b5a69"],
    "fields": ["name", "email", "phone"],
    "address_hash": "9f86d081884c7d659a2feaa0c55ad015",
    "typed_hash": null,
    "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
    "result": "done",
    "ended_at": null,
    "made": null
}))]
pub struct AuditEntryView {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// What sort of event it is.
    #[schema(value_type = String)]
    pub kind: String,
    /// Over HTTP, or on the command line.
    #[schema(value_type = Option<String>)]
    pub channel: Option<&'static str>,
    /// Who, if known.
    pub account_id: Option<Uuid>,
    /// Which app asked, of itself or for them.
    pub app_id: Option<Uuid>,
    /// As which role.
    pub role: Option<String>,
    /// Whom the operating system knew where a command ran.
    pub os_user: Option<String>,
    /// Which operation of this description.
    pub operation: Option<String>,
    /// What a read was for, what was asked for, or a command as it is typed; else the operation.
    pub what: String,
    /// Of which sort its target is.
    pub target_type: Option<String>,
    /// What it was about; of a command its arguments, `…` for what might be a person's.
    pub target: Option<String>,
    /// Whose data or account it was about.
    pub subject_ids: Vec<Uuid>,
    /// Which of their data were shown.
    pub fields: Vec<String>,
    /// The client's address as a keyed hash.
    pub address_hash: Option<String>,
    /// An e-mail address that was typed, as a keyed hash.
    pub typed_hash: Option<String>,
    /// The trace of the request and its facts.
    pub trace_id: Option<String>,
    /// How it ended; null of a command that was cut short.
    pub result: Option<String>,
    /// When a command ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    /// The id of what a command made, such as an account.
    pub made: Option<String>,
}

impl From<AuditEntry> for AuditEntryView {
    fn from(entry: AuditEntry) -> Self {
        Self {
            at: entry.place.at,
            kind: entry.kind,
            channel: entry.channel,
            account_id: entry.account_id.map(AccountId::uuid),
            app_id: entry.app_id.map(AppId::uuid),
            role: entry.role,
            os_user: entry.os_user,
            operation: entry.operation,
            what: entry.what,
            target_type: entry.target_type,
            target: entry.target,
            subject_ids: entry.subject_ids,
            fields: entry.fields,
            address_hash: entry.address_hash.map(hex::encode),
            typed_hash: entry.typed_hash.map(hex::encode),
            trace_id: entry.trace_id,
            result: entry.result,
            ended_at: entry.ended_at,
            made: entry.made,
        }
    }
}

/// The cursor behind which the entries after this place are; its id holds where the entry is kept, and its number there.
pub fn audit_cursor(place: AuditPlace) -> Cursor {
    cursor_in(List::AuditTrail, place)
}

/// The same in another list of entries.
pub fn cursor_in(list: List, place: AuditPlace) -> Cursor {
    let id = Uuid::from_u64_pair(place.source.number(), place.id.cast_unsigned());
    Cursor::at(list, place.at, id)
}

/// The place a cursor names.
///
/// # Errors
/// The cursor is another list's, or names no place of this one.
pub fn audit_place(cursor: Cursor) -> Result<AuditPlace, CursorRefusal> {
    place_in(List::AuditTrail, cursor)
}

/// The same in another list of entries.
///
/// # Errors
/// As [`audit_place`].
pub fn place_in(list: List, cursor: Cursor) -> Result<AuditPlace, CursorRefusal> {
    let (at, id) = cursor.instant(list)?;
    let (source, id) = id.as_u64_pair();
    let source = AuditSource::numbered(source).ok_or(CursorRefusal)?;
    Ok(AuditPlace {
        at,
        source,
        id: id.cast_signed(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_survives_the_way_out_and_back() {
        for source in AuditSource::ALL {
            let stands = AuditPlace {
                at: Timestamp::from_microsecond(1_790_000_000_123_456).unwrap(),
                source,
                id: 7,
            };
            let parsed = Cursor::parse(&audit_cursor(stands).encode()).unwrap();
            assert_eq!(audit_place(parsed), Ok(stands));
        }
        let nowhere = Cursor::at(List::AuditTrail, Timestamp::UNIX_EPOCH, Uuid::from_u64_pair(9, 7));
        assert!(audit_place(nowhere).is_err());
    }
}
