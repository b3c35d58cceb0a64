//! An entry of the audit trail as JSON.

use identity::AuditEntry;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Somebody of staff read personal data, or had the machinery do something.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "at": "2026-11-30T10:00:00.123456Z",
    "kind": "read",
    "account_id": "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69",
    "what": "search_by_phone",
    "target": null,
    "subject_ids": ["019a8f0e-7000-7c3e-9a51-1f2d3c4b5a69"],
    "trace_id": null
}))]
pub struct AuditEntryView {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// `read` or `act`.
    #[schema(value_type = String)]
    pub kind: &'static str,
    /// Who.
    pub account_id: Uuid,
    /// What a read was for, such as `history` or `search_by_phone`; else what was asked for: `rebuild`, `unpark`, `retry_intent`,
    /// `reconcile` or `export`.
    pub what: String,
    /// What an act was about: a read model, an intent, a view.
    pub target: Option<String>,
    /// Whose data were read; nobody's where a search found nobody.
    pub subject_ids: Vec<Uuid>,
    /// The trace of an act's request.
    pub trace_id: Option<String>,
}

impl From<AuditEntry> for AuditEntryView {
    fn from(entry: AuditEntry) -> Self {
        Self {
            at: entry.place.at,
            kind: entry.place.kind.as_str(),
            account_id: entry.account_id.uuid(),
            what: entry.what,
            target: entry.target,
            subject_ids: entry.subject_ids,
            trace_id: entry.trace_id,
        }
    }
}
