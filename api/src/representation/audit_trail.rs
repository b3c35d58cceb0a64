//! An entry of the audit trail as JSON, and where it stands as a cursor: the command line shows both, too.

use domain::ids::AccountId;
use identity::{AuditEntry, AuditPlace, AuditSource};
use jiff::Timestamp;
use projections::{Cursor, CursorRefusal, List};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Somebody of staff read personal data, had the machinery do something, or ran a command of the command line.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "at": "2026-11-30T10:00:00.123456Z",
    "kind": "read",
    "channel": null,
    "account_id": "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69",
    "role": null,
    "os_user": null,
    "what": "search_by_phone",
    "target": null,
    "subject_ids": ["019a8f0e-7000-7c3e-9a51-1f2d3c4b5a69"],
    "trace_id": null,
    "result": null,
    "ended_at": null,
    "made": null
}))]
pub struct AuditEntryView {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// `read` or `act`.
    #[schema(value_type = String)]
    pub kind: &'static str,
    /// How an act was asked for: `http` or `cli`; nothing of a read.
    #[schema(value_type = Option<String>)]
    pub channel: Option<&'static str>,
    /// Who; nobody where a command of the command line needed nobody signed in.
    pub account_id: Option<Uuid>,
    /// As which role somebody ran a command: `admin`, or `operator` where nobody was signed in.
    pub role: Option<String>,
    /// Whom the operating system knew where a command ran.
    pub os_user: Option<String>,
    /// What a read was for, such as `history` or `search_by_phone`; what was asked for over HTTP: `rebuild`, `unpark`, `retry_intent`,
    /// `reconcile`, `export` or `create_account`; else the command as it is typed: `tot projections rebuild`.
    pub what: String,
    /// What an act was about: a read model, an intent, a view; or a command's arguments, `…` for what might be a person's.
    pub target: Option<String>,
    /// Whose data were read; nobody's where a search found nobody.
    pub subject_ids: Vec<Uuid>,
    /// The trace of an act's request; facts that a command led to have it, too.
    pub trace_id: Option<String>,
    /// How a command ended: `done`, `failed`, `not_so`, `incomplete` or `interrupted`; nothing of one that was cut short or still runs.
    pub result: Option<String>,
    /// When a command ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    /// The id of what a command made, such as an account.
    pub made: Option<String>,
}

impl From<AuditEntry> for AuditEntryView {
    fn from(entry: AuditEntry) -> Self {
        let source = entry.place.source;
        let (result, ended_at) = entry.ended.unzip();
        Self {
            at: entry.place.at,
            kind: source.kind().as_str(),
            channel: source.channel(),
            account_id: entry.account_id.map(AccountId::uuid),
            role: entry.role,
            os_user: entry.os_user,
            what: entry.what,
            target: entry.target,
            subject_ids: entry.subject_ids,
            trace_id: entry.trace_id,
            result,
            ended_at,
            made: entry.made,
        }
    }
}

/// The cursor behind which the entries after this place are; its id holds where the entry is kept, and its number there.
pub fn audit_cursor(place: AuditPlace) -> Cursor {
    let id = Uuid::from_u64_pair(place.source.number(), place.id.cast_unsigned());
    Cursor::at(List::AuditTrail, place.at, id)
}

/// The place a cursor names.
///
/// # Errors
/// The cursor is another list's, or names no place of this one.
pub fn audit_place(cursor: Cursor) -> Result<AuditPlace, CursorRefusal> {
    let (at, id) = cursor.instant(List::AuditTrail)?;
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
